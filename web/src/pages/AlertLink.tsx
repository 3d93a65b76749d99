import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

import { ANSWERS } from "../alerts/alerts";
import * as api from "../api";
import { LinkedPictures } from "../alert/LinkedPictures";
import { FormError } from "../parts/Field";
import { Gate } from "../parts/Gate";
import { useAction } from "../state/useAction";
import { fullTime, percent } from "../time/format";
import type { Judgement, OpenedLink } from "../wire";

const SAID: Record<Judgement, string> = {
  right: "You said that this alert was right.",
  wrong: "You said that this alert was wrong.",
  unclear: "You said that it is not clear whether this alert was right.",
};

/** What a link in a message opens: what the alert said, the view around it, and three buttons. Whoever has the link need not sign in. */
export function AlertLink({ token }: { token: string }): VNode {
  const [opened, setOpened] = useState<OpenedLink | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  useEffect(() => {
    let here = true;
    setOpened(null);
    setRefused(null);
    api.openLink(token).then(
      (found) => {
        if (here) setOpened(found);
      },
      (failure: unknown) => {
        if (here) setRefused(failure instanceof Error ? failure.message : "The alert could not be loaded.");
      },
    );
    return () => {
      here = false;
    };
  }, [token]);
  return (
    <Gate title={opened?.test ? "Test alert" : "Alert"} wide={opened?.test === false}>
      {refused ? <FormError text={refused} /> : null}
      {opened ? <What alert={opened} /> : refused ? null : <p role="status">Loading the alert</p>}
      {opened?.test === false ? <LinkedPictures alert={opened} /> : null}
      {opened ? <Judge opened={opened} /> : null}
      <p class="gate-hint">
        <a href="/">Open the console</a>, for those who may sign in, to see more.
      </p>
    </Gate>
  );
}

function What({ alert }: { alert: OpenedLink }): VNode {
  return (
    <dl class="facts">
      <dt>Rule</dt>
      <dd>{alert.rule}</dd>
      {alert.camera ? (
        <>
          <dt>Camera</dt>
          <dd>{alert.place ? `${alert.camera}, ${alert.place}` : alert.camera}</dd>
        </>
      ) : null}
      <dt>When</dt>
      <dd>{fullTime(alert.start_us)}</dd>
      {alert.test ? null : (
        <>
          <dt>Score</dt>
          <dd>{percent(alert.score)}</dd>
        </>
      )}
      {alert.detail ? (
        <>
          <dt>What</dt>
          <dd>{alert.detail}</dd>
        </>
      ) : null}
    </dl>
  );
}

function Judge({ opened }: { opened: OpenedLink }): VNode {
  const [said, setSaid] = useState<Judgement | null>(opened.judgement);
  const [settled, setSettled] = useState(opened.settled);
  const judging = useAction<{ judgement: Judgement; settled: boolean }>();
  const judge = async (judgement: Judgement): Promise<void> => {
    const answer = await judging.run(() => api.judgeByLink(opened.token, judgement));
    if (!answer) return;
    setSaid(answer.judgement);
    setSettled(answer.settled);
  };
  return (
    <fieldset class="verdict" disabled={judging.busy || settled}>
      <legend>Was this alert right?</legend>
      <div class="verdict-buttons">
        {ANSWERS.map(({ judgement, text }) => (
          <button
            key={judgement}
            type="button"
            class={said === judgement ? "button button-main" : "button"}
            aria-pressed={said === judgement}
            onClick={() => void judge(judgement)}
          >
            {text}
          </button>
        ))}
      </div>
      <p role="status" class="verdict-said">
        {said ? (settled ? `${SAID[said]} Somebody on duty has said so, and a link does not change that.` : `${SAID[said]} You can still say something else.`) : ""}
      </p>
      <FormError text={judging.error} />
    </fieldset>
  );
}
