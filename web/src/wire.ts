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
  /** Kept with the original alone, sealed. */
  sound: boolean;
  enabled: boolean;
  /** When it is off on purpose, as text; null: never. */
  privacy_hours: string | null;
  /** Whether it is in them now. */
  resting: boolean;
  /** When they are over; null: it does not rest, or has no end. */
  resting_until_us: number | null;
  has_credentials: boolean;
  health: { main: Health; sub?: Health };
  view: ViewStatus;
  /** Of a camera that keeps counts only; null while nothing can be said. */
  counts: Counts | null;
  kept: Span | null;
  original: Original;
}

/** Whether the camera's own video is being kept, sealed. `off`: it is not to be kept. */
export interface Original {
  state: "kept" | "waiting" | "missing" | "off";
  reason: string;
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
  /** Empty: none any more. */
  privacy_hours?: string;
  policy?: ViewPolicy;
  sound?: boolean;
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

/** A camera that answered when the networks were asked. What it calls itself is its own word. */
export interface FoundCamera {
  address: string;
  name: string;
  model: string;
  scopes: string[];
}

/** A stream that a camera offers; `role` null: it is not proposed. `withheld`: its address holds a password, and is not told. */
export interface OfferedStream {
  role: StreamRole | null;
  name: string;
  codec: string;
  width: number;
  height: number;
  rate: number;
  address: string | null;
  withheld: boolean;
}

/** What is to be mended in the camera's own settings, and how. */
export interface SurveyWarning {
  about: string;
  sentence: string;
}

/** What a camera says of itself. `presets` null: it cannot be turned. `clock_offset_s`: its clock minus the server's. */
export interface Survey {
  address: string;
  manufacturer: string;
  model: string;
  firmware: string;
  profiles: OfferedStream[];
  presets: string[] | null;
  clock_offset_s: number | null;
  warnings: SurveyWarning[];
}

/** Whom to ask over ONVIF, and as whom. */
export interface SurveyQuestion {
  onvif: string;
  username?: string;
  password?: string;
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

/** Of sealed originals. Both empty where none was ever kept. */
export interface OriginalSpans {
  kept: Span[];
  gaps: Gap[];
}

export interface TimelineSpans {
  kept: Span[];
  gaps: Gap[];
  covered: CoveredSpan[];
  originals: OriginalSpans;
}

/** A local day; 23 to 25 hours. */
export interface Day {
  date: string;
  from_us: number;
  to_us: number;
}

/** Of a day: what should have been kept, what of it was, and what was off on purpose. Ratio null: nothing was due. */
export interface Share {
  due_us: number;
  kept_us: number;
  off_us: number;
  ratio: number | null;
}

/** A share for each day. */
export interface Shares {
  view: Share[];
  original: Share[];
}

export interface CameraCoverage extends Shares {
  zone: string;
  days: Day[];
  view_gaps: Gap[];
  original_gaps: Gap[];
}

export interface AllCoverage {
  zone: string;
  days: Day[];
  cameras: (Shares & { id: number })[];
}

/** `left_us` is null for who is a custodian now. */
export interface Custodian {
  name: string;
  fingerprint: string;
  added_us: number;
  left_us: number | null;
}

export interface Custodians {
  needed: number;
  /** Whether there are as many: else no original is kept. */
  keeps: boolean;
  summary: string;
  custodians: Custodian[];
}

/** An order that footage from `from_us` to `to_us`, which may lie ahead, is kept until `until_us`. `camera_id` null: of all. */
export interface Hold {
  id: number;
  camera_id: number | null;
  from_us: number;
  to_us: number;
  until_us: number;
  reason: string;
  owner: string;
  set_us: number;
  state: "active" | "lapsed" | "released";
  released_us: number | null;
  released_by: string | null;
}

export type NewHold = Pick<Hold, "camera_id" | "from_us" | "to_us" | "until_us" | "reason">;

export interface ProcessHealth {
  name: string;
  state: string;
  restarts: number;
  since_us: number;
}

/** `synchronised` null: unknown. `error_us`: how wrong it may be at most, while a time server keeps it. */
export interface MachineClock {
  synchronised: boolean | null;
  error_us: number | null;
  steps: { at_us: number; by_us: number }[];
  /** What clocks of cameras gain in a day, of those of which it is known. */
  cameras: { camera: number; gain_us: number }[];
}

export type Judgement = "right" | "wrong" | "unclear";

/** What a link in a message opens. `token` lets say what the alert was, `look_token` see the view; `judgement` null: nobody has yet. */
export interface OpenedLink {
  rule: string;
  kind: string;
  camera: string;
  place: string;
  score: number;
  start_us: number;
  end_us: number | null;
  detail: string;
  test: boolean;
  judgement: Judgement | null;
  settled: boolean;
  token: string;
  look_token: string;
}

/** What there is of the view around an alert; null where nothing is kept yet. `whole`: nothing more will come. */
export interface LinkedView {
  at_us: number;
  still: boolean;
  from_us: number | null;
  to_us: number | null;
  whole: boolean;
  covered: string | null;
}

export interface FurtherDisk {
  folder: string;
  state: "ok" | "read-only" | "missing" | "foreign";
  /** Null while it cannot be read. */
  free_bytes: number | null;
}

export interface ServerHealth {
  processes: ProcessHealth[];
  disk: { free_bytes: number; kept_bytes: number; floor_bytes: number };
  /** Further disks for footage; none as a rule. */
  disks: FurtherDisk[];
  protection: Protection;
  clock: MachineClock;
  notes: string[];
}

export type RuleKind =
  | "intrusion"
  | "line crossing"
  | "loitering"
  | "crowding"
  | "occupancy"
  | "wrong way"
  | "stopped vehicle"
  | "queue"
  | "speed"
  | "thing left behind"
  | "thing taken away"
  | "person lying down"
  | "camera covered or moved";
export type Direction = "forward" | "backward";
export type ObjectClass =
  | "person"
  | "bicycle"
  | "motorcycle"
  | "car"
  | "bus"
  | "truck"
  | "vehicle"
  | "animal"
  | "bag"
  | "thing"
  | "moving thing";

/** x and y in 0..1 of the picture, y down. */
export type Pair = [number, number];

export interface Zone {
  name: string;
  corners: Pair[];
}

/** Forward is from its left to its right, seen from the first point to the second. */
export interface Tripwire {
  name: string;
  first: Pair;
  second: Pair;
}

/** Four points of the picture, and where they are on the ground, in metres from any point. */
export interface Calibration {
  image: Pair[];
  ground: Pair[];
}

/** What somebody sets of a rule; null is what it has not. */
export interface RuleFields {
  name: string;
  kind: RuleKind;
  zone: Zone | null;
  tripwire: Tripwire | null;
  /** Which way makes events; null: both. */
  direction: Direction | null;
  classes: ObjectClass[] | null;
  threshold: number;
  hours: string | null;
  seconds: number | null;
  count: number | null;
  kmh: number | null;
  calibration: Calibration | null;
  armed: boolean;
}

export interface Rule extends RuleFields {
  id: number;
  camera: number;
  classes: ObjectClass[];
  enabled: boolean;
}

/** One instance of a rule met. `end_us` null: it lasts. `rule_name` null: the rule is gone. */
export interface RuleEvent {
  id: string;
  camera: number;
  rule: number;
  rule_name: string | null;
  kind: RuleKind;
  start_us: number;
  end_us: number | null;
  lasting: boolean;
  score: number;
  tracks: number;
  place: string;
  at: Pair | null;
  detail: string;
}

/** `older`: what to go on after; null: that is all. */
export interface EventPage {
  events: RuleEvent[];
  older: string | null;
}

export interface EventQuery {
  camera?: number;
  kind?: RuleKind;
  from_us?: number;
  to_us?: number;
  limit?: number;
  after?: string;
}

/** How many of a class went over a rule's tripwire one way. */
export interface CrossingCount {
  camera: number;
  rule: number;
  place: string;
  class: ObjectClass;
  direction: Direction;
  from_us: number;
  to_us: number;
  count: number;
}

export type DeliveryState = "waiting" | "sent" | "failed" | "undelivered";

/** What has become of an alert on one channel. `next_us` null: it is not tried again. `cause`: why it failed, in a sentence. */
export interface Delivery {
  channel_id: number;
  step: "first" | "escalation";
  state: DeliveryState;
  attempts: number;
  next_us: number | null;
  sent_us: number | null;
  cause: string;
}

export interface Verdict {
  judgement: Judgement;
  by: string;
  at_us: number;
}

/** `events` have joined it, the newest at `last_us`. `muted`: why nobody was told but on the console. */
export interface Alert {
  id: number;
  event_id: string;
  rule_id: number;
  rule: string;
  kind: RuleKind;
  camera_id: number;
  camera: string;
  place: string;
  score: number;
  tracks: number;
  detail: string;
  start_us: number;
  end_us: number | null;
  last_us: number;
  events: number;
  muted: "" | "quiet hours" | "snoozed";
  escalates_us: number | null;
  taken_us: number | null;
  taken_by: string;
  test: boolean;
  verdict: Verdict | null;
  deliveries: Delivery[];
}

/** `untaken`: how many nobody has taken. `revision` rises with every change of any alert. */
export interface AlertPage {
  alerts: Alert[];
  untaken: number;
  revision: number;
}

export type Arming = "hours" | "on" | "off";

/** What becomes of a rule's events. Hours as text, empty: none are set. */
export interface Alerting {
  channels: number[];
  arming: Arming;
  hours: string;
  quiet: string;
  snoozed_until_us: number | null;
  group_seconds: number;
  escalate_minutes: number | null;
  escalation: number[];
  threshold: number;
  sample_share: number;
}

/** What was drawn below the threshold and waits for a verdict, the earliest first. `left`: how many there are in all. */
export interface SamplePage {
  events: RuleEvent[];
  left: number;
}

/** At this threshold there would have been so many alerts. `right` null: too little is known. */
export interface CurvePoint {
  threshold: number;
  alerts: number;
  judged: number;
  right: number | null;
  at_least: number;
  at_most: number;
  estimated: boolean;
}

/** How often a rule was right. `because`: why another threshold is suggested. */
export interface Precision {
  right: number;
  wrong: number;
  unclear: number;
  share: number | null;
  at_least: number;
  at_most: number;
  alerts_a_day: number;
  /** How many events made no alert, for their score was too low. */
  below: number;
  threshold: number;
  curve: CurvePoint[];
  suggested: number | null;
  because: string;
}

export type ChannelKind = "webhook" | "mqtt" | "service" | "push";
export type ChannelSettings = Record<string, string | number | boolean>;

/** A way by which alerts reach people, without its secret. `trouble`: what is wrong with it at the moment. */
export interface Channel {
  id: number;
  name: string;
  kind: ChannelKind;
  settings: ChannelSettings;
  enabled: boolean;
  trouble: string;
}

export interface NewChannel {
  name: string;
  kind: ChannelKind;
  settings: ChannelSettings;
  secret?: string;
  /** False: it is kept without a test having arrived. */
  tried?: boolean;
}

export type ChannelChange = Partial<Pick<Channel, "name" | "settings" | "enabled">> & { secret?: string; tried?: boolean };
