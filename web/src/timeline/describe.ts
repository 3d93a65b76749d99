/** What a moment of the timeline is, in words. */

import { duration } from "../time/format";
import type { TimelineSpans } from "../wire";
import { gapWords, sentence } from "../words";
import { endOf, placeAt, spanAt } from "./spans";

export interface Description {
  title: string;
  detail: string;
}

export function describe(spans: TimelineSpans, us: number, nowUs: number): Description {
  switch (placeAt(spans, us, nowUs)) {
    case "future":
      return { title: "Not yet", detail: "" };
    case "covered":
      return { title: "Covered", detail: sentence(spanAt(spans.covered, us, nowUs)?.reason ?? "") };
    case "gap": {
      const gap = spanAt(spans.gaps, us, nowUs);
      if (!gap) return { title: "Gap", detail: "" };
      const length = duration(endOf(gap, nowUs) - gap.from_us);
      const lasts = gap.to_us === null ? `${length} so far` : length;
      return { title: `Gap of ${lasts}`, detail: sentence(gap.detail || gapWords(gap.cause)) };
    }
    case "kept":
      return { title: "Kept", detail: "" };
    case "nothing":
      return { title: "Nothing kept", detail: "" };
  }
}
