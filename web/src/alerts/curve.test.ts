import { describe, expect, it } from "vitest";

import type { CurvePoint } from "../wire";
import { placeOf, plotted, pointWords, rateWords, runs, shareWords, unclearWords } from "./curve";

const point = (threshold: number, change: Partial<CurvePoint> = {}): CurvePoint => ({
  threshold,
  alerts: 10,
  judged: 8,
  right: 0.75,
  at_least: 0.41,
  at_most: 0.93,
  estimated: false,
  ...change,
});

describe("how often a rule was right", () => {
  it("says the share with its interval, or that nothing is known", () => {
    expect(shareWords({ right: 18, wrong: 2, share: 0.9, at_least: 0.699, at_most: 0.972 })).toBe(
      "18 of 20 that were judged were right: 90%. The true share is 70% to 97%, with 95% certainty.",
    );
    expect(shareWords({ right: 0, wrong: 0, share: null, at_least: 0, at_most: 1 })).toMatch(/^Nobody has said/);
    expect([0, 1, 2].map(unclearWords)).toEqual(["", "1 was unclear, and counts for neither.", "2 were unclear, and count for neither."]);
  });

  it("gives a rate that a person can take in", () => {
    expect([0, 0.005, 0.04, 0.33, 1.04, 12.6].map(rateWords)).toEqual([
      "No alerts",
      "Less than one alert in 100 days",
      "0.04 alerts a day",
      "0.3 alerts a day",
      "1 alert a day",
      "13 alerts a day",
    ]);
  });
});

describe("the curve", () => {
  it("says what there would have been", () => {
    expect(pointWords(point(0.7))).toBe("At 70% you would have had 10 alerts, 75% of them right (41% to 93%, from 8 verdicts).");
    expect(pointWords(point(0.3, { estimated: true, judged: 1 }))).toMatch(/about 10 alerts.*from 1 verdict and a sample/);
    expect(pointWords(point(0.3, { right: null, alerts: 1 }))).toBe(
      "At 30% you would have had 1 alert; too little is known of how many of them were right.",
    );
    expect(pointWords(point(0.95, { alerts: 0, right: null }))).toBe("At 95% you would have had no alerts.");
  });

  it("begins at the threshold that is set", () => {
    const curve = [point(0.3), point(0.6), point(0.9)];
    expect([placeOf(curve, 0.6), placeOf(curve, 0.61), placeOf([], 0.6)]).toEqual([1, 0, 0]);
  });

  it("is drawn in even columns, and broken where nothing is known", () => {
    const drawn = plotted([point(0.3, { alerts: 20 }), point(0.6, { right: null }), point(0.9, { alerts: 5 }), point(0.95, { alerts: 0 })]);
    expect(drawn.map(({ x, alerts }) => [x, alerts])).toEqual([
      [0.125, 1],
      [0.375, 0.5],
      [0.625, 0.25],
      [0.875, 0],
    ]);
    expect(runs(drawn).map((run) => run.length)).toEqual([1, 2]);
    expect(plotted([point(0.3, { alerts: 0 })])[0]?.alerts).toBe(0);
  });
});
