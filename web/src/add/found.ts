/** Cameras that were found in the networks: which of them have been added, and how an address that was typed is read. */

import type { Camera, FoundCamera } from "../wire";

/** The host in any address, without scheme, user name, port and path. */
export function hostOf(address: string): string {
  const authority = address.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[/?#]/)[0] ?? "";
  const place = authority.slice(authority.lastIndexOf("@") + 1);
  return (/^(\[[^\]]*\]|[^:]*)/.exec(place)?.[0] ?? "").toLowerCase();
}

/** An ONVIF address as people know it: without the path that nearly all have. */
export const shownAddress = (address: string): string => address.replace(/\/onvif\/device_service$/, "");

/** Names of the cameras whose streams come from the host of an ONVIF address. */
export function addedFrom(address: string, cameras: Camera[]): string[] {
  const host = hostOf(address);
  return cameras.filter((camera) => camera.kind === "rtsp" && hostOf(camera.address) === host).map(({ name }) => name);
}

/** Whether a camera has been added, as far as its address tells; null where nothing speaks for it. */
export function addedWords(address: string, cameras: Camera[], found: FoundCamera[]): string | null {
  const names = addedFrom(address, cameras);
  if (names.length === 0) return null;
  // Behind a router, or in a recorder, several cameras have one host: which of them it was, no address tells.
  const host = hostOf(address);
  const alone = found.filter((one) => hostOf(one.address) === host).length <= 1;
  return alone ? `Already added as ${listed(names)}` : `At the same host as ${listed(names)}`;
}

function listed(names: string[]): string {
  if (names.length > 3) return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
  return names.length === 1 ? String(names[0]) : `${names.slice(0, -1).join(", ")} and ${String(names.at(-1))}`;
}

/** What is still to be added first; by name, and by address as people count. */
export function inOrder(found: FoundCamera[], cameras: Camera[]): FoundCamera[] {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const rank = (one: FoundCamera): number => Number(addedFrom(one.address, cameras).length > 0);
  return [...found].sort(
    (a, b) => rank(a) - rank(b) || collator.compare(a.name, b.name) || collator.compare(a.address, b.address),
  );
}

/** "3 cameras answered, 1 of them already added." */
export function foundWords(found: FoundCamera[], cameras: Camera[]): string {
  const added = found.filter((one) => addedFrom(one.address, cameras).length > 0).length;
  const answered = found.length === 1 ? "One camera answered" : `${found.length} cameras answered`;
  if (added === 0) return `${answered}.`;
  return found.length === 1 ? `${answered}, and has been added already.` : `${answered}, ${added} of them already added.`;
}

/** The camera that a person wants to add, and how to sign in where the address said so. */
export interface Chosen {
  address: string;
  name: string;
  model: string;
  username: string;
  password: string;
}

/** What was typed as the address of a camera, or a sentence that says why it is none. */
export function chosenFrom(typed: string): Chosen | string {
  const text = typed.trim();
  if (text === "") return "Enter the camera's address, such as 192.168.1.64.";
  if (/^rtsps?:\/\//i.test(text)) return "This is the address of a stream: enter it further down, by hand.";
  const parts = /^(https?:\/\/)?([^/?#]*)@(.*)$/i.exec(text);
  if (!parts) return { address: text, name: "", model: "", username: "", password: "" };
  const [, scheme = "", user = "", rest = ""] = parts;
  const colon = user.indexOf(":");
  const username = decoded(colon < 0 ? user : user.slice(0, colon));
  return { address: scheme + rest, name: "", model: "", username, password: colon < 0 ? "" : decoded(user.slice(colon + 1)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
