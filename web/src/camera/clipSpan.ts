import { DAY, SECOND } from "../time/units";
import type { Marks } from "../timeline/gesture";

/** What is wrong with a span for a clip, or null. */
export function clipProblem({ inUs, outUs }: Marks): string | null {
  if (inUs === null || outUs === null) return "Mark a start and an end.";
  if (outUs - inUs < SECOND) return "The end must be at least a second after the start.";
  return outUs - inUs > DAY ? "A clip is at most 24 hours long." : null;
}
