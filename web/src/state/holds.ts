/** Holds as the server has them, asked for while a page shows them. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import * as api from "../api";
import type { Hold } from "../wire";
import { Poll } from "./poll";
import { kept, reached, session } from "./server";

/** Every hold that ever was; null until the first answer. */
export const holds = signal<Hold[] | null>(null);
/** True while asking for them fails. */
export const holdsFailed = signal(false);

// An answer that was under way while somebody here changed a hold tells of the time before.
let changes = 0;

async function loadHolds(): Promise<void> {
  const before = changes;
  const answer = await api.getHolds();
  if (session.value.kind === "in" && before === changes) holds.value = kept(holds.value, answer);
}

const poll = new Poll(async () => {
  const well = await reached(loadHolds);
  holdsFailed.value = !well;
  return well;
}, 10_000);

session.subscribe((who) => {
  // Nobody is signed in any more: forget what only they may see.
  if (who.kind !== "in") holds.value = null;
});

/** Keeps `holds` up to date while the page is there. */
export function useHolds(): void {
  useEffect(() => {
    poll.start();
    return () => poll.stop();
  }, []);
}

/** A hold as the server has just answered it: shown at once. */
export function noteHold(hold: Hold): void {
  changes += 1;
  holds.value = withHold(holds.value ?? [], hold);
}

/** The list with this hold in its place; a new one comes first, as the server has it. */
export function withHold(list: readonly Hold[], hold: Hold): Hold[] {
  const known = list.some(({ id }) => id === hold.id);
  return known ? list.map((one) => (one.id === hold.id ? hold : one)) : [hold, ...list];
}
