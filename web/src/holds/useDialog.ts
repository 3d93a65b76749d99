import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** A dialog that is open from the moment it is drawn. `onClosed`: draw it no more; the focus is back where it was by then. */
export function useDialog(onClosed: () => void): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  const latest = useRef(onClosed);
  latest.current = onClosed;
  useEffect(() => {
    const element = dialog.current;
    const closed = (): void => latest.current();
    element?.addEventListener("close", closed);
    element?.showModal();
    return () => element?.removeEventListener("close", closed);
  }, []);
  return dialog;
}

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
