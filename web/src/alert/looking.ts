/** What a link's page has of the view, and what it asks for next. */

import { ApiError } from "../api";
import type { LinkedView } from "../wire";

export interface Seen {
  told: LinkedView | null;
  still: Blob | null;
  clip: Blob | null;
  /** What was kept when the clip was fetched. */
  clipped: LinkedView | null;
  /** Why there is no more to be seen, as a sentence. */
  error: string | null;
}

export const NOTHING: Seen = { told: null, still: null, clip: null, clipped: null, error: null };

const BUSY = 429;

/** What there is to fetch: the still once; the clip as soon as it shows the moment, and again when all of it is kept. */
export function wants(now: Seen, told: LinkedView): { still: boolean; clip: boolean } {
  const shows = told.to_us !== null && (told.whole || told.to_us > told.at_us);
  const grown = now.clip === null || (told.whole && now.told?.whole !== true);
  return { still: told.still && now.still === null, clip: shows && grown };
}

/** Whether asking again would bring nothing else. */
export const isOver = (failure: unknown): failure is ApiError =>
  failure instanceof ApiError && failure.status < 500 && failure.status !== BUSY;

/** What is said beside the pictures, or in their place. */
export function said(seen: Seen): string {
  const { told, still, clip, error } = seen;
  if (error) return error;
  if (!told) return "Loading the view";
  const covered = told.covered ? `The view was covered when it began: ${sentence(told.covered)}` : "";
  return [covered, coming(told, still, clip)].filter(Boolean).join(" ");
}

function coming(told: LinkedView, still: Blob | null, clip: Blob | null): string {
  if (!clip) return "The view of this moment is being kept, and comes in a few seconds.";
  if (!told.whole) return "What came after it is still being kept. The clip gets longer by itself.";
  return still ? "" : "There is no picture of the moment itself.";
}

const sentence = (text: string): string => (text.endsWith(".") ? text : `${text}.`);
