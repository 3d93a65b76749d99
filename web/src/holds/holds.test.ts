import { describe, expect, it } from "vitest";

import { withHold } from "../state/holds";
import { DAY, HOUR, MINUTE, SECOND } from "../time/units";
import type { Camera, Hold, Span } from "../wire";
import { footageWords, heldWords, holdsOf, mayBeKept, parted, roughly, spanProblem, stateWords, viewStart, whoseWords } from "./holds";

const local = (...parts: [number, number, number, number?, number?, number?]): number => new Date(...parts).getTime() * 1000;
const NOW = local(2026, 10, 23, 14);

const hold = (id: number, changes: Partial<Hold> = {}): Hold => ({
  id,
  camera_id: 1,
  from_us: NOW - HOUR,
  to_us: NOW - HOUR / 2,
  until_us: NOW + 7 * DAY,
  reason: "Case 12",
  owner: "anna",
  set_us: NOW - MINUTE,
  state: "active",
  released_us: null,
  released_by: null,
  ...changes,
});
const camera = (id: number, kept: Span | null, original: Span | null = null): Camera =>
  ({ id, name: `Camera ${id}`, kept, original: { state: "kept", reason: "", kept: original } }) as Camera;
const ids = (list: Hold[]): number[] => list.map(({ id }) => id);

describe("the list of holds", () => {
  it("has the active ones first to lapse first, and of those that are over the last to end first", () => {
    const list = [
      hold(5, { state: "released", released_us: NOW - DAY, until_us: NOW + DAY }),
      hold(4, { until_us: NOW + DAY }),
      hold(3),
      hold(2, { state: "lapsed", until_us: NOW - HOUR }),
      hold(1, { until_us: NOW + HOUR }),
    ];
    const { active, over } = parted(list);
    expect(ids(active)).toEqual([1, 4, 3]);
    expect(ids(over)).toEqual([2, 5]);
    expect(ids(list)).toEqual([5, 4, 3, 2, 1]);
  });

  it("takes in what the server has just answered, in its place or first", () => {
    const before = [hold(2), hold(1)];
    expect(ids(withHold(before, hold(3)))).toEqual([3, 2, 1]);
    const after = withHold(before, hold(1, { state: "released" }));
    expect(ids(after)).toEqual([2, 1]);
    expect(after[1]?.state).toBe("released");
  });

  it("has for a camera its own active ones and those of all cameras", () => {
    const list = [
      hold(4, { camera_id: 2 }),
      hold(3, { camera_id: null, from_us: 0 }),
      hold(2, { state: "lapsed" }),
      hold(1),
    ];
    expect(ids(holdsOf(list, 1))).toEqual([3, 1]);
  });
});

describe("a hold in words", () => {
  it("says how long it still lasts as people say it", () => {
    expect([7 * DAY - SECOND, 90 * DAY, 119 * DAY].map(roughly)).toEqual(["7 days", "90 days", "119 days"]);
    expect([2 * DAY - SECOND, HOUR, 90 * SECOND, 59 * SECOND, -DAY].map(roughly)).toEqual([
      "48 hours",
      "60 minutes",
      "2 minutes",
      "less than a minute",
      "less than a minute",
    ]);
    expect([MINUTE, 180 * DAY, 730.5 * DAY].map(roughly)).toEqual(["1 minute", "6 months", "2 years"]);
  });

  it("says what became of it", () => {
    expect(stateWords(hold(1, { until_us: NOW + 3 * DAY }), NOW)).toBe("Lapses in 3 days");
    expect(stateWords(hold(1, { state: "lapsed", until_us: local(2026, 10, 20, 9) }), NOW)).toBe("Lapsed 20 Nov 2026, 09:00");
    const released = { state: "released" as const, released_us: local(2026, 10, 21, 8, 5), released_by: "ben" };
    expect(stateWords(hold(1, released), NOW)).toBe("Released 21 Nov 2026, 08:05 by ben");
  });

  it("says of which footage, with seconds only where there are any", () => {
    const from = local(2025, 11, 31, 23);
    expect(footageWords({ from_us: from, to_us: from + 5 * MINUTE })).toBe("31 Dec 2025, 23:00 to 23:05");
    expect(footageWords({ from_us: from, to_us: from + HOUR })).toBe("31 Dec 2025, 23:00 to 1 Jan 2026, 00:00");
    expect(footageWords({ from_us: from, to_us: from + 7 * SECOND })).toBe("31 Dec 2025, 23:00:00 to 23:00:07");
  });

  it("says of whom, and of a camera that is gone as much as is known", () => {
    expect(whoseWords(null, [])).toBe("All cameras");
    expect(whoseWords(1, [camera(1, null)])).toBe("Camera 1");
    expect(whoseWords(2, [camera(1, null)])).toBe("Camera 2, which was removed");
  });
});

describe("a held moment", () => {
  const at = NOW - HOUR;

  it("says until when and why; its end is not held any more", () => {
    const held = [hold(1, { until_us: local(2026, 10, 30, 23, 59) })];
    expect(heldWords(held, at)).toBe("Held until 30 Nov 2026, 23:59: Case 12");
    expect(heldWords(held, at - 1)).toBe("");
    expect(heldWords(held, NOW - HOUR / 2)).toBe("");
  });

  it("is held until the last of several lapses", () => {
    const held = [hold(1, { until_us: local(2026, 10, 30, 12) }), hold(2, { until_us: local(2026, 11, 30, 12) }), hold(3, { until_us: NOW })];
    expect(heldWords(held, at)).toBe("Held until 30 Dec 2026, 12:00, by 3 holds.");
  });

  it("cuts a reason that would fill the screen", () => {
    expect(heldWords([hold(1, { reason: "x".repeat(1000) })], at).length).toBeLessThan(130);
  });
});

describe("what there is of held footage", () => {
  const span = { from_us: NOW - 5 * HOUR, to_us: NOW - 4 * HOUR };
  const kept = (from: number, to: number): Span => ({ from_us: NOW - from * HOUR, to_us: NOW - to * HOUR });

  it("begins where the hold does, or where the view does", () => {
    expect(viewStart(span, camera(1, kept(9, 0)))).toBe(span.from_us);
    expect(viewStart(span, camera(1, kept(4.5, 0)))).toBe(NOW - 4.5 * HOUR);
    expect(viewStart(span, camera(1, kept(4, 0)))).toBeNull();
    expect(viewStart(span, camera(1, kept(9, 5)))).toBeNull();
    expect(viewStart(span, camera(1, null))).toBeNull();
  });

  it("may be an original alone, and of any camera", () => {
    const none = camera(1, kept(3, 0));
    expect(mayBeKept(span, 1, [none], NOW)).toBe(false);
    expect(mayBeKept(span, 1, [camera(1, null, kept(6, 0))], NOW)).toBe(true);
    expect(mayBeKept(span, null, [none, camera(2, kept(9, 0))], NOW)).toBe(true);
    expect(mayBeKept(span, 1, [none, camera(2, kept(9, 0))], NOW)).toBe(false);
  });

  it("may still come", () => {
    expect(mayBeKept({ from_us: NOW, to_us: NOW + HOUR }, 1, [camera(1, null)], NOW)).toBe(true);
    expect(mayBeKept({ from_us: NOW - MINUTE, to_us: NOW - SECOND }, 1, [camera(1, null)], NOW)).toBe(true);
  });
});

describe("a span that is to be held", () => {
  it("has a start before its end, and may be longer than a clip", () => {
    expect(spanProblem(null, 5)).toMatch(/Give/);
    expect(spanProblem(NOW, null)).toMatch(/Give/);
    expect(spanProblem(NOW, NOW)).toMatch(/after/);
    expect(spanProblem(NOW - 40 * DAY, NOW)).toBeNull();
  });
});
