import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

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
