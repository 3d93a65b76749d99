import type { VNode } from "preact";
import { useCallback, useId, useState } from "preact/hooks";

import { countsUrl, getCounts } from "../api";
import { useAgain } from "../coverage/useAgain";
import { Icon } from "../parts/icons";
import { known } from "../state/rules";
import { nowUs } from "../time/clock";
import { hourMinute } from "../time/format";
import { HOUR } from "../time/units";
import type { Camera, Rule } from "../wire";
import { barsOf, counts, dateText, dayOf, greatest, total, waysOf, type Bar, type LocalDay } from "./bars";

const AGAIN_MS = 30_000;

/** What went over each tripwire, by the hour of a day. The rules themselves are kept up to date by their own panel. */
export function CountsPanel({ camera }: { camera: Camera }): VNode | null {
  const id = useId();
  const [date, setDate] = useState(() => dateText(nowUs()));
  const rules = known.value?.camera === camera.id ? known.value.rules.filter(counts) : [];
  const day = dayOf(date);
  if (rules.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="counts-title">
      <div class="panel-head">
        <h2 id="counts-title">Counts</h2>
        <label class="counts-day" for={id}>
          <span class="sr-only">Day of the counts</span>
          <input id={id} type="date" max={dateText(nowUs())} value={date} onInput={({ currentTarget }) => setDate(currentTarget.value)} />
        </label>
      </div>
      {day ? <DayCounts key={date} camera={camera} rules={rules} fromUs={day.fromUs} toUs={day.toUs} /> : <p class="panel-note">Choose a day.</p>}
    </section>
  );
}

interface DayProps extends LocalDay {
  camera: Camera;
  rules: Rule[];
}

function DayCounts({ camera, rules, fromUs, toUs }: DayProps): VNode {
  const ask = useCallback((signal: AbortSignal) => getCounts(camera.id, fromUs, toUs, signal), [camera.id, fromUs, toUs]);
  const { value, failed } = useAgain(ask, AGAIN_MS);
  if (!value) return <p class="panel-note">{failed ? "They could not be loaded. Trying again." : "Loading"}</p>;
  return (
    <>
      {rules.map((rule) => (
        <RuleCounts key={rule.id} rule={rule} bars={barsOf(value, rule.id, { fromUs, toUs })} fromUs={fromUs} toUs={toUs} />
      ))}
    </>
  );
}

function RuleCounts({ rule, bars, fromUs, toUs }: LocalDay & { rule: Rule; bars: Bar[] }): VNode {
  const ways = waysOf(rule);
  const [forward, backward] = [total(bars, "forward"), total(bars, "backward")];
  return (
    <div class="counted">
      <h3>
        {rule.name} <span class="muted">{rule.tripwire?.name}</span>
      </h3>
      <p class="counted-totals numbers">
        <span>
          <span class="swatch swatch-forward" aria-hidden="true" /> {ways.forward} <strong>{forward}</strong>
        </span>
        <span>
          <span class="swatch swatch-backward" aria-hidden="true" /> {ways.backward} <strong>{backward}</strong>
        </span>
      </p>
      {forward + backward > 0 ? <Plot bars={bars} ways={ways} name={rule.name} /> : <p class="panel-note">Nothing was counted on this day.</p>}
      <a class="button button-small button-plain" href={countsUrl(rule.camera, rule.id, fromUs, toUs)} download>
        <Icon name="download" /> CSV by minute<span class="sr-only"> of {rule.name}</span>
      </a>
    </div>
  );
}

const BAR = 10;
const HALF = 34;

/** Forward upwards, backward downwards, each hour a bar; all of it as a table to who hears the page. */
function Plot({ bars, ways, name }: { bars: Bar[]; ways: { forward: string; backward: string }; name: string }): VNode {
  const [at, setAt] = useState<number | null>(null);
  const most = greatest(bars);
  const width = bars.length * BAR;
  const shown = at === null ? undefined : bars[at];
  const point = (event: { currentTarget: Element; clientX: number }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars.length))));
  };
  return (
    <>
      <svg
        class="counted-bars"
        viewBox={`0 0 ${width} ${2 * HALF + 2}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setAt(null)}
      >
        {bars.map(({ fromUs, forward, backward }, i) => (
          <g key={fromUs} class={i === at ? "counted-at" : undefined} transform={`translate(${i * BAR} 0)`}>
            <rect class="counted-hour" width={BAR} height={2 * HALF + 2} />
            <rect class="counted-forward" x="1" width={BAR - 2} y={HALF * (1 - forward / most)} height={(HALF * forward) / most} />
            <rect class="counted-backward" x="1" width={BAR - 2} y={HALF + 2} height={(HALF * backward) / most} />
          </g>
        ))}
        <rect class="counted-line" y={HALF + 0.5} width={width} height="1" />
      </svg>
      <div class="counted-axis" aria-hidden="true">
        {bars.map(({ fromUs }, i) =>
          i % 6 === 0 && i < 24 ? (
            <span key={fromUs} style={{ left: `${(i / bars.length) * 100}%` }}>
              {hourMinute(fromUs)}
            </span>
          ) : null,
        )}
      </div>
      <p class="coverage-note counted-note" aria-hidden="true">
        {shown
          ? `${hourMinute(shown.fromUs)} to ${hourMinute(shown.fromUs + HOUR)}: ${ways.forward.toLowerCase()} ${shown.forward}, ${ways.backward.toLowerCase()} ${shown.backward}`
          : `By the hour; the highest bar is ${most}`}
      </p>
      <div class="sr-only">
        <table>
          <caption>Counts of {name} by hour</caption>
          <thead>
            <tr>
              <th scope="col">Hour</th>
              <th scope="col">{ways.forward}</th>
              <th scope="col">{ways.backward}</th>
            </tr>
          </thead>
          <tbody>
            {bars
              .filter(({ forward, backward }) => forward + backward > 0)
              .map(({ fromUs, forward, backward }) => (
                <tr key={fromUs}>
                  <th scope="row">{hourMinute(fromUs)}</th>
                  <td>{forward}</td>
                  <td>{backward}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
