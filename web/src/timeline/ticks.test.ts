import { describe, expect, it } from "vitest";

import { DAY, HOUR, MINUTE } from "../time/units";
import { clockChanges, stepFor, ticks } from "./ticks";

// The tests run in Europe/Berlin (vite.config.ts).
const local = (...parts: [number, number, number, number?, number?]): number => new Date(...parts).getTime() * 1000;
const width = 1000;

describe("stepFor", () => {
  it("is the smallest round step that leaves room for its label", () => {
    expect(stepFor({ fromUs: 0, toUs: 10 * MINUTE }, width, 84)).toBe(MINUTE);
    expect(stepFor({ fromUs: 0, toUs: HOUR }, width, 84)).toBe(10 * MINUTE);
    expect(stepFor({ fromUs: 0, toUs: DAY }, width, 84)).toBe(3 * HOUR);
    expect(stepFor({ fromUs: 0, toUs: 30 * DAY }, width, 84)).toBe(5 * DAY);
  });
});

describe("clockChanges", () => {
  it("are where summer time begins and ends", () => {
    const found = clockChanges({ fromUs: local(2026, 0, 1), toUs: local(2026, 11, 31) });
    expect(found).toEqual([Date.UTC(2026, 2, 29, 1) * 1000, Date.UTC(2026, 9, 25, 1) * 1000]);
  });

  it("are none in a window beside them, and one in a window that is short", () => {
    const change = Date.UTC(2026, 9, 25, 1) * 1000;
    expect(clockChanges({ fromUs: change - HOUR, toUs: change + 7 * MINUTE })).toEqual([change]);
    expect(clockChanges({ fromUs: change, toUs: change + 30 * DAY })).toEqual([]);
  });
});

describe("ticks", () => {
  it("stand at round local hours, the day's first with its date", () => {
    const found = ticks({ fromUs: local(2026, 5, 1, 20), toUs: local(2026, 5, 2, 6) }, width, 84);
    const labels = found.map((tick) => tick.label);
    expect(labels.filter((_, i) => i !== 4)).toEqual(
      ["20:00", "21:00", "22:00", "23:00", "01:00", "02:00", "03:00", "04:00", "05:00", "06:00"],
    );
    expect(labels[4]).toMatch(/2/);
    expect(found.filter((tick) => tick.day)).toHaveLength(1);
    expect(found[4]?.us).toBe(local(2026, 5, 2));
  });

  it("leave out the hour that summer time takes away", () => {
    // 29 March 2026: 02:00 CET is 03:00 CEST.
    const found = ticks({ fromUs: local(2026, 2, 29, 0, 30), toUs: local(2026, 2, 29, 5) }, width, 84).filter(
      (tick) => new Date(tick.us / 1000).getMinutes() === 0,
    );
    expect(found.map((tick) => tick.label.slice(0, 5))).toEqual(["01:00", "03:00", "04:00", "05:00"]);
    // The first after the change says in which zone it is.
    expect(found.map((tick) => tick.label.length > 5)).toEqual([false, true, false, false]);
    expect((found[1]?.us ?? 0) - (found[0]?.us ?? 0)).toBe(HOUR);
  });

  it("show the hour that comes twice in autumn twice, told apart by zone", () => {
    // 25 October 2026: 03:00 CEST is 02:00 CET.
    const found = ticks({ fromUs: local(2026, 9, 25, 0, 30), toUs: local(2026, 9, 25, 4) }, width, 150);
    const whole = found.filter((tick) => new Date(tick.us / 1000).getMinutes() === 0);
    expect(whole.map((tick) => tick.label.slice(0, 5))).toEqual(["01:00", "02:00", "02:00", "03:00", "04:00"]);
    expect(whole[1]?.label).not.toBe(whole[2]?.label);
    expect(whole[3]?.label).toBe("03:00");
    expect((whole[2]?.us ?? 0) - (whole[1]?.us ?? 0)).toBe(HOUR);
  });

  it("mark local midnights through a change of summer time", () => {
    const found = ticks({ fromUs: local(2026, 9, 23), toUs: local(2026, 9, 28) }, 500, 84);
    expect(found.map((tick) => tick.us)).toEqual(
      [23, 24, 25, 26, 27, 28].map((day) => local(2026, 9, day)),
    );
    expect(found.every((tick) => tick.day)).toBe(true);
    expect((found[3]?.us ?? 0) - (found[2]?.us ?? 0)).toBe(25 * HOUR);
  });

  it("stay at the same days when the window is panned", () => {
    const days = (from: number): number[] =>
      ticks({ fromUs: from, toUs: from + 30 * DAY }, width, 84).map((tick) => tick.us);
    const shared = days(local(2026, 5, 1)).filter((us) => us >= local(2026, 5, 4) && us <= local(2026, 5, 28));
    expect(days(local(2026, 5, 3)).filter((us) => us >= local(2026, 5, 4) && us <= local(2026, 5, 28))).toEqual(shared);
    expect(shared.length).toBeGreaterThan(3);
  });
});
