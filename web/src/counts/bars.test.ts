import { describe, expect, it } from "vitest";

import { HOUR } from "../time/units";
import type { CrossingCount } from "../wire";
import { barsOf, dateText, dayOf, greatest, total, waysOf } from "./bars";

const local = (...parts: [number, number, number, number?]): number => new Date(...parts).getTime() * 1000;

const count = (from_us: number, direction: "forward" | "backward", number: number, rule = 1): CrossingCount => ({
  camera: 1,
  rule,
  place: "Gate",
  class: "person",
  direction,
  from_us,
  to_us: from_us + HOUR,
  count: number,
});

describe("a day of counts", () => {
  it("is a local one, 23 to 25 hours long", () => {
    expect(dateText(local(2026, 10, 2, 23))).toBe("2026-11-02");
    expect(dayOf("2026-11-02")).toEqual({ fromUs: local(2026, 10, 2), toUs: local(2026, 10, 3) });
    const hours = (date: string): number => barsOf([], 1, dayOf(date) ?? { fromUs: 0, toUs: 0 }).length;
    expect([hours("2026-03-29"), hours("2026-10-25"), hours("2026-11-02")]).toEqual([23, 25, 24]);
    expect(["", "today", "2026-11"].map(dayOf)).toEqual([null, null, null]);
  });

  it("has a bar for each hour, forward and backward apart, of one rule alone", () => {
    const day = { fromUs: local(2026, 10, 2), toUs: local(2026, 10, 3) };
    const at = (hour: number): number => day.fromUs + hour * HOUR;
    const bars = barsOf(
      [count(at(8), "forward", 3), count(at(8), "forward", 2), count(at(8), "backward", 4), count(at(9), "forward", 9, 2), count(at(25), "forward", 7)],
      1,
      day,
    );
    expect(bars[8]).toEqual({ fromUs: at(8), forward: 5, backward: 4 });
    expect([total(bars, "forward"), total(bars, "backward"), greatest(bars), greatest([])]).toEqual([5, 4, 5, 1]);
  });

  it("calls forward and backward what they are at a door", () => {
    expect(waysOf({ kind: "line crossing", direction: "backward" }).forward).toBe("Forward");
    expect(waysOf({ kind: "occupancy", direction: "forward" })).toEqual({ forward: "In", backward: "Out" });
    expect(waysOf({ kind: "occupancy", direction: "backward" })).toEqual({ forward: "Out", backward: "In" });
  });
});
