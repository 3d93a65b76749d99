/** Events in order and in words. Pure. */

import { clockTime, duration, moment } from "../time/format";
import { SECOND } from "../time/units";
import type { Camera, RuleEvent } from "../wire";

const later = (a: RuleEvent, b: RuleEvent): number => b.start_us - a.start_us || (a.id < b.id ? 1 : -1);

/** What is known with the newest page in it. Where the page has no event in common with it, others lie between: begin anew. */
export function withNewest(known: readonly RuleEvent[], page: readonly RuleEvent[]): { events: RuleEvent[]; anew: boolean } {
  const ids = new Set(page.map(({ id }) => id));
  const anew = known.length > 0 && page.length > 0 && !known.some(({ id }) => ids.has(id));
  if (known.length === 0 || anew) return { events: [...page], anew };
  return { events: [...page, ...known.filter(({ id }) => !ids.has(id))].sort(later), anew };
}

/** With a page of older ones after what is known. */
export function withOlder(known: readonly RuleEvent[], page: readonly RuleEvent[]): RuleEvent[] {
  const ids = new Set(known.map(({ id }) => id));
  return [...known, ...page.filter(({ id }) => !ids.has(id))].sort(later);
}

/** How long it lasted, or that it lasts; empty where it was over at once. */
export function lengthWords({ start_us, end_us }: RuleEvent, nowUs: number): string {
  if (end_us === null) return `lasting for ${duration(Math.max(0, nowUs - start_us))}`;
  return end_us - start_us < SECOND ? "" : `${duration(end_us - start_us)} long`;
}

/** "14:03:22", with its day where that is not today. */
export function whenWords({ start_us }: Pick<RuleEvent, "start_us">, nowUs: number): string {
  const short = moment(start_us, nowUs);
  return short.includes(",") ? `${short.slice(0, short.lastIndexOf(","))}, ${clockTime(start_us)}` : clockTime(start_us);
}

export function tracksWords({ tracks }: Pick<RuleEvent, "tracks">): string {
  if (tracks === 0) return "";
  return tracks === 1 ? "1 track" : `${tracks} tracks`;
}

export const cameraWords = (event: RuleEvent, cameras: readonly Camera[]): string =>
  cameras.find(({ id }) => id === event.camera)?.name ?? `Camera ${event.camera}, which was removed`;

export const nameWords = (event: RuleEvent): string => event.rule_name ?? `Rule ${event.rule}, which was removed`;

/** Where the camera's page shows it; null where nothing of the view is kept of that moment. */
export function recordingOf(event: Pick<RuleEvent, "camera" | "start_us" | "end_us">, cameras: readonly Camera[]): string | null {
  const kept = cameras.find(({ id }) => id === event.camera)?.kept ?? null;
  // The minute that is being written is told a little later.
  if (!kept || (event.end_us ?? Infinity) < kept.from_us) return null;
  return `/camera/${event.camera}?at=${Math.max(event.start_us, kept.from_us)}`;
}
