import { describe, expect, it } from "vitest";

import { DAY, HOUR, MINUTE } from "../time/units";
import { held, LONGEST, panned, SHORTEST, showing, spanOf, upTo, usAt, xOf, zoomed, type TimeWindow } from "./scale";

const NOW = Date.UTC(2026, 10, 22, 12) * 1000;
const hour: TimeWindow = { fromUs: NOW - HOUR, toUs: NOW };

describe("pixels and moments", () => {
  it("are each other's inverse", () => {
    expect(xOf(hour, 1000, usAt(hour, 1000, 333))).toBeCloseTo(333, 6);
    expect(usAt(hour, 1000, 0)).toBe(hour.fromUs);
    expect(usAt(hour, 1000, 1000)).toBe(hour.toUs);
  });
});

describe("zoomed", () => {
  it("leaves the moment under the pointer where it is", () => {
    const anchor = usAt(hour, 1000, 250);
    for (const factor of [0.5, 2, 0.9]) {
      expect(xOf(zoomed(hour, factor, anchor), 1000, anchor)).toBeCloseTo(250, 6);
    }
  });

  it("stops at ten minutes and at thirty days, still around the pointer", () => {
    const anchor = usAt(hour, 1000, 900);
    const shortest = zoomed(hour, 0.0001, anchor);
    const longest = zoomed(hour, 1e6, anchor);
    expect(spanOf(shortest)).toBeCloseTo(SHORTEST, 0);
    expect(spanOf(longest)).toBeCloseTo(LONGEST, 0);
    expect(xOf(shortest, 1000, anchor)).toBeCloseTo(900, 6);
    expect(xOf(longest, 1000, anchor)).toBeCloseTo(900, 6);
  });
});

describe("held", () => {
  it("leaves a window alone that lies inside", () => {
    const inside = panned(hour, -2 * HOUR);
    expect(held(inside, NOW - DAY, NOW)).toBe(inside);
  });

  it("never shows more than a little of the future", () => {
    const ahead = held(panned(hour, DAY), NOW - DAY, NOW);
    expect(ahead.toUs).toBe(NOW + 0.05 * HOUR);
    expect(spanOf(ahead)).toBe(HOUR);
  });

  it("stops at the oldest kept moment", () => {
    const early = held(panned(hour, -10 * DAY), NOW - DAY, NOW);
    expect(early.fromUs).toBe(NOW - DAY - 0.05 * HOUR);
    expect(spanOf(early)).toBe(HOUR);
  });

  it("puts now at the right where less is kept than the window shows", () => {
    const week = held({ fromUs: NOW - 20 * DAY, toUs: NOW - 13 * DAY }, NOW - HOUR, NOW);
    expect(week).toEqual(upTo(NOW, 7 * DAY));
  });
});

describe("showing", () => {
  it("turns a page only when the moment has left the window", () => {
    expect(showing(hour, NOW - 30 * MINUTE)).toBe(hour);
    const next = showing(hour, NOW + MINUTE);
    expect(xOf(next, 1000, NOW + MINUTE)).toBeCloseTo(200, 6);
    const before = showing(hour, hour.fromUs - MINUTE);
    expect(xOf(before, 1000, hour.fromUs - MINUTE)).toBeCloseTo(800, 6);
  });
});
