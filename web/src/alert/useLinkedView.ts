import { useEffect, useState } from "preact/hooks";

import * as api from "../api";
import type { LinkedView } from "../wire";
import { isOver, NOTHING, wants, type Seen } from "./looking";

const AGAIN_MS = 3_000;

/** The view around an alert, by the token of its page: asked for again until all of it is kept. */
export function useLinkedView(token: string): Seen {
  const [seen, setSeen] = useState<Seen>(NOTHING);
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    let now = NOTHING;
    const show = (next: Partial<Seen>): void => {
      if (abort.signal.aborted) return;
      now = { ...now, ...next };
      setSeen(now);
    };
    const look = async (): Promise<void> => {
      const told: LinkedView = await api.linkedView(token, abort.signal);
      const wanted = wants(now, told);
      if (wanted.still) show({ still: await api.linkedStill(token, abort.signal) });
      if (wanted.clip) show({ clip: await api.linkedClip(token, abort.signal), clipped: told });
      show({ told });
    };
    const run = async (): Promise<void> => {
      try {
        await look();
      } catch (failure) {
        if (abort.signal.aborted) return;
        if (isOver(failure)) {
          show({ error: failure.message });
          return;
        }
        // The banner says so when the server is gone; when others are served, it is our turn soon.
      }
      if (!now.told?.whole && !abort.signal.aborted) timer = window.setTimeout(() => void run(), AGAIN_MS);
    };
    setSeen(NOTHING);
    void run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [token]);
  return seen;
}

/** An address for what is held in memory, for as long as it is shown. */
export function useAddress(blob: Blob | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!blob) return undefined;
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => {
      setAddress(null);
      URL.revokeObjectURL(made);
    };
  }, [blob]);
  return address;
}
