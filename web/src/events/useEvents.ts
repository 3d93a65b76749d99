import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { getEvents } from "../api";
import { Poll } from "../state/poll";
import { reached } from "../state/server";
import type { EventQuery, RuleEvent } from "../wire";
import { withNewest, withOlder } from "./events";

const AGAIN_MS = 3_000;
const PAGE = 50;

export interface KnownEvents {
  /** Null until the first answer. */
  events: RuleEvent[] | null;
  /** What to go on after; null: that is all. */
  older: string | null;
  failed: boolean;
}

const NONE: KnownEvents = { events: null, older: null, failed: false };

/** Events of a filter, the newest first, up to date by themselves; `more` adds a page of older ones. `query` must not change by itself. */
export function useEvents(query: EventQuery): KnownEvents & { more: () => Promise<void>; loading: boolean } {
  const [known, setKnown] = useState<KnownEvents>(NONE);
  const [loading, setLoading] = useState(false);
  const asked = useRef(query);
  asked.current = query;
  useEffect(() => {
    const abort = new AbortController();
    setKnown(NONE);
    const poll = new Poll(async () => {
      const well = await reached(async () => {
        const page = await getEvents({ ...query, limit: PAGE }, abort.signal);
        if (!abort.signal.aborted) setKnown((before) => merged(before, page.events, page.older));
      });
      if (!well && !abort.signal.aborted) setKnown((before) => ({ ...before, failed: true }));
      return well;
    }, AGAIN_MS);
    poll.start();
    return () => {
      abort.abort();
      poll.stop();
    };
  }, [query]);
  const { older } = known;
  const more = useCallback(async (): Promise<void> => {
    if (older === null) return;
    setLoading(true);
    await reached(async () => {
      const page = await getEvents({ ...query, limit: PAGE, after: older });
      if (asked.current !== query) return;
      setKnown((before) =>
        before.older === older ? { ...before, events: withOlder(before.events ?? [], page.events), older: page.older } : before,
      );
    });
    setLoading(false);
  }, [query, older]);
  return { ...known, more, loading };
}

function merged(before: KnownEvents, page: RuleEvent[], older: string | null): KnownEvents {
  const { events, anew } = withNewest(before.events ?? [], page);
  // Whoever has gone on to older pages goes on from there.
  const first = before.events === null || anew || before.events.length <= PAGE;
  return { events, older: first && events.length <= PAGE ? older : (before.older ?? (first ? older : null)), failed: false };
}
