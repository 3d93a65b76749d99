import { describe, expect, it } from "vitest";

import { HOUR, MINUTE, SECOND } from "../time/units";
import type { Day, Gap, GapCause, Share } from "../wire";
import { LEAST, listed, partsOf, shareWords, together } from "./shares";

const share = (due_us: number, kept_us: number, off_us = 0): Share => ({
  due_us,
  kept_us,
  off_us,
  ratio: due_us > 0 ? kept_us / due_us : null,
});
const day: Day = { date: "2026-11-22", from_us: 0, to_us: 24 * HOUR };
const gap = (from_us: number, to_us: number | null, cause: GapCause = "camera"): Gap => ({ from_us, to_us, cause, detail: "" });

describe("coverage in words", () => {
  it("names what is missing and what was off", () => {
    expect(shareWords(share(24 * HOUR, 24 * HOUR))).toBe("100% kept");
    expect(shareWords(share(22 * HOUR, 22 * HOUR - 3 * MINUTE, 2 * HOUR))).toBe("99.7% kept, 3 min missing, 2 hr off on purpose");
    expect(shareWords(share(0, 0, 24 * HOUR))).toBe("1 day off on purpose");
    expect(shareWords(share(0, 0))).toBe("nothing was due");
  });

  it("weighs days by what was due", () => {
    expect(together([share(10 * HOUR, 10 * HOUR), share(30 * HOUR, 20 * HOUR)])).toBe(0.75);
    expect(together([share(0, 0)])).toBeNull();
  });
});

describe("a day's bar", () => {
  it("stacks what was kept, what is missing and what was off", () => {
    expect(partsOf(share(18 * HOUR, 12 * HOUR, 6 * HOUR), day)).toEqual([
      { kind: "kept", from: 0, to: 0.5 },
      { kind: "missing", from: 0.5, to: 0.75 },
      { kind: "off", from: 0.75, to: 1 },
    ]);
  });

  it("leaves room where the day is not over", () => {
    expect(partsOf(share(6 * HOUR, 6 * HOUR), day)).toEqual([{ kind: "kept", from: 0, to: 0.25 }]);
  });

  it("shows the least that is missing", () => {
    const [kept, missing] = partsOf(share(24 * HOUR, 24 * HOUR - 2 * SECOND), day);
    expect(missing).toEqual({ kind: "missing", from: 1 - LEAST, to: 1 });
    expect(kept?.to).toBe(1 - LEAST);
    expect(partsOf(share(MINUTE, MINUTE), day)).toEqual([{ kind: "kept", from: 0, to: LEAST }]);
  });
});

describe("gaps of both kinds", () => {
  it("are one where one thing cost both, newest first", () => {
    const view = [gap(0, MINUTE), gap(HOUR, null), gap(2 * HOUR, 3 * HOUR, "off")];
    const original = [gap(2 * SECOND, MINUTE - SECOND), gap(HOUR + 20 * SECOND, null), gap(2 * HOUR, 3 * HOUR, "disk")];
    expect(listed(view, original).map(({ from_us, cause, kinds }) => [from_us, cause, kinds.join()])).toEqual([
      [2 * HOUR, "off", "view"],
      [2 * HOUR, "disk", "original"],
      [HOUR + 20 * SECOND, "camera", "original"],
      [HOUR, "camera", "view"],
      [0, "camera", "view,original"],
    ]);
  });
});
