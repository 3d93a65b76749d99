import { useEffect, useState } from "preact/hooks";

import { nowUs } from "./clock";

/** Wall time now, again every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(nowUs);
  useEffect(() => {
    const timer = setInterval(() => setNow(nowUs()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
