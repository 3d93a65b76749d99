import { describe, expect, it } from "vitest";

import { clockOffset } from "./clock";
import { bytes, clockTime, duration, finePercent, hourMinute, moment, percent, spanText, zoneName } from "./format";
import { DAY, HOUR, MINUTE, SECOND } from "./units";

const local = (...parts: [number, number, number, number?, number?, number?]): number =>
  new Date(...parts).getTime() * 1000;

describe("duration", () => {
  it("gives the two largest units", () => {
    expect(duration(0)).toBe("0 sec");
    expect(duration(-5 * SECOND)).toBe("0 sec");
    expect(duration(59.9 * SECOND)).toBe("59 sec");
    expect(duration(2 * MINUTE + 5 * SECOND)).toBe("2 min 5 sec");
    expect(duration(3 * DAY + 4 * HOUR + 59 * MINUTE)).toBe("3 days 4 hr");
  });

  it("leaves out a second unit that is zero", () => {
    expect(duration(2 * HOUR + 30 * SECOND)).toBe("2 hr");
  });
});

describe("moments", () => {
  it("are as short as their distance allows", () => {
    const now = local(2026, 10, 22, 14);
    expect(moment(local(2026, 10, 22, 0, 5), now)).toBe("00:05");
    expect(moment(local(2026, 10, 21, 23, 55), now)).toMatch(/21.*23:55/);
    expect(moment(local(2025, 10, 22, 14), now)).toMatch(/2025/);
  });

  it("write midnight as 00, never 24", () => {
    expect(hourMinute(local(2026, 10, 22))).toBe("00:00");
    expect(clockTime(local(2026, 10, 22, 0, 0, 7))).toBe("00:00:07");
  });

  it("know the zone on both sides of a change", () => {
    expect(zoneName(local(2026, 9, 25, 0))).not.toBe(zoneName(local(2026, 9, 25, 12)));
  });

  it("carry their zone in the hour that comes twice, and only there", () => {
    // 25 October 2026: 03:00 CEST is 02:00 CET.
    const first = Date.UTC(2026, 9, 25, 0) * 1000;
    const texts = [first - 1, first, first + HOUR - 1, first + HOUR, first + 2 * HOUR - 1, first + 2 * HOUR].map(hourMinute);
    expect(texts.map((text) => text.slice(0, 5))).toEqual(["01:59", "02:00", "02:59", "02:00", "02:59", "03:00"]);
    expect(texts.map((text) => text.length > 5)).toEqual([false, true, true, true, true, false]);
    expect(texts[1]).not.toBe(texts[3]);
    // 29 March 2026: the hour from 02:00 on is left out, none comes twice.
    const spring = Date.UTC(2026, 2, 29, 1) * 1000;
    expect([spring - 1, spring].map(hourMinute)).toEqual(["01:59", "03:00"]);
  });

  it("name the day of a span's end only where it differs", () => {
    const start = local(2026, 10, 22, 23, 59, 50);
    expect(spanText(start, start + 5 * SECOND)).toMatch(/23:59:50 to 23:59:55$/);
    expect(spanText(start, start + 20 * SECOND)).toMatch(/to .*23.*00:00:10$/);
  });
});

describe("amounts", () => {
  it("count bytes as disks are sold", () => {
    expect(bytes(0)).toBe("0 byte");
    expect(bytes(999)).toBe("999 byte");
    expect(bytes(2_147_483_648)).toBe("2.1 GB");
    expect(bytes(96_400_000_000)).toBe("96 GB");
    expect(bytes(1e19)).toBe("10,000 PB");
  });

  it("are never more than they are, in tenths", () => {
    expect(finePercent(0.99999)).toBe("99.9%");
    expect(finePercent(1)).toBe("100%");
    expect(finePercent(0.9876)).toBe("98.7%");
    expect(finePercent(0)).toBe("0%");
  });

  it("never say 100 % before it is whole", () => {
    expect(percent(0.999)).toBe("99%");
    expect(percent(1)).toBe("100%");
    expect(percent(-1)).toBe("0%");
  });
});

describe("clockOffset", () => {
  const browser = Date.UTC(2026, 10, 22, 12, 0, 0);

  it("is none where the clocks agree within two seconds", () => {
    expect(clockOffset("Sun, 22 Nov 2026 12:00:01 GMT", browser)).toBe(0);
    expect(clockOffset("nonsense", browser)).toBe(0);
  });

  it("follows a server whose clock is elsewhere", () => {
    expect(clockOffset("Sun, 22 Nov 2026 12:10:00 GMT", browser)).toBe(10 * MINUTE + SECOND / 2);
    expect(clockOffset("Sun, 22 Nov 2026 11:00:00 GMT", browser)).toBe(-HOUR + SECOND / 2);
  });
});
