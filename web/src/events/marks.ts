/** Events as a timeline marks them. */

import { useCallback } from "preact/hooks";

import { getEvents } from "../api";
import { useAgain } from "../coverage/useAgain";
import type { OpenSpan } from "../timeline/spans";
import { endOf } from "../timeline/spans";
import { spanOf, type TimeWindow } from "../timeline/scale";
import type { RuleEvent } from "../wire";
import { nameWords } from "./events";

export interface MarkedEvent extends OpenSpan {
  name: string;
}

const AGAIN_MS = 5_000;
// More could not be told apart.
const MOST = 200;
// A part of the window: one that was over at once has a width all the same.
const REACH = 0.004;

export const marked = (event: RuleEvent): MarkedEvent => ({ from_us: event.start_us, to_us: event.end_us, name: nameWords(event) });

/** The latest events of a camera in the window and as much again on both sides. */
export function useMarks(camera: number, window: TimeWindow): readonly MarkedEvent[] {
  const span = spanOf(window);
  // The window itself changes with every second; what must be asked for changes with every half window.
  const page = Math.floor(window.fromUs / (span / 2));
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const [from, to] = [Math.max(0, (page - 2) * (span / 2)), (page + 5) * (span / 2)];
      const { events } = await getEvents({ camera, from_us: Math.round(from), to_us: Math.round(to), limit: MOST }, signal);
      return events.map(marked);
    },
    [camera, span, page],
  );
  return useAgain(ask, AGAIN_MS).value ?? NONE;
}

const NONE: readonly MarkedEvent[] = [];

/** What rules saw at a moment, in a sentence; empty where they saw nothing. */
export function eventsAt(events: readonly MarkedEvent[], us: number, nowUs: number, spanUs: number): string {
  const near = spanUs * REACH;
  const there = events.filter((event) => us >= event.from_us - near && us <= endOf(event, nowUs) + near);
  const names = [...new Set(there.map(({ name }) => name))];
  if (names.length === 0) return "";
  return names.length > 3 ? `Events: ${names.slice(0, 3).join(", ")} and more.` : `${there.length > 1 ? "Events" : "Event"}: ${names.join(", ")}.`;
}
