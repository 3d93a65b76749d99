/** What becomes of a rule's events, as somebody fills it in and as it is sent. Pure. */

import { problemOf as hoursProblem, rowsOf, textOf, type HoursRow } from "../pages/hours";
import type { Alerting, Arming } from "../wire";

export interface PolicyDraft {
  arming: Arming;
  hours: HoursRow[];
  quiet: HoursRow[];
  channels: number[];
  /** In per cent, seconds and minutes, as they are typed. */
  threshold: string;
  group: string;
  escalates: boolean;
  minutes: string;
  escalation: number[];
  samples: boolean;
  /** Of what is below the threshold, in per cent. */
  share: string;
}

/** What is offered to whoever switches it on. */
const FIRST_SHARE = "10";

export const ARMING: { arming: Arming; text: string }[] = [
  { arming: "hours", text: "In these hours; always where none are set" },
  { arming: "on", text: "Always, whatever the hours" },
  { arming: "off", text: "Not at all: it makes no alerts" },
];

export const percentText = (share: number): string => String(Math.round(share * 1000) / 10);

export function draftOf(alerting: Alerting): PolicyDraft {
  return {
    arming: alerting.arming,
    hours: rowsOf(alerting.hours),
    quiet: rowsOf(alerting.quiet),
    channels: alerting.channels,
    threshold: percentText(alerting.threshold),
    group: String(alerting.group_seconds),
    escalates: alerting.escalate_minutes !== null,
    minutes: String(alerting.escalate_minutes ?? 5),
    escalation: alerting.escalation,
    samples: alerting.sample_share > 0,
    share: alerting.sample_share > 0 ? percentText(alerting.sample_share) : FIRST_SHARE,
  };
}

/** What the form is about; the rest, as a snooze, stays as it is. */
export function changeOf(draft: PolicyDraft): Partial<Alerting> {
  return {
    arming: draft.arming,
    hours: textOf(draft.hours),
    quiet: textOf(draft.quiet),
    channels: draft.channels,
    threshold: shareOf(draft.threshold),
    group_seconds: Number(draft.group),
    escalate_minutes: draft.escalates ? Number(draft.minutes) : null,
    escalation: draft.escalates ? draft.escalation : [],
    sample_share: draft.samples ? shareOf(draft.share) : 0,
  };
}

/** From per cent as they are typed, in tenths. */
export const shareOf = (text: string): number => Math.round(Number(text) * 10) / 1000;

export const isShare = (text: string): boolean => text.trim() !== "" && Number(text) >= 0 && Number(text) <= 100;

const isWhole = (text: string, least: number, most: number): boolean =>
  /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;

/** The first thing that is still to be entered, or null. */
export function problemOf(draft: PolicyDraft): string | null {
  const hours = hoursProblem(draft.hours) ?? hoursProblem(draft.quiet);
  if (hours) return hours;
  if (!isShare(draft.threshold)) return "The score is 0 to 100 per cent.";
  if (!isWhole(draft.group, 0, 86_400)) return "Events are joined over 0 to 86400 seconds.";
  if (draft.samples && !isShare(draft.share)) return "The share that is looked at is 0 to 100 per cent.";
  if (!draft.escalates) return null;
  if (!isWhole(draft.minutes, 1, 1_440)) return "Others are told after 1 to 1440 minutes.";
  return draft.escalation.length === 0 ? "Choose who is told when nobody takes an alert." : null;
}

/** With a channel chosen or not, in the order of the list. Channels that were removed are left out. */
export function chosen(known: readonly number[], before: readonly number[], channel: number, on: boolean): number[] {
  return known.filter((id) => (id === channel ? on : before.includes(id)));
}
