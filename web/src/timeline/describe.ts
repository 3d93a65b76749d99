/** What a moment of the timeline is, in words. */

import { duration } from "../time/format";
import type { Gap, OriginalSpans, TimelineSpans } from "../wire";
import { gapWords, sentence } from "../words";
import { endOf, placeAt, spanAt } from "./spans";

export interface Description {
  title: string;
  detail: string;
}

/** How long a gap lasts; one that is meant to be is not called a gap. */
export function gapTitle(gap: Gap, nowUs: number): string {
  const length = duration(endOf(gap, nowUs) - gap.from_us);
  const lasts = gap.to_us === null ? `${length} so far` : length;
  return gap.cause === "off" ? `Off on purpose, ${lasts}` : `Gap of ${lasts}`;
}

export const gapDetail = (gap: Gap): string => sentence(gap.detail || gapWords(gap.cause));

/** What there is of the sealed original at a moment, in a sentence; empty where that needs no words. */
export function originalAt({ kept, gaps }: OriginalSpans, us: number, nowUs: number): string {
  if (us > nowUs || (kept.length === 0 && gaps.length === 0)) return "";
  if (spanAt(kept, us, nowUs)) return "Original kept, sealed.";
  const gap = spanAt(gaps, us, nowUs);
  if (!gap) return "No original.";
  const title = gapTitle(gap, nowUs);
  return `Original: ${title.charAt(0).toLowerCase()}${title.slice(1)}. ${gapDetail(gap)}`;
}

export function describe(spans: TimelineSpans, us: number, nowUs: number): Description {
  switch (placeAt(spans, us, nowUs)) {
    case "future":
      return { title: "Not yet", detail: "" };
    case "covered":
      return { title: "Covered", detail: sentence(spanAt(spans.covered, us, nowUs)?.reason ?? "") };
    case "gap": {
      const gap = spanAt(spans.gaps, us, nowUs);
      return gap ? { title: gapTitle(gap, nowUs), detail: gapDetail(gap) } : { title: "Gap", detail: "" };
    }
    case "kept":
      return { title: "Kept", detail: "" };
    case "nothing":
      return { title: "Nothing kept", detail: "" };
  }
}
