import { useEffect, useState } from "preact/hooks";

import { isOver } from "../alert/looking";
import { getClip } from "../api";
import { nowUs } from "../time/clock";
import { MS, SECOND } from "../time/units";

const AGAIN_MS = 3_000;
/** The view is kept some seconds behind. */
const LATE = 4 * SECOND;

export interface Clip {
  film: Blob | null;
  /** Why there is none, as a sentence. */
  error: string | null;
}

/** The view of a span, as soon as it is kept. */
export function useClip(camera: number, fromUs: number, toUs: number): Clip {
  const [clip, setClip] = useState<Clip>({ film: null, error: null });
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const load = async (): Promise<void> => {
      try {
        const film = await getClip(camera, fromUs, toUs, abort.signal);
        setClip({ film, error: null });
      } catch (failure) {
        if (abort.signal.aborted) return;
        if (isOver(failure)) setClip({ film: null, error: failure.message });
        else timer = window.setTimeout(() => void load(), AGAIN_MS);
      }
    };
    timer = window.setTimeout(() => void load(), Math.max(0, toUs + LATE - nowUs()) / MS);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [camera, fromUs, toUs]);
  return clip;
}
