/** States in plain English: one place, so that the same thing has the same name on every screen. */

import { bytes, duration, moment, percent } from "./time/format";
import type {
  Camera,
  Counts,
  FurtherDisk,
  GapCause,
  Health,
  HealthState,
  Original,
  ProbedStream,
  Protection,
  ServerHealth,
  ViewPolicy,
  ViewStatus,
} from "./wire";

const HEALTH: Record<HealthState, string> = {
  starting: "Starting",
  up: "Up",
  degraded: "Degraded",
  down: "Down",
  off: "Off",
};

export const healthWord = (state: HealthState): string => HEALTH[state];

/** "Down since 14:03 (12 min)". A state that has just begun has no length yet. */
export function sinceWords(state: string, sinceUs: number, nowUs: number): string {
  const lasted = nowUs - sinceUs;
  const length = lasted >= 60_000_000 ? ` (${duration(Math.floor(lasted / 60_000_000) * 60_000_000)})` : "";
  return `${state} since ${moment(sinceUs, nowUs)}${length}`;
}

const BADNESS: HealthState[] = ["off", "up", "starting", "degraded", "down"];

/** The stream a person should look at first: the worst. */
export function worstHealth(camera: Camera): Health {
  const { main, sub } = camera.health;
  return sub && BADNESS.indexOf(sub.state) > BADNESS.indexOf(main.state) ? sub : main;
}

/** A sentence with its full stop; empty stays empty. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  // The product's own name is written small.
  const begun = trimmed.startsWith("watchglass ") ? trimmed : trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

export interface ViewWords {
  title: string;
  detail: string;
}

/** What stands in for the picture, or null while the view is shown. */
export function viewWords(view: ViewStatus): ViewWords | null {
  switch (view.state) {
    case "shown":
      return null;
    case "waiting":
      return { title: "Waiting for the first frame", detail: sentence(view.reason) };
    case "learning":
      return { title: `Learning the plate, ${percent(view.progress)}`, detail: sentence(view.reason) };
    case "covered":
      return { title: "Covered", detail: sentence(view.reason) };
    case "paused":
      return { title: "Paused", detail: sentence(view.reason) };
  }
}

export interface PolicyWords {
  title: string;
  detail: string;
}

/** What may be seen of a camera, and what each choice keeps. */
export const POLICIES: Record<ViewPolicy, PolicyWords> = {
  "people-and-things": {
    title: "People and things",
    detail: "Everything but the empty scene is drawn as flat shapes. This view is shown and kept.",
  },
  vehicles: {
    title: "Vehicles visible",
    detail:
      "Vehicles are drawn coarsely, too coarse for a number plate, with the inside filled; all else as flat shapes. " +
      "This view is shown and kept.",
  },
  "counts-only": {
    title: "Counts only",
    detail:
      "No picture is shown or kept, only how many people, vehicles, animals and things are in sight at the moment.",
  },
};

export const hasPictures = (camera: Camera): boolean => camera.policy !== "counts-only";

/** What stands in for the numbers of a camera that keeps counts only, or null while there are numbers. */
export function countsStandin({ view, counts }: Camera): ViewWords | null {
  if (view.state === "waiting" || view.state === "paused") return viewWords(view);
  if (counts !== null) return null;
  if (view.state === "covered") return { title: "No numbers at the moment", detail: sentence(view.reason) };
  return { title: "Counting begins", detail: "" };
}

const NOUNS: [keyof Counts, string, string][] = [
  ["people", "person", "people"],
  ["vehicles", "vehicle", "vehicles"],
  ["animals", "animal", "animals"],
  ["things", "thing", "things"],
];

/** What stands in for whatever there is to be seen of a camera, or null while it is seen. */
export const standinWords = (camera: Camera): ViewWords | null =>
  hasPictures(camera) ? viewWords(camera.view) : countsStandin(camera);

/** The numbers that are known, people first, each with its noun. */
export function countWords(counts: Counts): { count: number; noun: string }[] {
  return NOUNS.flatMap(([key, one, many]) => {
    const count = counts[key];
    return count === null ? [] : [{ count, noun: count === 1 ? one : many }];
  });
}

/** Why a camera is off on purpose, or null while it is not. */
export function offWords(camera: Camera, nowUs: number): ViewWords | null {
  if (!camera.enabled) return { title: "Switched off", detail: NOTHING };
  if (!camera.resting) return null;
  const until = camera.resting_until_us;
  return { title: "Privacy hours", detail: until === null ? NOTHING : `Until ${moment(until, nowUs)}. ${NOTHING}` };
}

const NOTHING = "Nothing is shown and nothing is kept.";

/** Whether a camera is to send anything now. */
export const isOn = (camera: Camera): boolean => camera.enabled && !camera.resting;

const PROTECTION: Record<Protection, string> = {
  full: "Person model",
  reduced: "Reduced protection: built-in detector",
};

/** What finds people at this camera; null before anything was looked at. */
export function protectionWord(camera: Camera): string | null {
  return isOn(camera) && camera.view.state !== "waiting" ? PROTECTION[camera.view.protection] : null;
}

const GAPS: Record<GapCause, string> = {
  camera: "The camera sent nothing",
  network: "The network failed",
  disk: "The disk could not take it",
  us: "watchglass was not running",
  off: "Nothing was to be kept",
};

export const gapWords = (cause: GapCause): string => GAPS[cause];

/** Whether the camera's own video is kept, sealed. */
export function originalWords({ state, reason, kept }: Original, nowUs: number): string {
  if (state === "kept") return kept ? `Kept, sealed, since ${moment(kept.from_us, nowUs)}` : "Kept, sealed";
  const until = kept ? ` Kept, sealed, from ${moment(kept.from_us, nowUs)} to ${moment(kept.to_us, nowUs)}.` : "";
  const title = { waiting: "Not yet", missing: "Missing", off: "Not kept" }[state];
  return `${title}. ${sentence(reason)}${until}`;
}

/** What a camera's clock gains or loses in a day, in tenths of a second. */
export function gainWords(gainUs: number): string {
  const seconds = Math.round(Math.abs(gainUs) / 100_000) / 10;
  return seconds < 0.5 ? "Runs with this machine's" : `${gainUs > 0 ? "Gains" : "Loses"} ${seconds} s a day`;
}

const CODECS: Record<string, string> = { h264: "H.264", hevc: "H.265", mjpeg: "MJPEG", mpeg4: "MPEG-4" };

/** What is in a stream, as far as it is known: a camera may offer one without telling its codec or size. */
export function streamWords(stream: Omit<ProbedStream, "role">): string {
  const rate = stream.rate > 0 ? `, ${Math.round(stream.rate * 10) / 10} frames a second` : "";
  const size = stream.width > 0 && stream.height > 0 ? `, ${stream.width} × ${stream.height}` : "";
  return `${CODECS[stream.codec] ?? (stream.codec || "Unknown codec")}${size}${rate}`;
}

/** What the address a person typed would be read from. */
export function kindOf(url: string): Camera["kind"] | null {
  const typed = url.trim();
  if (/^rtsps?:\/\//i.test(typed)) return "rtsp";
  if (/^\/dev\/video\d+$/.test(typed)) return "usb";
  if (typed.startsWith("/") || typed.startsWith("~/") || typed.startsWith("./")) return "file";
  return null;
}

export const REDUCED_SHORT = "No person model yet: the built-in detector and the plate carry the protection.";
export const REDUCED_LONG =
  "A person is covered because they differ from the plate, or because the built-in detector finds them. " +
  "More than people may be covered until the person model is there.";
export const REDUCED_COUNTS = "Only people are counted, and less exactly, until the person model is there.";

const DISKS: Record<Exclude<FurtherDisk["state"], "ok">, string> = {
  "read-only": "Can only be read",
  missing: "Missing",
  foreign: "Not a disk of this recorder",
};

/** How a further disk does. */
export function diskWords(disk: FurtherDisk): string {
  if (disk.state !== "ok") return DISKS[disk.state];
  return disk.free_bytes === null ? DISKS.missing : `${bytes(disk.free_bytes)} free`;
}

/** Whether no disk has more free than is always kept free. */
export function isFull({ disk, disks }: Pick<ServerHealth, "disk" | "disks">): boolean {
  const free = [disk.free_bytes, ...disks.filter((one) => one.state === "ok").map((one) => one.free_bytes ?? 0)];
  return free.every((one) => one <= disk.floor_bytes);
}
