import { useEffect, useRef, useState } from "preact/hooks";

import { getTimeline } from "../api";
import { nowUs } from "../time/clock";
import { SECOND } from "../time/units";
import type { TimelineSpans } from "../wire";
import { spanOf, type TimeWindow } from "./scale";

const NONE: TimelineSpans = { kept: [], gaps: [], covered: [], originals: { kept: [], gaps: [] } };
const REST_MS = 120;
const AGAIN_MS = 5_000;

export interface LoadedSpans {
  spans: TimelineSpans;
  loaded: boolean;
  failed: boolean;
}

/** Spans for the window and as much again on both sides, so that panning finds them there; the newest every 5 s. */
export function useSpans(camera: number, window: TimeWindow): LoadedSpans {
  const [state, setState] = useState<LoadedSpans>({ spans: NONE, loaded: false, failed: false });
  const have = useRef<TimeWindow | null>(null);
  const span = spanOf(window);
  // The window itself changes with every second; what must be loaded changes with every half window.
  const page = Math.floor(window.fromUs / (span / 2));
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const load = async (): Promise<void> => {
      const wanted = { fromUs: (page - 2) * (span / 2), toUs: (page + 5) * (span / 2) };
      try {
        const spans = await getTimeline(camera, Math.max(0, wanted.fromUs), wanted.toUs, abort.signal);
        have.current = wanted;
        setState({ spans, loaded: true, failed: false });
      } catch {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, failed: true }));
      }
      timer = setTimeout(next, AGAIN_MS);
    };
    const next = (): void => {
      // Only the end of the recording grows.
      const growing = (page + 5) * (span / 2) > nowUs() - 10 * SECOND;
      if (growing && !document.hidden) void load();
      else timer = setTimeout(next, AGAIN_MS);
    };
    timer = setTimeout(() => void load(), have.current ? REST_MS : 0);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [camera, span, page]);
  return state;
}
