/** Counts of a day as bars by the hour. Pure. */

import { HOUR } from "../time/units";
import type { CrossingCount, Rule } from "../wire";

/** A local day as its date is typed: 2026-11-22. */
export interface LocalDay {
  fromUs: number;
  toUs: number;
}

export interface Bar {
  fromUs: number;
  forward: number;
  backward: number;
}

/** The date that an input of days takes. */
export function dateText(us: number): string {
  const day = new Date(us / 1_000);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The local day of a date: 23 to 25 hours; null where it is none. */
export function dayOf(text: string): LocalDay | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!found) return null;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const at = (days: number): number => new Date(year, month - 1, day + days).getTime() * 1_000;
  return at(0) >= 0 && at(1) > at(0) ? { fromUs: at(0), toUs: at(1) } : null;
}

/** A bar for each hour of a day, with what one rule counted. */
export function barsOf(counts: readonly CrossingCount[], rule: number, { fromUs, toUs }: LocalDay): Bar[] {
  const bars: Bar[] = [];
  for (let us = fromUs; us < toUs; us += HOUR) bars.push({ fromUs: us, forward: 0, backward: 0 });
  for (const one of counts) {
    const bar = bars[Math.floor((one.from_us - fromUs) / HOUR)];
    if (bar && one.rule === rule) bar[one.direction] += one.count;
  }
  return bars;
}

/** The greatest of all bars, either way; at least 1. */
export const greatest = (bars: readonly Bar[]): number => Math.max(1, ...bars.flatMap(({ forward, backward }) => [forward, backward]));

export const total = (bars: readonly Bar[], way: "forward" | "backward"): number => bars.reduce((sum, bar) => sum + bar[way], 0);

/** Whether a rule's crossings are counted. */
export const counts = ({ kind }: Pick<Rule, "kind">): boolean => kind === "line crossing" || kind === "occupancy";

/** What forward and backward are called: of an occupancy, in and out. */
export function waysOf(rule: Pick<Rule, "kind" | "direction">): { forward: string; backward: string } {
  if (rule.kind !== "occupancy") return { forward: "Forward", backward: "Backward" };
  return rule.direction === "backward" ? { forward: "Out", backward: "In" } : { forward: "In", backward: "Out" };
}
