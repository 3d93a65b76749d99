/** What is to be looked at below the threshold: which, and in words. Pure. */

import { SECOND } from "../time/units";
import type { Judgement, RuleEvent, SamplePage } from "../wire";

/** Over so many days it is told how much there was below the threshold. */
export const COST_DAYS = 7;

/** The checkbox that switches it on, to which an empty list leads. */
export const SWITCH_ID = "look-at-share";

/** What the clip shows around an event, and how long it is at most. */
const AROUND = 5 * SECOND;
const LONGEST = 30 * SECOND;

export interface Said {
  event: RuleEvent;
  judgement: Judgement;
}

/** The one to be looked at: one that is to be judged again, else the first of which nothing was said here. */
export function shownOf(page: SamplePage, judged: ReadonlySet<string>, again: RuleEvent | null): RuleEvent | null {
  return again ?? page.events.find(({ id }) => !judged.has(id)) ?? null;
}

/** How many are left, also of those that were told before the last verdict. */
export function leftOf({ events, left }: SamplePage, judged: ReadonlySet<string>): number {
  return Math.max(0, left - events.filter(({ id }) => judged.has(id)).length);
}

export const leftWords = (left: number): string => (left === 0 ? "" : left === 1 ? "This one is the last" : `${left} to look at`);

/** Which part of the view is shown of an event. */
export function clipOf({ start_us, end_us }: Pick<RuleEvent, "start_us" | "end_us">): { fromUs: number; toUs: number } {
  const fromUs = start_us - AROUND;
  return { fromUs, toUs: Math.min(fromUs + LONGEST, (end_us ?? start_us) + AROUND) };
}

/** How many there would be to look at, from how many events were below the threshold in the last days. */
export function costWords(below: number, share: number): string {
  const before = `In the last ${COST_DAYS} days`;
  if (below === 0) return `${before} nothing was below the threshold, so there would have been nothing to look at.`;
  const were = below === 1 ? "1 event was" : `${below} events were`;
  const drawn = (below * share * 7) / COST_DAYS;
  const many = drawn < 1 ? "less than one" : `about ${Math.round(drawn)}`;
  return `${before} ${were} below the threshold: that makes ${many} a week to look at.`;
}
