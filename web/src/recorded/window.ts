/** The playlist window around a chosen moment, and wall time against media time inside it. Pure. */

import { MINUTE, MS } from "../time/units";
import type { TimeWindow } from "../timeline/scale";

const BEFORE = 2 * MINUTE;
const AFTER = 28 * MINUTE;
/** A second past now: the server keeps whole fragments of a second, so there is never more. */
const BEYOND_NOW = 1_000_000;

/** The window to load for a moment: from 2 min before to 28 min after, never beyond now. */
export function windowAround(atUs: number, nowUs: number): TimeWindow {
  const fromUs = Math.round(atUs - BEFORE);
  const toUs = Math.round(Math.min(atUs + AFTER, nowUs + BEYOND_NOW));
  return { fromUs, toUs: Math.max(toUs, fromUs + MINUTE) };
}

/** One entry of a playlist as the player knows it: seconds of media time, and its wall time where it is dated. */
export interface PlaylistEntry {
  start: number;
  duration: number;
  programDateTime: number | null;
}

/** Media time of a moment; of the next kept moment where nothing is kept at that one; null past the last. */
export function mediaTimeOf(entries: readonly PlaylistEntry[], atUs: number): number | null {
  for (const entry of entries) {
    if (entry.programDateTime === null) continue;
    const into = (atUs - entry.programDateTime * MS) / 1_000_000;
    if (into < entry.duration) return entry.start + Math.max(0, into);
  }
  return null;
}

/** Wall time of a place in media time; null before the first and without dates. */
export function wallTimeOf(entries: readonly PlaylistEntry[], mediaSeconds: number): number | null {
  let wallUs: number | null = null;
  for (const entry of entries) {
    if (entry.programDateTime === null) continue;
    // A hair of tolerance: players round what they are told to seek to.
    if (entry.start > mediaSeconds + 0.001) break;
    const into = Math.min(Math.max(0, mediaSeconds - entry.start), entry.duration);
    wallUs = Math.round(entry.programDateTime * MS + into * 1_000_000);
  }
  return wallUs;
}
