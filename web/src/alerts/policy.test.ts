import { describe, expect, it } from "vitest";

import type { Alerting } from "../wire";
import { changeOf, chosen, draftOf, problemOf, type PolicyDraft } from "./policy";

const alerting: Alerting = {
  channels: [1],
  arming: "hours",
  hours: "mon-fri 22:00-06:00",
  quiet: "",
  snoozed_until_us: 5,
  group_seconds: 60,
  escalate_minutes: 10,
  escalation: [2],
  threshold: 0.65,
  sample_share: 0.1,
};
const draft = (change: Partial<PolicyDraft> = {}): PolicyDraft => ({ ...draftOf(alerting), ...change });

describe("what becomes of a rule's events", () => {
  it("is sent as it came, but for what the form is not about", () => {
    const sent: Partial<Alerting> = { ...alerting, hours: "mon tue wed thu fri 22:00-06:00" };
    delete sent.snoozed_until_us;
    expect(changeOf(draft())).toEqual(sent);
    expect(problemOf(draft())).toBeNull();
  });

  it("leaves out both parts of an escalation that is switched off", () => {
    const { escalate_minutes, escalation } = changeOf(draft({ escalates: false }));
    expect([escalate_minutes, escalation]).toEqual([null, []]);
    expect(draftOf({ ...alerting, escalate_minutes: null, escalation: [] }).minutes).toBe("5");
  });

  it("draws nothing below the threshold unless somebody switches it on", () => {
    expect(draftOf({ ...alerting, sample_share: 0 })).toMatchObject({ samples: false, share: "10" });
    expect(draft()).toMatchObject({ samples: true, share: "10" });
    expect(changeOf(draft({ share: "2.5" })).sample_share).toBe(0.025);
    expect(changeOf(draft({ samples: false, share: "" })).sample_share).toBe(0);
    expect(problemOf(draft({ samples: false, share: "" }))).toBeNull();
  });

  it("says what is still to be entered", () => {
    expect(problemOf(draft({ hours: [{ days: Array<boolean>(7).fill(false), from: "08:00", to: "09:00" }] }))).toMatch(/at least one day/);
    expect(problemOf(draft({ quiet: [{ days: Array<boolean>(7).fill(true), from: "", to: "09:00" }] }))).toMatch(/beginning and an end/);
    for (const threshold of ["", "101", "-1", "x"]) expect(problemOf(draft({ threshold }))).toMatch(/0 to 100/);
    for (const group of ["", "1.5", "86401"]) expect(problemOf(draft({ group }))).toMatch(/86400/);
    for (const minutes of ["", "0", "1441"]) expect(problemOf(draft({ minutes }))).toMatch(/1440/);
    for (const share of ["", "101", "-1", "x"]) expect(problemOf(draft({ share }))).toMatch(/looked at is 0 to 100/);
    expect(problemOf(draft({ escalation: [] }))).toMatch(/who is told/);
    expect(problemOf(draft({ escalates: false, escalation: [], minutes: "" }))).toBeNull();
  });

  it("chooses channels in their order, and none that was removed", () => {
    expect(chosen([1, 2, 3], [3, 9], 1, true)).toEqual([1, 3]);
    expect(chosen([1, 2, 3], [1, 3], 3, false)).toEqual([1]);
  });
});
