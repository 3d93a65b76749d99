import { describe, expect, it } from "vitest";

import { HOUR, MINUTE, SECOND } from "../time/units";
import type { Alert, Camera, Channel, Delivery } from "../wire";
import { countText, doings, eventsWords, momentOf, refreshed, rulesOf, takenWords, withAlert } from "./alerts";

const NOW = new Date(2026, 10, 22, 14).getTime() * 1000;

const alert = (id: number, change: Partial<Alert> = {}): Alert => ({
  id,
  event_id: `event-${id}`,
  rule_id: 7,
  rule: "Yard at night",
  kind: "intrusion",
  camera_id: 1,
  camera: "Gate",
  place: "Yard",
  score: 0.83,
  tracks: 1,
  detail: "",
  start_us: NOW - MINUTE,
  end_us: null,
  last_us: NOW - MINUTE,
  events: 1,
  muted: "",
  escalates_us: null,
  taken_us: null,
  taken_by: "",
  test: false,
  verdict: null,
  deliveries: [],
  ...change,
});
const ids = (list: readonly Alert[]): number[] => list.map(({ id }) => id);

const delivery = (channel_id: number, change: Partial<Delivery> = {}): Delivery => ({
  channel_id,
  step: "first",
  state: "sent",
  attempts: 1,
  next_us: null,
  sent_us: NOW,
  cause: "",
  ...change,
});
const channel = (id: number, name: string): Channel => ({ id, name, kind: "webhook", settings: {}, enabled: true, trouble: "" });
const CHANNELS = [channel(1, "Desk"), channel(2, "Phone")];
const told = (change: Partial<Alert>): string[] => doings(alert(1, change), CHANNELS, NOW).map(({ tone, text }) => `${tone}: ${text}`);

describe("the list of alerts", () => {
  it("takes the newest in and keeps older ones that were loaded", () => {
    const known = [alert(4), alert(3), alert(2), alert(1)];
    expect(ids(refreshed(known, [alert(5), alert(4), alert(3)], 3))).toEqual([5, 4, 3, 2, 1]);
    expect(refreshed(known, [alert(4, { taken_by: "Ann" }), alert(3)], 2)[0]?.taken_by).toBe("Ann");
  });

  it("forgets what the server has no more", () => {
    expect(ids(refreshed([alert(4), alert(3), alert(1)], [alert(4), alert(3)], 50))).toEqual([4, 3]);
    expect(refreshed([alert(4)], [], 50)).toEqual([]);
  });

  it("changes one in its place", () => {
    expect(withAlert([alert(2), alert(1)], alert(1, { taken_by: "Ann" })).map(({ taken_by }) => taken_by)).toEqual(["", "Ann"]);
    expect(ids(withAlert([alert(2)], alert(1)))).toEqual([2]);
  });

  it("counts what is to be taken, and no further than is read", () => {
    expect([0, 1, 99, 100].map(countText)).toEqual(["", "1", "99", "99+"]);
  });

  it("names each rule once, as it is called now, and no test", () => {
    const list = [alert(4, { test: true, rule_id: 0 }), alert(3, { rule: "Yard" }), alert(2), alert(1, { rule_id: 8, rule: "Gate" })];
    expect(rulesOf(list)).toEqual([
      { id: 7, name: "Yard" },
      { id: 8, name: "Gate" },
    ]);
  });
});

describe("what is being done with an alert", () => {
  it("names whom it has reached", () => {
    expect(told({ deliveries: [delivery(1), delivery(2)] })).toEqual(["good: Delivered to Desk and Phone."]);
    expect(told({ deliveries: [delivery(1, { state: "waiting", next_us: NOW })] })).toEqual(["waiting: On its way to Desk."]);
    expect(told({ deliveries: [delivery(9)] })).toEqual(["good: Delivered to Channel 9, which was removed."]);
  });

  it("says why it has not, and when it is tried again", () => {
    const cause = "the server answered 500";
    expect(told({ deliveries: [delivery(1, { state: "failed", next_us: NOW + 5 * SECOND, cause })] })).toEqual([
      "bad: Not yet delivered to Desk. The server answered 500. Tried again at 14:00:05.",
    ]);
    expect(told({ deliveries: [delivery(1), delivery(2, { state: "undelivered", cause })] })).toEqual([
      "good: Delivered to Desk.",
      "bad: Not delivered to Phone. The server answered 500.",
    ]);
  });

  it("says why nobody was told", () => {
    expect(told({ muted: "quiet hours" })).toEqual(["plain: Nobody else was told: quiet hours."]);
    expect(told({ muted: "snoozed" })).toEqual(["plain: Nobody else was told: the rule was snoozed."]);
    expect(told({})).toEqual(["plain: On the console alone: no channel that is on was told to carry it."]);
  });

  it("says when others are told, and that they were", () => {
    expect(told({ deliveries: [delivery(1)], escalates_us: NOW + 5 * MINUTE })).toEqual([
      "good: Delivered to Desk.",
      "waiting: Others are told at 14:05 if nobody takes it.",
    ]);
    expect(told({ deliveries: [delivery(1), delivery(2, { step: "escalation" })] })[1]).toBe(
      "good: Nobody took it in time: delivered to Phone.",
    );
  });
});

describe("an alert", () => {
  it("says who has it, and how many events are in it", () => {
    expect([takenWords(alert(1), NOW), eventsWords(alert(1))]).toEqual(["", ""]);
    expect(takenWords(alert(1, { taken_us: NOW, taken_by: "Ann" }), NOW)).toBe("Taken by Ann, 14:00");
    expect(eventsWords(alert(1, { events: 3, last_us: NOW }))).toBe("3 events, the last at 14:00:00");
  });

  it("leads to its moment while the view of it is kept", () => {
    const camera = { id: 1, kept: { from_us: NOW - HOUR, to_us: NOW } } as Camera;
    expect(momentOf(alert(1), [camera])).toBe(`/camera/1?at=${NOW - MINUTE}`);
    expect(momentOf(alert(1, { start_us: NOW - 2 * HOUR, last_us: NOW - 2 * HOUR }), [camera])).toBeNull();
    expect(momentOf(alert(1, { camera_id: 2 }), [camera])).toBeNull();
  });
});
