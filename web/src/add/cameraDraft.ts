/** What a person has typed about a camera, and what of it is sent. */

import type { CameraChange, CameraSource, Transport, ViewPolicy } from "../wire";
import { kindOf } from "../words";

export interface CameraDraft {
  name: string;
  url: string;
  subUrl: string;
  username: string;
  password: string;
  transport: Transport;
  policy: ViewPolicy;
}

export const BLANK: CameraDraft = {
  name: "",
  url: "",
  subUrl: "",
  username: "",
  password: "",
  transport: "tcp",
  policy: "people-and-things",
};

/** Only what applies: a file or a USB camera has no substream, no password and no transport. */
export function sourceOf(draft: CameraDraft): CameraSource {
  const url = draft.url.trim();
  const kind = kindOf(url);
  if (kind === "file" || kind === "usb") return { url };
  return {
    url,
    transport: draft.transport,
    ...(draft.subUrl.trim() === "" ? {} : { sub_url: draft.subUrl.trim() }),
    ...(draft.username === "" ? {} : { username: draft.username }),
    ...(draft.password === "" ? {} : { password: draft.password }),
  };
}

/** A camera's new password, and with it a user name where one was typed; null while there is nothing to send. */
export function credentialsOf(username: string, password: string): CameraChange | null {
  if (username.trim() !== "") return { username: username.trim(), password };
  return password === "" ? null : { password };
}
