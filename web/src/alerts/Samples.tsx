import type { VNode } from "preact";
import { useCallback, useEffect, useId, useRef, useState } from "preact/hooks";

import { useAddress } from "../alert/useLinkedView";
import * as api from "../api";
import { useAgain } from "../coverage/useAgain";
import { cameraWords, lengthWords, recordingOf, tracksWords, whenWords } from "../events/events";
import { FormError } from "../parts/Field";
import { kindTitle } from "../rules/kinds";
import { cameras } from "../state/server";
import { useAction } from "../state/useAction";
import { finePercent, fullTime, percent } from "../time/format";
import { useNow } from "../time/useNow";
import type { Judgement, RuleEvent, SamplePage, Verdict } from "../wire";
import { sentence } from "../words";
import { ANSWERS } from "./alerts";
import { clipOf, leftOf, leftWords, shownOf, SWITCH_ID, type Said } from "./samples";
import { useClip } from "./useClip";

const AGAIN_MS = 10_000;

interface SamplesProps {
  rule: number;
  /** Of what is below the threshold; 0: nothing is drawn. */
  share: number;
  /** Something was said of one: what is known of the rule is another. */
  onSaid: () => void;
}

/** What was drawn below the threshold, one at a time, for people to say what it was. */
export function Samples({ rule, share, onSaid }: SamplesProps): VNode {
  const id = useId();
  const [judged, setJudged] = useState<ReadonlySet<string>>(new Set());
  const [last, setLast] = useState<Said | null>(null);
  const [again, setAgain] = useState<RuleEvent | null>(null);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- after a verdict there are others
  const ask = useCallback((signal: AbortSignal) => api.getSamples(rule, signal), [rule, judged]);
  const { value, failed } = useAgain(ask, AGAIN_MS);
  const place = useRef<HTMLDivElement>(null);
  // The button that was pressed belonged to another: keyboards go on from the one that came, and no second press judges it unseen.
  useEffect(() => {
    if (judged.size > 0 || again !== null) place.current?.focus();
  }, [judged, again]);
  const said = (event: RuleEvent, judgement: Judgement): void => {
    setJudged((before) => new Set(before).add(event.id));
    setLast({ event, judgement });
    setAgain(null);
    onSaid();
  };
  const left = value ? leftOf(value, judged) : 0;
  return (
    <section class="card samples" aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>Below the threshold: look at these</h2>
        <span class="muted numbers">{leftWords(left)}</span>
      </div>
      {value && failed ? <p class="card-note">What is to be looked at could not be loaded anew. Trying again.</p> : null}
      <div class="samples-place" tabIndex={-1} ref={place}>
        {value ? (
          <Shown page={value} shown={shownOf(value, judged, again)} left={left} share={share} onSaid={said} />
        ) : (
          <p class="card-note">{failed ? "What is to be looked at could not be loaded. Trying again." : "Loading"}</p>
        )}
      </div>
      <Last last={again ? null : last} onAgain={setAgain} />
    </section>
  );
}

interface ShownProps {
  page: SamplePage;
  shown: RuleEvent | null;
  left: number;
  share: number;
  onSaid: (event: RuleEvent, judgement: Judgement) => void;
}

function Shown({ page, shown, left, share, onSaid }: ShownProps): VNode {
  if (shown) return <Sample key={shown.id} event={shown} onSaid={onSaid} />;
  if (left > 0 && page.events.length > 0) return <p class="card-note">Loading</p>;
  return <Empty share={share} />;
}

function Empty({ share }: { share: number }): VNode {
  if (share > 0) {
    return (
      <p class="card-note">
        Nothing to look at. {finePercent(share)} of what is below the threshold is drawn at random and comes here; nobody is told of it.
      </p>
    );
  }
  return (
    <>
      <p class="card-note">
        Nothing to look at. Nobody is told of what is below the threshold, so nobody knows how much of it was right either. If some of it is
        looked at, the curve shows what a lower threshold would bring.
      </p>
      <button type="button" class="button button-small" onClick={() => document.getElementById(SWITCH_ID)?.focus()}>
        Go to where it is switched on
      </button>
    </>
  );
}

function Sample({ event, onSaid }: { event: RuleEvent; onSaid: ShownProps["onSaid"] }): VNode {
  const all = cameras.value ?? [];
  const now = useNow(10_000);
  const recording = recordingOf(event, all);
  const facts = [cameraWords(event, all), `score ${percent(event.score)}`, tracksWords(event), lengthWords(event, now)].filter((part) => part !== "");
  return (
    <article class="sample" aria-label={`${kindTitle(event.kind)}, ${fullTime(event.start_us)}`}>
      {recording === null ? <p class="sample-film muted">Nothing of the view is kept of this moment.</p> : <Film event={event} />}
      <div class="sample-what">
        <h3>
          <time title={fullTime(event.start_us)}>{whenWords(event, now)}</time>
        </h3>
        <p>
          {kindTitle(event.kind)}
          {event.place === "" ? "" : `: ${event.place}`}
          {event.detail === "" ? "" : `. ${sentence(event.detail)}`}
        </p>
        <p class="muted">{facts.join(", ")}</p>
        {recording === null ? null : (
          <p>
            <a href={recording}>
              See it in the recording<span class="sr-only">, at {fullTime(event.start_us)}</span>
            </a>
          </p>
        )}
        <Verdicts event={event} onSaid={onSaid} />
      </div>
    </article>
  );
}

function Film({ event }: { event: RuleEvent }): VNode {
  const { fromUs, toUs } = clipOf(event);
  const { film, error } = useClip(event.camera, fromUs, toUs);
  const address = useAddress(film);
  if (address === null) return <p class="sample-film muted">{error ?? "Loading the view of this moment"}</p>;
  return (
    <video
      class="sample-film"
      src={address}
      aria-label="The view when it happened"
      controls
      muted
      loop
      playsInline
      autoPlay={!matchMedia("(prefers-reduced-motion: reduce)").matches}
    />
  );
}

function Verdicts({ event, onSaid }: { event: RuleEvent; onSaid: ShownProps["onSaid"] }): VNode {
  const { run, busy, error } = useAction<Verdict>();
  const judge = async (judgement: Judgement): Promise<void> => {
    const now = await run(() => api.judgeEvent(event.id, judgement));
    if (now) onSaid(event, now.judgement);
  };
  return (
    <>
      <div class="alert-verdict" role="group" aria-label="Would an alert have been right?">
        <p class="sample-question" aria-hidden="true">
          Would an alert have been right?
        </p>
        {ANSWERS.map(({ judgement, text }) => (
          <button
            key={judgement}
            type="button"
            class="button"
            disabled={busy}
            onClick={(press) => {
              // The second press of a double click is not about the next one, which stands there by then.
              if (press.detail < 2) void judge(judgement);
            }}
          >
            {text}
          </button>
        ))}
      </div>
      <FormError text={error} />
    </>
  );
}

/** What was said of the one before, for whoever pressed the wrong button. */
function Last({ last, onAgain }: { last: Said | null; onAgain: (event: RuleEvent) => void }): VNode {
  const now = useNow(10_000);
  return (
    <div class="samples-last">
      <p role="status">{last ? `The one before, ${whenWords(last.event, now)}: ${last.judgement}.` : ""}</p>
      {last ? (
        <button type="button" class="button button-small button-plain" onClick={() => onAgain(last.event)}>
          Look at it again
        </button>
      ) : null}
    </div>
  );
}
