/** How often a rule was right, in words and as a curve. Pure. */

import { percent } from "../time/format";
import type { CurvePoint, Precision } from "../wire";

/** Over how many days people may ask. */
export const SPANS = [7, 30, 90, 400] as const;

const interval = ({ at_least, at_most }: Pick<Precision, "at_least" | "at_most">): string => `${percent(at_least)} to ${percent(at_most)}`;

/** "18 of 20 were right: 90%. The true share is 70% to 97%, 95 times in 100." */
export function shareWords(told: Pick<Precision, "right" | "wrong" | "share" | "at_least" | "at_most">): string {
  const judged = told.right + told.wrong;
  if (told.share === null) return "Nobody has said of any alert whether it was right or wrong.";
  return `${told.right} of ${judged} that were judged ${judged === 1 ? "was" : "were"} right: ${percent(told.share)}. The true share is ${interval(told)}, with 95% certainty.`;
}

export function unclearWords(unclear: number): string {
  return unclear === 0 ? "" : `${unclear} ${unclear === 1 ? "was" : "were"} unclear, and ${unclear === 1 ? "counts" : "count"} for neither.`;
}

/** "1.3 alerts a day"; rarer ones by the week or not at all. */
export function rateWords(aDay: number): string {
  if (aDay === 0) return "No alerts";
  if (aDay < 0.01) return "Less than one alert in 100 days";
  const text = aDay >= 10 ? String(Math.round(aDay)) : String(Math.round(aDay * (aDay < 0.1 ? 100 : 10)) / (aDay < 0.1 ? 100 : 10));
  return `${text} ${text === "1" ? "alert" : "alerts"} a day`;
}

/** What there would have been at a threshold. */
export function pointWords({ threshold, alerts, judged, right, at_least, at_most, estimated }: CurvePoint): string {
  const many = alerts === 0 ? "no alerts" : alerts === 1 ? "1 alert" : `${alerts} alerts`;
  const begun = `At ${percent(threshold)} you would have had ${estimated ? "about " : ""}${many}`;
  if (alerts === 0) return `${begun}.`;
  if (right === null) return `${begun}; too little is known of how many of them were right.`;
  const from = `from ${judged} ${judged === 1 ? "verdict" : "verdicts"}${estimated ? " and a sample" : ""}`;
  return `${begun}, ${percent(right)} of them right (${interval({ at_least, at_most })}, ${from}).`;
}

/** The point at the threshold that is set; else the first. */
export function placeOf(curve: readonly CurvePoint[], threshold: number): number {
  return Math.max(
    0,
    curve.findIndex((point) => Math.abs(point.threshold - threshold) < 1e-9),
  );
}

export interface Plotted {
  /** 0..1 from the left, of the middle of a bar. */
  x: number;
  /** 0..1 of the height. */
  alerts: number;
  right: number | null;
  low: number;
  high: number;
}

/** Each point a column as wide as the others: thresholds lie evenly but for the one that is set. */
export function plotted(curve: readonly CurvePoint[]): Plotted[] {
  const most = Math.max(1, ...curve.map(({ alerts }) => alerts));
  return curve.map(({ alerts, right, at_least, at_most }, place) => ({
    x: (place + 0.5) / curve.length,
    alerts: alerts / most,
    right,
    low: at_least,
    high: at_most,
  }));
}

/** Lines through neighbours of which something is known: where nothing is, the line is broken. */
export function runs(points: readonly Plotted[]): Plotted[][] {
  const found: Plotted[][] = [];
  let run: Plotted[] = [];
  for (const point of points) {
    if (point.right !== null) {
      if (run.length === 0) found.push(run);
      run.push(point);
    } else run = [];
  }
  return found;
}
