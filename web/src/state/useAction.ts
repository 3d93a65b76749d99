import { useState } from "preact/hooks";

export interface Action<T> {
  /** The answer, or null where it was refused: then `error` says why. */
  run: (call: () => Promise<T>) => Promise<T | null>;
  busy: boolean;
  error: string | null;
}

/** A call that somebody waits for in front of a form. */
export function useAction<T>(): Action<T> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async (call: () => Promise<T>): Promise<T | null> => {
    setBusy(true);
    setError(null);
    try {
      return await call();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "The change was not made.");
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error };
}
