/** The server's clock as far as a browser can know it: its own clock, corrected where the two clearly disagree. */

import { MS, SECOND } from "./units";

let offsetUs = 0;

/** How far the server's clock is ahead of ours, from the `Date` header (whole seconds); 0 where they agree within 2 s. */
export function clockOffset(serverDate: string, browserMs: number): number {
  const serverMs = Date.parse(serverDate);
  if (Number.isNaN(serverMs)) return 0;
  // The header is cut to whole seconds, so on average the server is half a second further.
  const aheadUs = (serverMs + 500 - browserMs) * MS;
  return Math.abs(aheadUs) <= 2 * SECOND ? 0 : aheadUs;
}

export function noteServerDate(serverDate: string | null): void {
  if (serverDate !== null) offsetUs = clockOffset(serverDate, Date.now());
}

/** Wall time now, by the server's clock. */
export function nowUs(): number {
  return Date.now() * MS + offsetUs;
}
