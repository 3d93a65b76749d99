import { describe, expect, it } from "vitest";

import { HOUR } from "../time/units";
import { gripAt, pinched, RULER } from "./gesture";
import { spanOf, usAt, xOf, type TimeWindow } from "./scale";

const window: TimeWindow = { fromUs: 0, toUs: HOUR };
const none = { inUs: null, outUs: null };

describe("gripAt", () => {
  it("pans on the ruler and scrubs on the track", () => {
    expect(gripAt(500, RULER - 1, window, 1000, none)).toBe("pan");
    expect(gripAt(500, RULER, window, 1000, none)).toBe("scrub");
  });

  it("takes the handle of a mark that is near, the end's where both are", () => {
    const marks = { inUs: usAt(window, 1000, 400), outUs: usAt(window, 1000, 408) };
    expect(gripAt(393, 60, window, 1000, marks)).toBe("in");
    expect(gripAt(404, 60, window, 1000, marks)).toBe("out");
    expect(gripAt(430, 60, window, 1000, marks)).toBe("scrub");
  });
});

describe("pinched", () => {
  it("keeps the moments under both fingers under them", () => {
    const [left, right] = [usAt(window, 1000, 400), usAt(window, 1000, 600)];
    const after = pinched(window, 1000, [400, 600], [250, 650]);
    expect(spanOf(after)).toBeCloseTo(HOUR / 2, 0);
    expect(xOf(after, 1000, left)).toBeCloseTo(250, 3);
    expect(xOf(after, 1000, right)).toBeCloseTo(650, 3);
  });

  it("survives fingers on one spot", () => {
    expect(Number.isFinite(spanOf(pinched(window, 1000, [400, 400], [400, 401])))).toBe(true);
  });
});
