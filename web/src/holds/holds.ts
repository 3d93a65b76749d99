/** Holds in order and in words. Pure. */

import { clockTime, date, dateAndTime, hourMinute, sameDay } from "../time/format";
import { DAY, HOUR, MINUTE, SECOND } from "../time/units";
import type { Camera, Hold, Span } from "../wire";

/** Those that stop deletion, the next to lapse first; and those that are over, the last to end first. */
export function parted(holds: readonly Hold[]): { active: Hold[]; over: Hold[] } {
  const active = holds.filter(({ state }) => state === "active").sort((a, b) => a.until_us - b.until_us || b.id - a.id);
  const over = holds.filter(({ state }) => state !== "active").sort((a, b) => endedAt(b) - endedAt(a) || b.id - a.id);
  return { active, over };
}

const endedAt = (hold: Hold): number => hold.released_us ?? hold.until_us;

/** Active holds that keep footage of a camera, those of all cameras among them, by where they begin. */
export function holdsOf(holds: readonly Hold[], camera: number): Hold[] {
  return holds
    .filter((hold) => hold.state === "active" && (hold.camera_id === null || hold.camera_id === camera))
    .sort((a, b) => a.from_us - b.from_us);
}

const unit = (name: string): ((n: number) => string) => {
  const made = new Intl.NumberFormat("en-US", { style: "unit", unit: name, unitDisplay: "long" });
  return (n) => made.format(n);
};
// From which length on a unit is used: people say 90 days and 36 hours, not 3 months and 1 day.
const UNITS: [number, number, (n: number) => string][] = [
  [730 * DAY, 365.25 * DAY, unit("year")],
  [120 * DAY, 30.44 * DAY, unit("month")],
  [2 * DAY, DAY, unit("day")],
  [2 * HOUR, HOUR, unit("hour")],
  [MINUTE, MINUTE, unit("minute")],
];

/** A length of time as people say it: 3 days. */
export function roughly(us: number): string {
  const found = UNITS.find(([least]) => us >= least);
  if (!found) return "less than a minute";
  const [, size, words] = found;
  return words(Math.round(us / size));
}

/** What has become of a hold, or what will: "Lapses in 3 days". */
export function stateWords(hold: Hold, nowUs: number): string {
  switch (hold.state) {
    case "active":
      return `Lapses in ${roughly(hold.until_us - nowUs)}`;
    case "lapsed":
      return `Lapsed ${dateAndTime(hold.until_us)}`;
    case "released":
      return `Released ${dateAndTime(endedAt(hold))}${hold.released_by === null ? "" : ` by ${hold.released_by}`}`;
  }
}

/** Footage that is held: with seconds only where they say something. */
export function footageWords({ from_us, to_us }: Span): string {
  const time = from_us % MINUTE === 0 && to_us % MINUTE === 0 ? hourMinute : clockTime;
  const end = sameDay(from_us, to_us) ? time(to_us) : `${date(to_us)}, ${time(to_us)}`;
  return `${date(from_us)}, ${time(from_us)} to ${end}`;
}

/** Whose footage a hold keeps. */
export function whoseWords(camera: number | null, cameras: readonly Camera[]): string {
  if (camera === null) return "All cameras";
  return cameras.find(({ id }) => id === camera)?.name ?? `Camera ${camera}, which was removed`;
}

const LONGEST_REASON = 80;

/** Why and until when a moment is held, in a sentence; empty where it is not. */
export function heldWords(held: readonly Hold[], us: number): string {
  const there = held.filter((hold) => us >= hold.from_us && us < hold.to_us);
  const last = there.reduce<Hold | null>((a, b) => (a && a.until_us >= b.until_us ? a : b), null);
  if (!last) return "";
  const until = `Held until ${dateAndTime(last.until_us)}`;
  if (there.length > 1) return `${until}, by ${there.length} holds.`;
  const { reason } = last;
  return `${until}: ${reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON).trimEnd()}…` : reason}`;
}

/** The first moment of a hold's footage that a camera may have a view of; null where it has none. */
export function viewStart(hold: Span, camera: Camera): number | null {
  const { kept } = camera;
  if (!kept || kept.to_us <= hold.from_us || kept.from_us >= hold.to_us) return null;
  return Math.max(hold.from_us, kept.from_us);
}

/** False where a span has surely nothing in it any more: older than all that is kept, or from while nothing was. */
export function mayBeKept(span: Span, camera: number | null, cameras: readonly Camera[], nowUs: number): boolean {
  // What is being recorded at this moment is told a little later.
  if (span.to_us > nowUs - MINUTE) return true;
  const concerned = cameras.filter(({ id }) => camera === null || id === camera);
  return concerned.some(({ kept, original }) =>
    [kept, original.kept].some((one) => one !== null && one.from_us < span.to_us && one.to_us > span.from_us),
  );
}

/** What is wrong with a span that is to be held, or null. It may be long, and may lie ahead. */
export function spanProblem(fromUs: number | null, toUs: number | null): string | null {
  if (fromUs === null || toUs === null) return "Give a start and an end.";
  return toUs - fromUs < SECOND ? "The end must be at least a second after the start." : null;
}
