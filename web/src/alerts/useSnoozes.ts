import { useEffect, useState } from "preact/hooks";

import * as api from "../api";
import { alertNews } from "../state/alerts";

// Each is a call: of a page's alerts there are rarely more rules.
const MOST = 20;

/** Until when each of these rules is snoozed, of those that are. Asked for again whenever anything of alerts has changed. */
export function useSnoozes(rules: readonly number[]): ReadonlyMap<number, number> {
  const [snoozes, setSnoozes] = useState<ReadonlyMap<number, number>>(new Map());
  const revision = alertNews.value?.revision;
  const key = rules.slice(0, MOST).join();
  useEffect(() => {
    let here = true;
    const ask = async (): Promise<void> => {
      const ids = key === "" ? [] : key.split(",").map(Number);
      try {
        const told = await Promise.all(ids.map(async (id) => [id, (await api.getAlerting(id)).snoozed_until_us] as const));
        if (here) setSnoozes(new Map(told.flatMap(([id, until]) => (until === null ? [] : [[id, until] as const]))));
      } catch {
        // The page says that the server does not answer; what was known stays.
      }
    };
    void ask();
    return () => {
      here = false;
    };
  }, [key, revision]);
  return snoozes;
}
