import { describe, expect, it } from "vitest";

import { MINUTE, SECOND } from "../time/units";
import { mediaTimeOf, wallTimeOf, windowAround, type PlaylistEntry } from "./window";

const NOW = 1_795_305_600_000_000;

describe("windowAround", () => {
  it("reaches from 2 min before to 28 min after", () => {
    const at = NOW - 120 * MINUTE;
    expect(windowAround(at, NOW)).toEqual({ fromUs: at - 2 * MINUTE, toUs: at + 28 * MINUTE });
  });

  it("ends a second after now", () => {
    expect(windowAround(NOW - MINUTE, NOW).toUs).toBe(NOW + SECOND);
  });

  it("never ends before it begins, even for a moment that has not come", () => {
    const ahead = windowAround(NOW + 60 * MINUTE, NOW);
    expect(ahead.toUs).toBeGreaterThan(ahead.fromUs);
  });
});

describe("wall time and media time", () => {
  // Two runs: 8 s from second 100, then after a gap of 52 s another 4 s from second 160.
  const entries: PlaylistEntry[] = [
    { start: 0, duration: 4, programDateTime: 100_000 },
    { start: 4, duration: 4, programDateTime: 104_000 },
    { start: 8, duration: 4, programDateTime: 160_000 },
  ];
  const second = SECOND;

  it("agree inside a run", () => {
    expect(mediaTimeOf(entries, 105.5 * second)).toBeCloseTo(5.5, 6);
    expect(wallTimeOf(entries, 5.5)).toBe(105.5 * second);
  });

  it("go to the next kept moment from inside a gap, and to the first from before", () => {
    expect(mediaTimeOf(entries, 130 * second)).toBe(8);
    expect(mediaTimeOf(entries, 20 * second)).toBe(0);
  });

  it("know no place after the end", () => {
    expect(mediaTimeOf(entries, 164 * second)).toBeNull();
    expect(mediaTimeOf([], 0)).toBeNull();
  });

  it("jump with the wall clock where a new run begins", () => {
    expect(wallTimeOf(entries, 7.9)).toBe(107.9 * second);
    expect(wallTimeOf(entries, 8)).toBe(160 * second);
  });

  it("stay at the last moment past the end, and at the first before the start", () => {
    expect(wallTimeOf(entries, 99)).toBe(164 * second);
    expect(wallTimeOf(entries, 0)).toBe(100 * second);
    expect(wallTimeOf([], 3)).toBeNull();
  });

  it("pass over entries without a date", () => {
    const undated: PlaylistEntry[] = [{ start: 0, duration: 4, programDateTime: null }, ...entries.slice(1)];
    expect(mediaTimeOf(undated, 101 * second)).toBe(4);
    expect(wallTimeOf(undated, 2)).toBeNull();
  });
});
