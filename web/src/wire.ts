/** What the server says, exactly as it says it. Times are integers, microseconds since 1970 UTC (`*_us`). */

export type SourceKind = "rtsp" | "file" | "usb";
export type Transport = "tcp" | "udp";
export type StreamRole = "main" | "sub";
export type HealthState = "starting" | "up" | "degraded" | "down" | "off";
export type ViewState = "waiting" | "learning" | "shown" | "covered" | "paused";
export type Protection = "full" | "reduced";
export type ViewPolicy = "people-and-things" | "vehicles" | "counts-only";
export type GapCause = "camera" | "network" | "disk" | "us" | "off";

export interface Account {
  name: string;
}

export interface ServerState {
  setup_needed: boolean;
  account: Account | null;
  version: string;
}

/** Health of one stream. `cause` is a sentence, empty while the stream is up. */
export interface Health {
  state: HealthState;
  since_us: number;
  cause: string;
}

/** What a viewer of the camera sees now. `progress` (0..1) is how much of the plate is learnt. */
export interface ViewStatus {
  state: ViewState;
  since_us: number;
  reason: string;
  progress: number;
  protection: Protection;
  width: number;
  height: number;
}

/** How many are in sight at the moment. Null: the detector at work does not look for these. */
export interface Counts {
  people: number;
  vehicles: number | null;
  animals: number | null;
  things: number | null;
}

export interface Span {
  from_us: number;
  to_us: number;
}

export interface Camera {
  id: number;
  name: string;
  kind: SourceKind;
  address: string;
  sub_address: string | null;
  transport: Transport;
  policy: ViewPolicy;
  enabled: boolean;
  has_credentials: boolean;
  health: { main: Health; sub?: Health };
  view: ViewStatus;
  /** Of a camera that keeps counts only; null while nothing can be said. */
  counts: Counts | null;
  kept: Span | null;
}

/** What a person enters to describe a camera. */
export interface CameraSource {
  url: string;
  sub_url?: string;
  username?: string;
  password?: string;
  transport?: Transport;
}

export interface NewCamera extends CameraSource {
  name: string;
  policy: ViewPolicy;
}

/** What is left out stays as it is. An empty user name takes away user name and password. */
export interface CameraChange {
  name?: string;
  enabled?: boolean;
  policy?: ViewPolicy;
  username?: string;
  password?: string;
}

export interface ProbedStream {
  role: StreamRole;
  codec: string;
  width: number;
  height: number;
  rate: number;
}

/** `to_us` is null while the gap lasts. */
export interface Gap {
  from_us: number;
  to_us: number | null;
  cause: GapCause;
  detail: string;
}

/** `to_us` is null while the view is covered. */
export interface CoveredSpan {
  from_us: number;
  to_us: number | null;
  reason: string;
}

export interface TimelineSpans {
  kept: Span[];
  gaps: Gap[];
  covered: CoveredSpan[];
}

export interface ProcessHealth {
  name: string;
  state: string;
  restarts: number;
  since_us: number;
}

export interface ServerHealth {
  processes: ProcessHealth[];
  disk: { free_bytes: number; kept_bytes: number; floor_bytes: number };
  protection: Protection;
  notes: string[];
}
