import { useEffect, useState } from "preact/hooks";

import { aimPicture } from "../api";

/** Address of the newest aiming picture, asked for every second; null while there is none. */
export function useAimPicture(id: number, expected: boolean): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!expected) return undefined;
    const abort = new AbortController();
    let timer = 0;
    let shown = "";
    const load = async (): Promise<void> => {
      try {
        const picture = document.hidden ? undefined : await aimPicture(id, abort.signal);
        if (picture) {
          if (shown) URL.revokeObjectURL(shown);
          shown = URL.createObjectURL(picture);
          setAddress(shown);
        }
      } catch {
        // The banner says so when the server is gone; the next second tries again.
      }
      if (!abort.signal.aborted) timer = window.setTimeout(() => void load(), 1_000);
    };
    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
      if (shown) URL.revokeObjectURL(shown);
      setAddress(null);
    };
  }, [id, expected]);
  return address;
}
