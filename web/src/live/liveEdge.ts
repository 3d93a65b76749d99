/** Where a live picture should stand in its buffer. Pure: media seconds in, a decision out. */

/** Buffered media, in seconds of media time. */
export interface BufferedRange {
  start: number;
  end: number;
}

/** How far behind the newest picture we play after a jump: enough to ride out one late chunk. */
export const EDGE_DISTANCE = 0.25;
/** Further behind than this we jump. */
export const JUMP_BEYOND = 1.5;
/** Nearer than this the speed stays 1: chunks come 0.2 s at a time, so this much is ordinary. */
export const CALM_WITHIN = 0.5;
export const FASTEST = 1.1;
/** Seconds kept behind the picture. */
export const KEEP_BEHIND = 10;
// Trimming a little at a time would cost an operation a chunk.
const TRIM_SLACK = 5;

export type EdgeMove = { kind: "seek"; to: number } | { kind: "rate"; rate: number };

/** What to do with a picture at `current`: jump towards the newest media, or play at a rate from 1 to 1.1. */
export function edgeMove(ranges: readonly BufferedRange[], current: number): EdgeMove {
  const newest = ranges.at(-1);
  if (!newest) return { kind: "rate", rate: 1 };
  const behind = newest.end - current;
  // Before the newest range (a hole lies between) or past its end (a new run began at an earlier media time).
  const outside = current < newest.start || behind < -EDGE_DISTANCE;
  if (outside || behind > JUMP_BEYOND) {
    return { kind: "seek", to: Math.max(newest.start, newest.end - EDGE_DISTANCE) };
  }
  if (behind <= CALM_WITHIN) return { kind: "rate", rate: 1 };
  const share = (behind - CALM_WITHIN) / (JUMP_BEYOND - CALM_WITHIN);
  return { kind: "rate", rate: 1 + (FASTEST - 1) * share };
}

/** What to remove from the buffer, or null: everything older than `keep` seconds before the picture, seldom. */
export function trimOf(
  ranges: readonly BufferedRange[],
  current: number,
  keep: number = KEEP_BEHIND,
): BufferedRange | null {
  const oldest = ranges[0];
  if (!oldest) return null;
  const end = current - keep;
  return oldest.start < end - TRIM_SLACK ? { start: 0, end } : null;
}

/** Wall time of a picture: a pair of the two clocks (90 kHz ticks, microseconds), carried on from there. */
export interface ClockPair {
  ptsTicks: number;
  wallUs: number;
}

export function wallOf(clock: ClockPair, mediaSeconds: number): number {
  return clock.wallUs + Math.round((mediaSeconds - clock.ptsTicks / 90_000) * 1_000_000);
}
