import { useEffect, useState } from "preact/hooks";

export interface Asked<T> {
  value: T | null;
  failed: boolean;
}

/** Asks at once, and again every `everyMs` while the page is seen; what was there stays while it fails. `ask` must not change. */
export function useAgain<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number): Asked<T> {
  const [state, setState] = useState<Asked<T>>({ value: null, failed: false });
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const load = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          const value = await ask(abort.signal);
          setState({ value, failed: false });
        } catch {
          if (abort.signal.aborted) return;
          setState((before) => ({ ...before, failed: true }));
        }
      }
      timer = window.setTimeout(() => void load(), everyMs);
    };
    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [ask, everyMs]);
  return state;
}
