import { describe, expect, it } from "vitest";

import { DAY, HOUR, MINUTE } from "../time/units";
import { dayText, lapseOf, laterProblem, minuteText, momentOf, untilProblem } from "./term";

const local = (...parts: [number, number, number, number?, number?, number?]): number => new Date(...parts).getTime() * 1000;
const NOW = local(2026, 10, 23, 14, 30);

describe("until when", () => {
  it("is the same time of day so many days on, also where clocks are set in between", () => {
    expect(lapseOf({ days: 7 }, NOW)).toBe(local(2026, 10, 30, 14, 30));
    const summer = local(2026, 9, 20, 14);
    expect(lapseOf({ days: 7 }, summer)).toBe(local(2026, 9, 27, 14));
    expect(local(2026, 9, 27, 14) - summer).toBe(7 * DAY + HOUR);
  });

  it("is the end of a day that was chosen", () => {
    expect(lapseOf({ day: "2026-11-30" }, NOW)).toBe(local(2026, 10, 30, 23, 59, 59));
    expect(lapseOf({ day: "2026-11-23" }, NOW)).toBeGreaterThan(NOW);
  });

  it("is nothing without a day", () => {
    for (const day of ["", "2026-11", "tomorrow", "2026-02-30", "2026-13-01", "12026-11-30"]) {
      expect(lapseOf({ day }, NOW)).toBeNull();
    }
  });

  it("must lie ahead, and not before the footage ends", () => {
    expect(untilProblem(null, NOW, NOW)).toMatch(/Choose/);
    expect(untilProblem(NOW, NOW - HOUR, NOW)).toMatch(/not over/);
    expect(untilProblem(NOW + HOUR, NOW + DAY, NOW)).toMatch(/before the footage ends/);
    expect(untilProblem(NOW + HOUR, NOW + HOUR, NOW)).toBeNull();
    expect(untilProblem(NOW + HOUR, null, NOW)).toBeNull();
  });

  it("can only become later", () => {
    expect(laterProblem(null, NOW)).toMatch(/Choose/);
    expect(laterProblem(NOW, NOW)).toBe("It lasts until 23 Nov 2026, 14:30 already: choose a later day, or release it.");
    expect(laterProblem(NOW + 1, NOW)).toBeNull();
  });
});

describe("what is typed of a time", () => {
  it("is written and read alike", () => {
    expect(dayText(NOW)).toBe("2026-11-23");
    expect(minuteText(NOW)).toBe("2026-11-23T14:30");
    expect(momentOf(minuteText(NOW), "start")).toBe(NOW);
    expect(momentOf("2026-11-23T14:30:20", "end")).toBe(NOW + MINUTE / 3);
  });

  it("is nothing while it is half typed", () => {
    for (const text of ["", "2026-11-23", "2026-11-23T25:00", "2026-11-23T14:30Z"]) expect(momentOf(text, "start")).toBeNull();
  });

  it("keeps the whole of an hour that comes twice", () => {
    // 25 October 2026: 03:00 CEST is 02:00 CET.
    const first = Date.UTC(2026, 9, 25, 0, 30) * 1000;
    expect(momentOf("2026-10-25T02:30", "start")).toBe(first);
    expect(momentOf("2026-10-25T02:30", "end")).toBe(first + HOUR);
    expect(momentOf("2026-10-25T03:30", "end")).toBe(first + 2 * HOUR);
  });
});
