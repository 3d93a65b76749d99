import type { VNode } from "preact";
import { useState } from "preact/hooks";

import { dayName, finePercent } from "../time/format";
import type { Day, Share, Shares } from "../wire";
import { partsOf, shareWords, together, type Kind } from "./shares";

const LABELS: Record<Kind, string> = { view: "View", original: "Original" };
const BAR = 10;
const HEIGHT = 32;

interface StripProps {
  days: Day[];
  shares: Shares;
  /** The camera's name, where several strips are on one page. */
  of?: string;
}

/** Each day a bar, view and original apart; what the pointer is on in words; all of it as a table to who hears the page. */
export function Strip({ days, shares, of }: StripProps): VNode {
  const [at, setAt] = useState<number | null>(null);
  const shown = at === null ? null : days[at];
  return (
    <div class="coverage">
      <div class="coverage-rows" onPointerLeave={() => setAt(null)}>
        {(["view", "original"] as const).map((kind) => (
          <Row key={kind} kind={kind} days={days} shares={shares[kind]} at={at} onAt={setAt} />
        ))}
      </div>
      <p class="coverage-note" aria-hidden="true">
        {shown && at !== null ? (
          <>
            <strong>{dayName(shown.from_us)}</strong>
            {(["view", "original"] as const).map((kind) => (
              <span key={kind}>
                {LABELS[kind]}: {shareWords(shares[kind][at] ?? NOTHING)}
              </span>
            ))}
          </>
        ) : (
          <span>{ends(days)}</span>
        )}
      </p>
      <div class="sr-only">
        <table>
          <caption>{of ? `Coverage of ${of} by day` : "Coverage by day"}</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">View</th>
              <th scope="col">Original</th>
            </tr>
          </thead>
          <tbody>
            {days.map((day, i) => (
              <tr key={day.date}>
                <th scope="row">{dayName(day.from_us)}</th>
                <td>{shareWords(shares.view[i] ?? NOTHING)}</td>
                <td>{shareWords(shares.original[i] ?? NOTHING)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

const NOTHING: Share = { due_us: 0, kept_us: 0, off_us: 0, ratio: null };

/** What the bars stand for while the pointer is elsewhere. */
function ends(days: Day[]): string {
  const [first, last] = [days[0], days.at(-1)];
  return first && last ? `${dayName(first.from_us)} to ${dayName(last.from_us)}` : "";
}

interface RowProps {
  kind: Kind;
  days: Day[];
  shares: Share[];
  at: number | null;
  onAt: (index: number) => void;
}

function Row({ kind, days, shares, at, onAt }: RowProps): VNode {
  const whole = together(shares);
  const width = days.length * BAR;
  const point = (event: { currentTarget: Element; clientX: number }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    onAt(Math.min(days.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * days.length))));
  };
  return (
    <div class="coverage-row" aria-hidden="true">
      <span class="coverage-kind">{LABELS[kind]}</span>
      <svg
        class="coverage-bars"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        onPointerMove={point}
        onPointerDown={point}
      >
        {days.map((day, i) => (
          <g key={day.date} class={i === at ? "coverage-at" : undefined} transform={`translate(${i * BAR} 0)`}>
            <rect class="coverage-day" x="0.75" width={BAR - 1.5} height={HEIGHT} />
            {partsOf(shares[i] ?? NOTHING, day).map((part) => (
              <rect
                key={part.kind}
                class={`coverage-${part.kind} coverage-${kind}`}
                x="0.75"
                width={BAR - 1.5}
                y={HEIGHT * (1 - part.to)}
                height={HEIGHT * (part.to - part.from)}
              />
            ))}
          </g>
        ))}
      </svg>
      <span class="coverage-whole">{whole === null ? "–" : finePercent(whole)}</span>
    </div>
  );
}
