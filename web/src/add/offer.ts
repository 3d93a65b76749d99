/** What an ONVIF camera offers, in words, and what of it is taken. */

import { duration } from "../time/format";
import { SECOND } from "../time/units";
import type { Camera, CameraSource, OfferedStream, StreamRole, Survey, SurveyQuestion } from "../wire";

const RECORDED = new Set(["h264", "hevc"]);
const WATCHED = new Set([...RECORDED, "mjpeg", "mpeg4"]);
const CLOCK_SECONDS = 2; // from here on the server warns

/** How somebody signs in at a camera. Both may be empty. */
export interface SignIn {
  username: string;
  password: string;
}

const given = ({ username, password }: SignIn): Partial<SignIn> => ({
  ...(username === "" ? {} : { username }),
  ...(password === "" ? {} : { password }),
});

export const questionOf = (address: string, signIn: SignIn): SurveyQuestion => ({ onvif: address, ...given(signIn) });

/** "Acme Dome 7", or what there is of it. */
export const titleOf = (manufacturer: string, model: string): string =>
  [manufacturer, model].filter((part) => part !== "").join(" ");

/** How far its clock is off, in words; a difference that nobody needs to mend is none. */
export function clockWords(offset: number | null): string {
  if (offset === null) return "It does not tell the time";
  if (Math.abs(offset) <= CLOCK_SECONDS) return "Right";
  return `${duration(Math.round(Math.abs(offset)) * SECOND)} ${offset > 0 ? "ahead" : "behind"}`;
}

export function turnWords(presets: string[] | null): string {
  if (presets === null) return "Cannot be turned";
  if (presets.length === 0) return "Can be turned, no presets";
  return `Can be turned, ${presets.length === 1 ? "1 preset" : `${presets.length} presets`}`;
}

/** Which of the offered streams are taken, by their place in the list; `sub` null: the main stream is watched as well. */
export interface Choice {
  main: number | null;
  sub: number | null;
}

/** Why a stream cannot be taken for this; null if it can. */
export function hindrance(stream: OfferedStream, role: StreamRole): string | null {
  if (stream.withheld) return "Its address holds a password, which the console does not show.";
  if (stream.address === null) return "The camera gives no RTSP address for it.";
  if (role === "main") return RECORDED.has(stream.codec) ? null : "Only H.264 and H.265 can be recorded.";
  return WATCHED.has(stream.codec) ? null : "It cannot be decoded.";
}

/** Whether a stream may be taken for this, beside what is taken already. */
export function canBe(streams: OfferedStream[], choice: Choice, role: StreamRole, index: number): boolean {
  const stream = streams[index];
  if (!stream || hindrance(stream, role) !== null) return false;
  const main = choice.main === null ? undefined : streams[choice.main];
  return role === "main" || main?.address !== stream.address;
}

/** What the server proposes, as far as it can be had. */
export function proposed(streams: OfferedStream[]): Choice {
  const place = (role: StreamRole): number | null => {
    const index = streams.findIndex((stream) => stream.role === role && hindrance(stream, role) === null);
    return index < 0 ? null : index;
  };
  const choice = { main: place("main"), sub: null };
  return choice.main === null ? choice : { ...choice, sub: place("sub") };
}

/** The choice after another stream was taken. What was watched is given up if it is recorded now. */
export function taken(streams: OfferedStream[], choice: Choice, role: StreamRole, index: number | null): Choice {
  if (role === "sub") return { ...choice, sub: index };
  const next = { main: index, sub: choice.sub };
  return next.sub !== null && !canBe(streams, next, "sub", next.sub) ? { ...next, sub: null } : next;
}

/** What the camera is added with, or null while nothing can be recorded. */
export function offeredSource(streams: OfferedStream[], choice: Choice, signIn: SignIn): CameraSource | null {
  const url = choice.main === null ? null : streams[choice.main]?.address;
  if (!url) return null;
  const sub = choice.sub === null ? null : streams[choice.sub]?.address;
  return { url, transport: "tcp", ...(sub ? { sub_url: sub } : {}), ...given(signIn) };
}

/** What the camera calls itself, where a person has called it so: not its maker or model, not another camera's name. */
export function nameFrom(own: string, { manufacturer, model }: Survey, cameras: Camera[]): string {
  const name = own.trim().toLowerCase();
  const made = [manufacturer, model].some((word) => word !== "" && name.includes(word.toLowerCase()));
  return made || cameras.some((camera) => camera.name.toLowerCase() === name) ? "" : own.trim();
}

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w.:/@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The command that gives a camera that was added a password which nobody sees. */
export const passwordCommand = (name: string, address: string): string =>
  `watchglass camera credentials ${quoted(name)} --set-password --onvif ${quoted(address)}`;

/** The command that adds a camera whose addresses are not told here. */
export const addCommand = (name: string, address: string, username: string): string =>
  `watchglass camera add ${quoted(name)} --onvif ${quoted(address)}${username === "" ? "" : ` --user ${quoted(username)}`}`;
