import type { VNode } from "preact";
import { useRef } from "preact/hooks";

import * as api from "../api";
import { tracksWords, whenWords } from "../events/events";
import { FormError } from "../parts/Field";
import { kindTitle } from "../rules/kinds";
import { noteAlert } from "../state/alerts";
import { useAction } from "../state/useAction";
import { fullTime, percent } from "../time/format";
import type { Alert, Camera, Channel, Judgement } from "../wire";
import { sentence } from "../words";
import { ANSWERS, doings, eventsWords, momentOf, policyPage, takenWords } from "./alerts";
import { Snooze } from "./Snooze";

interface RowProps {
  alert: Alert;
  cameras: readonly Camera[];
  channels: readonly Channel[] | null;
  nowUs: number;
  onSaid: (text: string) => void;
}

/** One alert: what happened, what is being done with it, and what can be done with it here. */
export function AlertRow({ alert, cameras, channels, nowUs, onSaid }: RowProps): VNode {
  const open = alert.taken_us === null && !alert.test;
  return (
    <li class="card alert" data-open={open} aria-label={`Alert ${alert.id}, ${alert.rule}`}>
      <p class="alert-when">
        <time title={fullTime(alert.start_us)}>{whenWords(alert, nowUs)}</time>
        {alert.test ? <span class="badge badge-now">Test</span> : open ? <span class="badge badge-caution badge-still">Open</span> : null}
      </p>
      <What alert={alert} />
      <Moment alert={alert} cameras={cameras} />
      <ul class="alert-done">
        {doings(alert, channels, nowUs).map(({ tone, text }) => (
          <li key={text} data-tone={tone}>
            <span class={DOTS[tone]} aria-hidden="true" />
            <span>{text}</span>
          </li>
        ))}
      </ul>
      {alert.test ? null : <Acts alert={alert} nowUs={nowUs} onSaid={onSaid} />}
    </li>
  );
}

const DOTS = { good: "dot dot-up", waiting: "dot dot-starting", bad: "dot dot-down", plain: "dot dot-off" };

function What({ alert }: { alert: Alert }): VNode {
  if (alert.test) {
    return (
      <div class="alert-what">
        <h2>Test alert</h2>
        <p>{sentence(alert.detail)}</p>
      </div>
    );
  }
  const facts = [alert.camera, `score ${percent(alert.score)}`, tracksWords(alert), eventsWords(alert)].filter((part) => part !== "");
  return (
    <div class="alert-what">
      <h2>
        <a href={policyPage(alert)}>{alert.rule}</a>
      </h2>
      <p>
        {kindTitle(alert.kind)}
        {alert.place === "" ? "" : `: ${alert.place}`}
        {alert.detail === "" ? "" : `. ${sentence(alert.detail)}`}
      </p>
      <p class="muted">{facts.join(", ")}</p>
    </div>
  );
}

function Moment({ alert, cameras }: { alert: Alert; cameras: readonly Camera[] }): VNode | null {
  if (alert.test) return null;
  const recording = momentOf(alert, cameras);
  if (recording === null) return <span class="muted alert-link">No recording</span>;
  return (
    <a class="button button-small alert-link" href={recording}>
      See it<span class="sr-only"> recorded, at {fullTime(alert.start_us)}</span>
    </a>
  );
}

function Acts({ alert, nowUs, onSaid }: { alert: Alert; nowUs: number; onSaid: (text: string) => void }): VNode {
  const taken = useRef<HTMLSpanElement>(null);
  const { run, busy, error } = useAction<Alert>();
  const take = async (): Promise<void> => {
    const now = await run(() => api.takeAlert(alert.id));
    if (!now) return;
    noteAlert(now);
    // The button that was pressed is gone: keyboards go on from here.
    requestAnimationFrame(() => taken.current?.focus());
  };
  const judge = async (judgement: Judgement): Promise<void> => {
    const now = await run(async () => {
      await api.judgeEvent(alert.event_id, judgement);
      return api.getAlert(alert.id);
    });
    if (now) noteAlert(now);
  };
  const said = alert.verdict;
  return (
    <div class="alert-acts">
      {alert.taken_us === null ? (
        <button type="button" class="button button-small button-main" disabled={busy} onClick={() => void take()}>
          Take
        </button>
      ) : (
        <span class="alert-taken muted" tabIndex={-1} ref={taken}>
          {takenWords(alert, nowUs)}
        </span>
      )}
      <div class="alert-verdict" role="group" aria-label="Was it right?">
        {ANSWERS.map(({ judgement, text }) => (
          <button
            key={judgement}
            type="button"
            class={said?.judgement === judgement ? "button button-small button-said" : "button button-small"}
            aria-pressed={said?.judgement === judgement}
            title={said?.judgement === judgement ? `Said by ${said.by}` : ""}
            onClick={() => void judge(judgement)}
          >
            {text}
          </button>
        ))}
      </div>
      <Snooze rule={alert.rule_id} name={alert.rule} onSaid={onSaid} />
      <FormError text={error} />
    </div>
  );
}
