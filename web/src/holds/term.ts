/** Until when a hold lasts, and what people type of days and times: always the time of the person at the screen. Pure. */

import { dateAndTime } from "../time/format";
import { HOUR, MS } from "../time/units";

/** Days that are offered. */
export const TERMS = [7, 30, 90] as const;

/** So many days, or to the end of a day that was chosen ("2026-11-30"). */
export type Term = { days: number } | { day: string };

/** When a hold of this term lapses, counted from `afterUs`; null while there is no such day. */
export function lapseOf(term: Term, afterUs: number): number | null {
  if ("day" in term) return endOfDay(term.day);
  const end = new Date(afterUs / MS);
  // Days of the calendar: the same time of day, also where clocks are set in between.
  end.setDate(end.getDate() + term.days);
  return end.getTime() * MS;
}

/** The last second of a day; null for what is none. */
function endOfDay(text: string): number | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!found) return null;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const end = new Date(year, month - 1, day, 23, 59, 59);
  return end.getMonth() === month - 1 && end.getFullYear() === year ? end.getTime() * MS : null;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** A day as an input for days has it: 2026-11-30. */
export function dayText(us: number): string {
  const at = new Date(us / MS);
  return `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** A minute as an input for times has it: 2026-11-30T14:03. */
export function minuteText(us: number): string {
  const at = new Date(us / MS);
  return `${dayText(us)}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The moment that was typed, null if it is none. Where clocks show it twice, a start is the first and an end the second. */
export function momentOf(text: string, which: "start" | "end"): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) return null;
  const us = Date.parse(text) * MS;
  if (Number.isNaN(us)) return null;
  const again = us + HOUR;
  return which === "end" && minuteText(again) === text.slice(0, 16) ? again : us;
}

/** What is wrong with the end of a new hold, or null. */
export function untilProblem(untilUs: number | null, toUs: number | null, nowUs: number): string | null {
  if (untilUs === null) return "Choose a day.";
  if (untilUs <= nowUs) return "Choose a day that is not over.";
  if (toUs !== null && untilUs < toUs) return "The hold would lapse before the footage ends: choose a later day.";
  return null;
}

/** What is wrong with a new end of a hold that lasts already, or null. */
export function laterProblem(untilUs: number | null, lastsUs: number): string | null {
  if (untilUs === null) return "Choose a day.";
  return untilUs <= lastsUs ? `It lasts until ${dateAndTime(lastsUs)} already: choose a later day, or release it.` : null;
}
