/** Coverage in words and in proportions. Pure. */

import { duration, finePercent } from "../time/format";
import { SECOND } from "../time/units";
import type { Day, Gap, Share } from "../wire";

/** All days together, 0..1; null where nothing was due. */
export function together(shares: readonly Share[]): number | null {
  const due = shares.reduce((sum, share) => sum + share.due_us, 0);
  const kept = shares.reduce((sum, share) => sum + share.kept_us, 0);
  return due > 0 ? kept / due : null;
}

/** "99.8% kept, 3 min missing, 2 hr off on purpose". */
export function shareWords({ due_us, kept_us, off_us, ratio }: Share): string {
  const off = off_us >= SECOND ? `${duration(off_us)} off on purpose` : "";
  if (ratio === null) return off || "nothing was due";
  const missing = due_us - kept_us >= SECOND ? `${duration(due_us - kept_us)} missing` : "";
  return [`${finePercent(ratio)} kept`, missing, off].filter((part) => part !== "").join(", ");
}

export interface Part {
  kind: "kept" | "missing" | "off";
  /** Of the day, from below. */
  from: number;
  to: number;
}

/** What little is missing, or kept, must be seen: it takes at least this much of a day's bar. */
export const LEAST = 0.08;

/** A day as a bar: from below what was kept, what is missing, what was off; what is left was not yet, or is to come. */
export function partsOf({ due_us, kept_us, off_us }: Share, day: Day): Part[] {
  const length = day.to_us - day.from_us;
  const seen = (us: number): number => (us < SECOND ? 0 : Math.max(LEAST, us / length));
  const missing = seen(due_us - kept_us);
  const off = seen(off_us);
  const kept = Math.min(seen(kept_us), Math.max(0, 1 - missing - off));
  const parts: Part[] = [
    { kind: "kept", from: 0, to: kept },
    { kind: "missing", from: kept, to: Math.min(1, kept + missing) },
    { kind: "off", from: Math.min(1, kept + missing), to: Math.min(1, kept + missing + off) },
  ];
  return parts.filter((part) => part.to > part.from);
}

export type Kind = "view" | "original";

export interface ListedGap extends Gap {
  kinds: Kind[];
}

// The view is 0.8 s late and both begin with a keyframe: what failed once is told once.
const SAME = 15 * SECOND;

/** Gaps of both kinds, newest first; one that both have is one. */
export function listed(view: readonly Gap[], original: readonly Gap[]): ListedGap[] {
  const found: ListedGap[] = view.map((gap) => ({ ...gap, kinds: ["view"] }));
  for (const gap of original) {
    const same = found.find((other) => other.kinds[0] === "view" && other.kinds.length === 1 && alike(other, gap));
    if (same) same.kinds = ["view", "original"];
    else found.push({ ...gap, kinds: ["original"] });
  }
  return found.sort((a, b) => b.from_us - a.from_us);
}

function alike(a: Gap, b: Gap): boolean {
  const near = (one: number, other: number): boolean => Math.abs(one - other) <= SAME;
  const ends = a.to_us === null || b.to_us === null ? a.to_us === b.to_us : near(a.to_us, b.to_us);
  return a.cause === b.cause && near(a.from_us, b.from_us) && ends;
}
