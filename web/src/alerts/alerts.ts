/** Alerts in order and in words. Pure. */

import { recordingOf } from "../events/events";
import { clockTime, moment } from "../time/format";
import { HOUR, MINUTE } from "../time/units";
import type { Alert, Camera, Channel, Delivery, Judgement } from "../wire";
import { sentence } from "../words";

/** The newest of the list as they are now, and older ones that were loaded before. `wanted`: how many were asked for. */
export function refreshed(known: readonly Alert[], newest: readonly Alert[], wanted: number): Alert[] {
  const last = newest.at(-1);
  if (!last || newest.length < wanted) return [...newest];
  return [...newest, ...known.filter(({ id }) => id < last.id)];
}

/** With one alert as the server has just told it. */
export const withAlert = (list: readonly Alert[], alert: Alert): Alert[] => list.map((one) => (one.id === alert.id ? alert : one));

/** Beside "Alerts" in the bar; empty where there is nothing to take. */
export const countText = (untaken: number): string => (untaken === 0 ? "" : untaken > 99 ? "99+" : String(untaken));

export type Tone = "good" | "waiting" | "bad" | "plain";

/** One thing that is being done with an alert, or was. */
export interface Doing {
  tone: Tone;
  text: string;
}

const MUTED = { "quiet hours": "Nobody else was told: quiet hours.", snoozed: "Nobody else was told: the rule was snoozed." };

export const channelName = (id: number, channels: readonly Channel[] | null): string =>
  channels?.find((one) => one.id === id)?.name ?? (channels ? `Channel ${id}, which was removed` : `Channel ${id}`);

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;

/** Whom an alert has reached, whom not and why, and what comes next. */
export function doings(alert: Alert, channels: readonly Channel[] | null, nowUs: number): Doing[] {
  const found: Doing[] = [];
  if (alert.muted !== "") found.push({ tone: "plain", text: MUTED[alert.muted] });
  for (const step of ["first", "escalation"] as const) {
    const of = alert.deliveries.filter((one) => one.step === step);
    found.push(...arrived(of, step, channels), ...of.flatMap((one) => notArrived(one, channels, nowUs)));
  }
  if (alert.deliveries.length === 0 && alert.muted === "") {
    found.push({ tone: "plain", text: "On the console alone: no channel that is on was told to carry it." });
  }
  if (alert.escalates_us !== null) {
    found.push({ tone: "waiting", text: `Others are told at ${moment(alert.escalates_us, nowUs)} if nobody takes it.` });
  }
  return found;
}

function arrived(deliveries: readonly Delivery[], step: Delivery["step"], channels: readonly Channel[] | null): Doing[] {
  const names = (state: Delivery["state"]): string =>
    listed(deliveries.filter((one) => one.state === state).map(({ channel_id }) => channelName(channel_id, channels)));
  const [sent, waiting] = [names("sent"), names("waiting")];
  const nobody = step === "escalation" ? "Nobody took it in time: " : "";
  return [
    ...(sent ? [{ tone: "good" as const, text: begun(`${nobody}delivered to ${sent}.`) }] : []),
    ...(waiting ? [{ tone: "waiting" as const, text: begun(`${nobody}on its way to ${waiting}.`) }] : []),
  ];
}

const begun = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function notArrived(delivery: Delivery, channels: readonly Channel[] | null, nowUs: number): Doing[] {
  const name = channelName(delivery.channel_id, channels);
  const cause = sentence(delivery.cause);
  if (delivery.state === "undelivered") return [{ tone: "bad", text: `Not delivered to ${name}. ${cause}`.trim() }];
  if (delivery.state !== "failed") return [];
  const again = delivery.next_us === null ? "" : ` Tried again at ${clockTime(Math.max(delivery.next_us, nowUs))}.`;
  return [{ tone: "bad", text: `Not yet delivered to ${name}. ${cause}${again}` }];
}

/** Who sees to it; empty while nobody does. */
export function takenWords({ taken_us, taken_by }: Alert, nowUs: number): string {
  return taken_us === null ? "" : `Taken by ${taken_by}, ${moment(taken_us, nowUs)}`;
}

/** "3 events, the last at 14:05:10"; empty where there is one. */
export function eventsWords({ events, last_us }: Alert): string {
  return events === 1 ? "" : `${events} events, the last at ${clockTime(last_us)}`;
}

/** Where the camera's page shows the moment; null where nothing of the view is kept of it. */
export function momentOf(alert: Alert, cameras: readonly Camera[]): string | null {
  // An alert is not told when its event ended: the newest that joined it is known to have been there.
  const end_us = Math.max(alert.end_us ?? 0, alert.last_us);
  return recordingOf({ camera: alert.camera_id, start_us: alert.start_us, end_us }, cameras);
}

export const policyPage = ({ camera_id, rule_id }: Pick<Alert, "camera_id" | "rule_id">): string => `/camera/${camera_id}/rules/${rule_id}/alerts`;

export const ANSWERS: { judgement: Judgement; text: string }[] = [
  { judgement: "right", text: "Right" },
  { judgement: "wrong", text: "Wrong" },
  { judgement: "unclear", text: "Unclear" },
];

/** For how long a rule may be snoozed, in one click. */
export const SNOOZES: { us: number; text: string }[] = [
  { us: 15 * MINUTE, text: "15 minutes" },
  { us: HOUR, text: "1 hour" },
  { us: 8 * HOUR, text: "8 hours" },
];

/** The rules of these alerts, each once, with the name that it had last. */
export function rulesOf(alerts: readonly Alert[]): { id: number; name: string }[] {
  const found = new Map<number, string>();
  for (const { rule_id, rule, test } of alerts) if (!test && !found.has(rule_id)) found.set(rule_id, rule);
  return [...found].map(([id, name]) => ({ id, name }));
}
