/** What the console knows of the server: who is signed in, cameras, health, and whether it answers at all. */

import { signal } from "@preact/signals";

import * as api from "../api";
import type { Camera, ServerHealth } from "../wire";
import { Poll } from "./poll";

export type Session =
  | { kind: "unknown" }
  | { kind: "setup" }
  | { kind: "out"; ended: boolean }
  | { kind: "in"; name: string };

export const session = signal<Session>({ kind: "unknown" });
export const version = signal("");
/** Null until the first answer. */
export const cameras = signal<Camera[] | null>(null);
export const health = signal<ServerHealth | null>(null);
/** True while the server does not answer. */
export const gone = signal(false);

/** Runs a call, keeping `gone` up to date; true if the server answered as hoped. */
export async function reached(call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    gone.value = false;
    return true;
  } catch (error) {
    gone.value = error instanceof api.ServerGone;
    return false;
  }
}

/** `after` where equal content keeps the old value: nothing is drawn again for an answer that says the same. */
export function kept<T>(before: T, after: T): T {
  return JSON.stringify(before) === JSON.stringify(after) ? before : after;
}

/** Cameras of an answer, each the same object as before where nothing changed. */
export function keptCameras(before: Camera[] | null, after: Camera[]): Camera[] {
  const known = new Map(before?.map((camera) => [camera.id, camera]));
  const merged = after.map((camera) => {
    const old = known.get(camera.id);
    return old ? kept(old, camera) : camera;
  });
  const same = before?.length === merged.length && merged.every((camera, i) => camera === before[i]);
  return same ? before : merged;
}

const statePoll = new Poll(() => reached(loadState), 2_000);
const cameraPoll = new Poll(() => reached(loadCameras), 2_000);
const healthPoll = new Poll(() => reached(loadHealth), 5_000);

async function loadState(): Promise<void> {
  const state = await api.getState();
  version.value = state.version;
  if (state.setup_needed) session.value = { kind: "setup" };
  else if (state.account) enter(state.account.name);
  else leave(false);
  statePoll.stop();
}

async function loadCameras(): Promise<void> {
  const answer = await api.getCameras();
  if (session.value.kind === "in") cameras.value = keptCameras(cameras.value, answer);
}

async function loadHealth(): Promise<void> {
  const answer = await api.getHealth();
  if (session.value.kind === "in") health.value = kept(health.value, answer);
}

/** Somebody has signed in: start asking. */
export function enter(name: string): void {
  session.value = { kind: "in", name };
  cameraPoll.start();
  healthPoll.start();
}

/** Nobody is signed in any more: forget what only they may see. */
export function leave(ended: boolean): void {
  cameraPoll.stop();
  healthPoll.stop();
  session.value = { kind: "out", ended };
  cameras.value = null;
  health.value = null;
}

/** Asks for the state of the server until it answers. */
export function start(): void {
  api.onSignedOut(() => {
    if (session.value.kind === "in") leave(true);
  });
  statePoll.start();
}

export const refreshCameras = (): Promise<void> => cameraPoll.now();

/** Tries again at once after the server was gone. */
export function retry(): void {
  if (session.value.kind === "in") {
    void cameraPoll.now();
    void healthPoll.now();
  } else void statePoll.now();
}

export function cameraById(id: number): Camera | undefined {
  return cameras.value?.find((camera) => camera.id === id);
}
