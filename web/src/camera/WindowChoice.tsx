import type { VNode } from "preact";

import { Icon } from "../parts/icons";
import { DAY, HOUR, MINUTE } from "../time/units";
import { LONGEST, SHORTEST, spanOf, zoomed, type TimeWindow } from "../timeline/scale";

const CHOICES: [string, string, number][] = [
  ["10m", "10 minutes", 10 * MINUTE],
  ["1h", "1 hour", HOUR],
  ["6h", "6 hours", 6 * HOUR],
  ["1d", "1 day", DAY],
  ["7d", "7 days", 7 * DAY],
  ["30d", "30 days", 30 * DAY],
];

interface WindowChoiceProps {
  window: TimeWindow;
  atUs: number;
  onWindow: (window: TimeWindow) => void;
}

/** How much time the timeline shows. Zooms around the picture's moment where that is in sight. */
export function WindowChoice({ window, atUs, onWindow }: WindowChoiceProps): VNode {
  const span = spanOf(window);
  const seen = atUs >= window.fromUs && atUs <= window.toUs;
  const anchor = seen ? atUs : (window.fromUs + window.toUs) / 2;
  const to = (length: number): void => onWindow(zoomed(window, length / span, anchor));
  return (
    <div class="window-choice" role="group" aria-label="Length of the timeline">
      <button type="button" class="icon-button" aria-label="Zoom in" disabled={span <= SHORTEST} onClick={() => to(span / 2)}>
        <Icon name="plus" />
      </button>
      <button type="button" class="icon-button" aria-label="Zoom out" disabled={span >= LONGEST} onClick={() => to(span * 2)}>
        <Icon name="minus" />
      </button>
      {CHOICES.map(([short, long, length]) => (
        <button
          key={short}
          type="button"
          class="choice"
          aria-label={long}
          aria-pressed={Math.abs(span - length) < length * 0.01}
          onClick={() => to(length)}
        >
          {short}
        </button>
      ))}
    </div>
  );
}
