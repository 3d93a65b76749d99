/** What a pointer means on the timeline: scrub on the track, pan on the ruler, a mark's handle, two fingers. */

import { panned, spanOf, usAt, xOf, zoomed, type TimeWindow } from "./scale";

export const RULER = 30;
export const TRACK = 46;
/** Originals have a narrow lane of their own under the view's track. */
export const LANE = 10;
/** Between the two runs a line along what is held: a hold keeps both. */
export const SEAM = 5;
export const LANE_TOP = RULER + TRACK + SEAM;
export const HEIGHT = LANE_TOP + LANE + 10;
const REACH = 9;

export interface Marks {
  inUs: number | null;
  outUs: number | null;
}

export type Grip = "scrub" | "pan" | "in" | "out";

/** What the pointer at (x, y) takes hold of. */
export function gripAt(x: number, y: number, window: TimeWindow, width: number, marks: Marks): Grip {
  if (y >= RULER) {
    for (const [grip, us] of [["out", marks.outUs], ["in", marks.inUs]] as const) {
      if (us !== null && Math.abs(xOf(window, width, us) - x) <= REACH) return grip;
    }
    return "scrub";
  }
  return "pan";
}

/** The window after two fingers moved from (a, b) to (c, d): the moments under them stay under them. */
export function pinched(window: TimeWindow, width: number, from: [number, number], to: [number, number]): TimeWindow {
  const before = Math.max(8, Math.abs(from[1] - from[0]));
  const after = Math.max(8, Math.abs(to[1] - to[0]));
  const middle = (from[0] + from[1]) / 2;
  const zoom = zoomed(window, before / after, usAt(window, width, middle));
  const shift = (to[0] + to[1]) / 2 - middle;
  return panned(zoom, (-shift / width) * spanOf(zoom));
}
