import type { VNode } from "preact";
import { useCallback, useId, useState } from "preact/hooks";

import * as api from "../api";
import { useAgain } from "../coverage/useAgain";
import { FormError } from "../parts/Field";
import { useAction } from "../state/useAction";
import { percent } from "../time/format";
import type { Alerting, CurvePoint, Precision } from "../wire";
import { placeOf, plotted, pointWords, rateWords, runs, shareWords, SPANS, unclearWords, type Plotted } from "./curve";

const AGAIN_MS = 10_000;

interface PanelProps {
  rule: number;
  /** Changes with what is set of the rule: then it is asked for anew. */
  threshold: number;
  /** So does what was said of it on this page. */
  said: number;
  onAlerting: (alerting: Alerting) => void;
}

/** How often a rule was right, and what other thresholds would have brought. */
export function PrecisionPanel({ rule, threshold, said, onAlerting }: PanelProps): VNode {
  const id = useId();
  const [days, setDays] = useState<number>(30);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- another threshold or verdict has another answer
  const ask = useCallback((signal: AbortSignal) => api.getPrecision(rule, days, signal), [rule, days, threshold, said]);
  const { value, failed } = useAgain(ask, AGAIN_MS);
  return (
    <section class="card precision" aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>How often it was right</h2>
        <label class="precision-days">
          <span class="sr-only">Over how long</span>
          <select value={String(days)} onChange={({ currentTarget }) => setDays(Number(currentTarget.value))}>
            {SPANS.map((span) => (
              <option key={span} value={String(span)}>
                Last {span} days
              </option>
            ))}
          </select>
        </label>
      </div>
      {value ? <Told told={value} rule={rule} onAlerting={onAlerting} /> : <p class="card-note">{failed ? "It could not be loaded. Trying again." : "Loading"}</p>}
    </section>
  );
}

function Told({ told, rule, onAlerting }: { told: Precision; rule: number; onAlerting: (alerting: Alerting) => void }): VNode {
  const judged = told.right + told.wrong;
  return (
    <>
      <p class="precision-share">
        <strong>{told.share === null ? "Not known yet" : `${percent(told.share)} right`}</strong>
        <span class="muted">{rateWords(told.alerts_a_day)}</span>
      </p>
      {judged > 0 ? <Interval told={told} /> : null}
      <p>
        {shareWords(told)} {unclearWords(told.unclear)}
      </p>
      {told.share === null ? <p class="muted">Press Right, Wrong or Unclear beside each alert: from ten verdicts on another threshold may be suggested.</p> : null}
      {told.suggested !== null ? <Suggestion rule={rule} threshold={told.suggested} because={told.because} onAlerting={onAlerting} /> : null}
      {told.curve.some(({ alerts }) => alerts > 0) ? <Curve key={told.threshold} curve={told.curve} threshold={told.threshold} /> : null}
    </>
  );
}

/** The share as a point on the line from nothing to all, its interval as a bar. */
function Interval({ told }: { told: Precision }): VNode {
  return (
    <svg class="precision-interval" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="curve-ground" y="4" width="100" height="2" />
      <rect class="curve-band" x={100 * told.at_least} y="1" width={Math.max(0.5, 100 * (told.at_most - told.at_least))} height="8" />
      <rect class="curve-mark" x={Math.min(99.2, 100 * (told.share ?? 0))} width="0.8" height="10" />
    </svg>
  );
}

interface SuggestionProps {
  rule: number;
  threshold: number;
  because: string;
  onAlerting: (alerting: Alerting) => void;
}

function Suggestion({ rule, threshold, because, onAlerting }: SuggestionProps): VNode {
  const { run, busy, error } = useAction<Alerting>();
  const use = async (): Promise<void> => {
    const now = await run(() => api.changeAlerting(rule, { threshold }));
    if (now) onAlerting(now);
  };
  return (
    <div class="precision-suggestion">
      <p>
        <strong>Suggested: {percent(threshold)}.</strong> {because}
      </p>
      <button type="button" class="button button-small button-main" disabled={busy} onClick={() => void use()}>
        Set the threshold to {percent(threshold)}
      </button>
      <FormError text={error} />
    </div>
  );
}

function Curve({ curve, threshold }: { curve: readonly CurvePoint[]; threshold: number }): VNode {
  const id = useId();
  const [at, setAt] = useState(() => placeOf(curve, threshold));
  const shown = curve[at];
  const set = placeOf(curve, threshold);
  return (
    <div class="curve">
      <h3 id={id}>What another threshold would have brought</h3>
      <Plot points={plotted(curve)} at={at} set={set} />
      <input
        type="range"
        class="curve-choice"
        style={{ "--columns": curve.length }}
        min="0"
        max={curve.length - 1}
        value={at}
        aria-label="Threshold"
        aria-valuetext={shown ? pointWords(shown) : ""}
        onInput={({ currentTarget }) => setAt(Number(currentTarget.value))}
      />
      <p class="curve-ends muted numbers" aria-hidden="true">
        <span>{percent(curve[0]?.threshold ?? 0)}</span>
        <span>threshold</span>
        <span>{percent(curve.at(-1)?.threshold ?? 1)}</span>
      </p>
      <p class="curve-said" aria-hidden="true">
        {shown ? pointWords(shown) : ""}
        {at === set ? " This is what is set." : ""}
      </p>
      <p class="curve-legend muted" aria-hidden="true">
        <span>
          <span class="swatch curve-swatch-alerts" /> alerts, at most {Math.max(...curve.map(({ alerts }) => alerts))}
        </span>
        <span>
          <span class="swatch curve-swatch-right" /> share right, 0 to 100%, with its interval
        </span>
      </p>
      <Table curve={curve} />
    </div>
  );
}

const HEIGHT = 100;
const y = (share: number): number => HEIGHT * (1 - share);

function Plot({ points, at, set }: { points: readonly Plotted[]; at: number; set: number }): VNode {
  const width = points.length * 10;
  const half = 3.6;
  return (
    <svg class="curve-plot" viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {[0, 0.5, 1].map((share) => (
        <line key={share} class="curve-grid" x1="0" x2={width} y1={y(share)} y2={y(share)} />
      ))}
      {points.map(({ x, alerts }, place) => (
        <rect
          key={x}
          class={place === at ? "curve-alerts curve-at" : "curve-alerts"}
          x={x * width - half}
          width={2 * half}
          y={y(alerts)}
          height={HEIGHT * alerts}
        />
      ))}
      {points[set] ? <line class="curve-set" x1={points[set].x * width} x2={points[set].x * width} y1="0" y2={HEIGHT} /> : null}
      {points.map(({ x, right, low, high }) =>
        right === null ? null : <line key={x} class="curve-whisker" x1={x * width} x2={x * width} y1={y(low)} y2={y(high)} />,
      )}
      {runs(points).map((run) => (
        <polyline key={run[0]?.x} class="curve-right" points={run.map(({ x, right }) => `${x * width},${y(right ?? 0)}`).join(" ")} />
      ))}
      {points.map(({ x, right }) =>
        // A line of no length with round ends: a dot that stays round however the plot is stretched.
        right === null ? null : <line key={x} class="curve-dot" x1={x * width} x2={x * width} y1={y(right)} y2={y(right)} />,
      )}
    </svg>
  );
}

function Table({ curve }: { curve: readonly CurvePoint[] }): VNode {
  return (
    <div class="sr-only">
      <table>
        <caption>Alerts and the share of them that was right, by threshold</caption>
        <thead>
          <tr>
            <th scope="col">Threshold</th>
            <th scope="col">Alerts</th>
            <th scope="col">Right</th>
            <th scope="col">Verdicts</th>
          </tr>
        </thead>
        <tbody>
          {curve.map(({ threshold, alerts, right, at_least, at_most, judged, estimated }) => (
            <tr key={threshold}>
              <th scope="row">{percent(threshold)}</th>
              <td>
                {estimated ? "about " : ""}
                {alerts}
              </td>
              <td>{right === null ? "not known" : `${percent(right)}, ${percent(at_least)} to ${percent(at_most)}`}</td>
              <td>{judged}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
