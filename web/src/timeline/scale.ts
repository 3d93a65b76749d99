/** The timeline's window: which wall time stands where. Pure; microseconds and CSS pixels. */

import { DAY, MINUTE } from "../time/units";

export interface TimeWindow {
  fromUs: number;
  toUs: number;
}

export const SHORTEST = 10 * MINUTE;
export const LONGEST = 30 * DAY;
/** Room to the right of now, as a share of the window. */
export const AHEAD = 0.05;

export const spanOf = (window: TimeWindow): number => window.toUs - window.fromUs;

export function xOf(window: TimeWindow, width: number, us: number): number {
  return ((us - window.fromUs) / spanOf(window)) * width;
}

export function usAt(window: TimeWindow, width: number, x: number): number {
  return window.fromUs + (x / width) * spanOf(window);
}

/** The window `factor` times as long (below 1 zooms in); the moment `anchorUs` stays where it is on screen. */
export function zoomed(window: TimeWindow, factor: number, anchorUs: number): TimeWindow {
  const span = Math.min(LONGEST, Math.max(SHORTEST, spanOf(window) * factor));
  const share = (anchorUs - window.fromUs) / spanOf(window);
  const fromUs = anchorUs - share * span;
  return { fromUs, toUs: fromUs + span };
}

export function panned(window: TimeWindow, deltaUs: number): TimeWindow {
  return { fromUs: window.fromUs + deltaUs, toUs: window.toUs + deltaUs };
}

/** A window of the same length that ends shortly after now. */
export function upTo(nowUs: number, span: number): TimeWindow {
  const toUs = nowUs + span * AHEAD;
  return { fromUs: toUs - span, toUs };
}

/** The window moved, not resized, so that it shows nothing before the oldest kept moment and little after now. */
export function held(window: TimeWindow, oldestUs: number, nowUs: number): TimeWindow {
  const span = spanOf(window);
  const latest = upTo(nowUs, span);
  if (window.toUs > latest.toUs) return latest;
  const earliest = oldestUs - span * AHEAD;
  if (window.fromUs >= earliest) return window;
  // Shorter than the window: then now stands at the right, and empty time at the left.
  if (earliest + span > latest.toUs) return latest;
  return { fromUs: earliest, toUs: earliest + span };
}

/** A window of the same length in which `us` can be seen; a page further where it had left the window. */
export function showing(window: TimeWindow, us: number): TimeWindow {
  const span = spanOf(window);
  if (us > window.toUs - span * 0.02) return { fromUs: us - span * 0.2, toUs: us + span * 0.8 };
  if (us < window.fromUs + span * 0.02) return { fromUs: us - span * 0.8, toUs: us + span * 0.2 };
  return window;
}
