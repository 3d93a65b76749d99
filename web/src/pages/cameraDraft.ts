/** What a person has typed about a new camera, and what of it is sent. */

import type { CameraSource, Transport } from "../wire";
import { kindOf } from "../words";

export interface CameraDraft {
  name: string;
  url: string;
  subUrl: string;
  username: string;
  password: string;
  transport: Transport;
}

export const BLANK: CameraDraft = { name: "", url: "", subUrl: "", username: "", password: "", transport: "tcp" };

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
