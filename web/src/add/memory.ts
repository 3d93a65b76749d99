/** What is remembered from one added camera to the next, in this page alone, until it is reloaded or somebody signs out. */

import { effect, signal } from "@preact/signals";

import { session } from "../state/server";
import type { FoundCamera } from "../wire";
import type { SignIn } from "./offer";

/** Who answered when the networks were asked last; null before that. */
export const found = signal<FoundCamera[] | null>(null);
/** What the next camera is asked with too, if the person wanted that. */
export const nextSignIn = signal<SignIn | null>(null);

effect(() => {
  if (session.value.kind === "in") return;
  found.value = null;
  nextSignIn.value = null;
});
