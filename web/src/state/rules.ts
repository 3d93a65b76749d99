/** Rules of the camera whose page is open, asked for while it is. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import * as api from "../api";
import type { Rule } from "../wire";
import { Poll } from "./poll";
import { kept, reached, session } from "./server";

interface Known {
  camera: number;
  rules: Rule[];
}

/** Null until the first answer. */
export const known = signal<Known | null>(null);
/** True while asking for them fails. */
export const rulesFailed = signal(false);

let camera = 0;
// An answer that was under way while somebody here changed a rule tells of the time before.
let changes = 0;

async function load(): Promise<void> {
  let before: number;
  do {
    before = changes;
    const of = camera;
    const rules = await api.getRules(of);
    if (session.value.kind === "in" && before === changes && of === camera) known.value = kept(known.value, { camera: of, rules });
  } while (before !== changes);
}

const poll = new Poll(async () => {
  const well = await reached(load);
  rulesFailed.value = !well;
  return well;
}, 5_000);

session.subscribe((who) => {
  // Nobody is signed in any more: forget what only they may see.
  if (who.kind !== "in") known.value = null;
});

/** Keeps the rules of a camera up to date while the page is there; null until they are known. */
export function useRules(id: number): Rule[] | null {
  useEffect(() => {
    camera = id;
    poll.start();
    return () => poll.stop();
  }, [id]);
  return known.value?.camera === id ? known.value.rules : null;
}

/** Somebody here changed the rules of a camera: shown at once, and asked for anew. */
export function noteRules(of: number, changed: (rules: Rule[]) => Rule[]): void {
  changes += 1;
  if (known.value?.camera === of) known.value = { camera: of, rules: changed(known.value.rules) };
  void poll.now();
}

/** The list with this rule in its place; a new one comes last, as the server has it. */
export function withRule(list: readonly Rule[], rule: Rule): Rule[] {
  const there = list.some(({ id }) => id === rule.id);
  return there ? list.map((one) => (one.id === rule.id ? rule : one)) : [...list, rule];
}
