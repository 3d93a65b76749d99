/** Questions to the spans of a timeline. Spans are ordered by their beginning; an end of null still lasts. */

import type { Span, TimelineSpans } from "../wire";

export interface OpenSpan {
  from_us: number;
  to_us: number | null;
}

export const endOf = (span: OpenSpan, nowUs: number): number => span.to_us ?? Math.max(span.from_us, nowUs);

/** Overlapping or touching spans as one; spans at most `toleranceUs` apart count as touching. */
export function merged(spans: readonly Span[], toleranceUs = 0): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from_us - b.from_us)) {
    const last = result.at(-1);
    if (last && span.from_us <= last.to_us + toleranceUs) last.to_us = Math.max(last.to_us, span.to_us);
    else result.push({ ...span });
  }
  return result;
}

/** The span that holds the moment: its beginning belongs to it, its end does not. */
export function spanAt<T extends OpenSpan>(spans: readonly T[], us: number, nowUs: number): T | null {
  return spans.find((span) => us >= span.from_us && us < (span.to_us === null ? nowUs + 1 : span.to_us)) ?? null;
}

/** The first kept moment at or after `us`, or null where nothing later is kept. */
export function nextKept(kept: readonly Span[], us: number): number | null {
  const next = kept.find((span) => span.to_us > us);
  return next ? Math.max(us, next.from_us) : null;
}

export type Place = "kept" | "gap" | "covered" | "nothing" | "future";

/** What a moment of the timeline is. Covered time is kept too, and says more. */
export function placeAt(spans: TimelineSpans, us: number, nowUs: number): Place {
  if (us > nowUs) return "future";
  if (spanAt(spans.covered, us, nowUs)) return "covered";
  if (spanAt(spans.kept, us, nowUs)) return "kept";
  return spanAt(spans.gaps, us, nowUs) ? "gap" : "nothing";
}
