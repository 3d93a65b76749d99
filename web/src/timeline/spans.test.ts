import { describe, expect, it } from "vitest";

import { describe as inWords, originalAt } from "./describe";
import { endOf, merged, nextKept, placeAt, spanAt } from "./spans";

const span = (from_us: number, to_us: number): { from_us: number; to_us: number } => ({ from_us, to_us });
const NOW = 1_000_000_000;

describe("merged", () => {
  it("joins spans that touch or overlap, and one inside another", () => {
    expect(merged([span(10, 20), span(20, 30)])).toEqual([span(10, 30)]);
    expect(merged([span(10, 40), span(15, 20), span(35, 50)])).toEqual([span(10, 50)]);
  });

  it("leaves spans apart that are further apart than the tolerance", () => {
    expect(merged([span(0, 10), span(12, 20)], 1)).toEqual([span(0, 10), span(12, 20)]);
    expect(merged([span(0, 10), span(12, 20)], 2)).toEqual([span(0, 20)]);
  });

  it("orders what comes out of order and leaves its input alone", () => {
    const input = [span(20, 30), span(0, 20)];
    expect(merged(input)).toEqual([span(0, 30)]);
    expect(input).toEqual([span(20, 30), span(0, 20)]);
    expect(merged([])).toEqual([]);
  });
});

describe("spanAt", () => {
  it("counts a span's beginning in and its end out", () => {
    const spans = [span(10, 20), span(20, 30)];
    expect(spanAt(spans, 20, NOW)).toBe(spans[1]);
    expect(spanAt(spans, 30, NOW)).toBeNull();
    expect(spanAt(spans, 9, NOW)).toBeNull();
  });

  it("lets a span without end last until now, now included", () => {
    const open = { from_us: 10, to_us: null };
    expect(spanAt([open], NOW, NOW)).toBe(open);
    expect(spanAt([open], NOW + 1, NOW)).toBeNull();
    expect(endOf(open, NOW)).toBe(NOW);
    // A browser whose clock is behind the server's draws no span backwards.
    expect(endOf(open, 5)).toBe(10);
  });
});

describe("nextKept", () => {
  const kept = [span(10, 20), span(40, 50)];

  it("is the moment itself where it is kept", () => {
    expect(nextKept(kept, 15)).toBe(15);
  });

  it("is the beginning of the next span from inside a gap, and at a span's very end", () => {
    expect(nextKept(kept, 30)).toBe(40);
    expect(nextKept(kept, 20)).toBe(40);
  });

  it("is null after the last", () => {
    expect(nextKept(kept, 50)).toBeNull();
    expect(nextKept([], 0)).toBeNull();
  });
});

describe("a moment in words", () => {
  const spans = {
    kept: [span(0, 500_000_000)],
    gaps: [
      { from_us: 500_000_000, to_us: 620_000_000, cause: "network" as const, detail: "" },
      { from_us: 700_000_000, to_us: null, cause: "camera" as const, detail: "the camera refuses the password" },
    ],
    covered: [{ from_us: 100_000_000, to_us: 200_000_000, reason: "the camera moved" }],
    originals: {
      kept: [span(0, 300_000_000)],
      gaps: [
        { from_us: 300_000_000, to_us: 420_000_000, cause: "disk" as const, detail: "" },
        { from_us: 420_000_000, to_us: 480_000_000, cause: "off" as const, detail: "switched off in the settings" },
      ],
    },
  };

  it("says covered where the view is kept and covered", () => {
    expect(placeAt(spans, 150_000_000, NOW)).toBe("covered");
    expect(inWords(spans, 150_000_000, NOW)).toEqual({ title: "Covered", detail: "The camera moved." });
    expect(placeAt(spans, 200_000_000, NOW)).toBe("kept");
  });

  it("gives a gap its length and cause, and says when it still lasts", () => {
    expect(inWords(spans, 510_000_000, NOW)).toEqual({ title: "Gap of 2 min", detail: "The network failed." });
    expect(inWords(spans, 800_000_000, NOW)).toEqual({
      title: "Gap of 5 min so far",
      detail: "The camera refuses the password.",
    });
  });

  it("says apart what there is of the original, and does not call a gap what is meant to be", () => {
    const at = (us: number): string => originalAt(spans.originals, us, NOW);
    expect(at(0)).toBe("Original kept, sealed.");
    expect(at(300_000_000)).toBe("Original: gap of 2 min. The disk could not take it.");
    expect(at(430_000_000)).toBe("Original: off on purpose, 1 min. Switched off in the settings.");
    expect(at(490_000_000)).toBe("No original.");
    expect(originalAt({ kept: [], gaps: [] }, 0, NOW)).toBe("");
  });

  it("knows time with nothing in it, and time that has not come", () => {
    expect(placeAt(spans, 650_000_000, NOW)).toBe("nothing");
    expect(placeAt(spans, NOW + 1, NOW)).toBe("future");
  });
});
