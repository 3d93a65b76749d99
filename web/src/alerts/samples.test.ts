import { describe, expect, it } from "vitest";

import { SECOND } from "../time/units";
import type { RuleEvent, SamplePage } from "../wire";
import { clipOf, costWords, leftOf, leftWords, shownOf } from "./samples";

const event = (id: string): RuleEvent => ({
  id,
  camera: 1,
  rule: 1,
  rule_name: "Night",
  kind: "intrusion",
  start_us: 100 * SECOND,
  end_us: 103 * SECOND,
  lasting: false,
  score: 0.4,
  tracks: 1,
  place: "Yard",
  at: null,
  detail: "",
});
const page: SamplePage = { events: [event("a"), event("b")], left: 7 };

describe("what is looked at below the threshold", () => {
  it("is the first of which nothing was said, also before the server tells the rest", () => {
    const shown = (...judged: string[]): string | undefined => shownOf(page, new Set(judged), null)?.id;
    expect([shown(), shown("a"), shown("b"), shown("a", "b")]).toEqual(["a", "b", "a", undefined]);
  });

  it("is the last one again where somebody wants to say another thing of it", () => {
    expect(shownOf(page, new Set(["a"]), event("a"))?.id).toBe("a");
  });

  it("is counted, without those that were judged meanwhile", () => {
    expect([leftOf(page, new Set()), leftOf(page, new Set(["a", "long ago"])), leftOf({ events: [], left: 0 }, new Set(["a"]))]).toEqual([7, 6, 0]);
    expect([0, 1, 7].map(leftWords)).toEqual(["", "This one is the last", "7 to look at"]);
  });

  it("is shown from five seconds before to five after, half a minute at most", () => {
    expect(clipOf(event("a"))).toEqual({ fromUs: 95 * SECOND, toUs: 108 * SECOND });
    expect(clipOf({ start_us: 100 * SECOND, end_us: 900 * SECOND })).toEqual({ fromUs: 95 * SECOND, toUs: 125 * SECOND });
    expect(clipOf({ start_us: 100 * SECOND, end_us: null }).toUs).toBe(105 * SECOND);
  });

  it("says what it costs", () => {
    expect(costWords(140, 0.1)).toBe("In the last 7 days 140 events were below the threshold: that makes about 14 a week to look at.");
    expect(costWords(1, 0.1)).toBe("In the last 7 days 1 event was below the threshold: that makes less than one a week to look at.");
    expect(costWords(0, 1)).toMatch(/nothing was below/);
  });
});
