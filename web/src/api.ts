/** The HTTP API, one function a call. Failures are `ApiError` (the server said no) or `ServerGone` (nobody answered). */

import type { Census, KeptCensus } from "./census/wire";
import { noteServerDate } from "./time/clock";
import type {
  Account,
  Alert,
  Alerting,
  AlertPage,
  AllCoverage,
  Camera,
  CameraCoverage,
  CameraChange,
  CameraSource,
  Channel,
  ChannelChange,
  CrossingCount,
  Custodians,
  EventPage,
  EventQuery,
  FoundCamera,
  Hold,
  Judgement,
  LinkedView,
  NewCamera,
  NewChannel,
  NewHold,
  OpenedLink,
  Precision,
  ProbedStream,
  Rule,
  RuleFields,
  SamplePage,
  ServerHealth,
  ServerState,
  Survey,
  SurveyQuestion,
  TimelineSpans,
  Verdict,
} from "./wire";

/** The server refused or failed; `message` is a sentence for the person at the screen. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(sentence);
    this.name = "ApiError";
  }
}

/** No answer from the server: it is stopped, restarting, or the network between is down. */
export class ServerGone extends Error {
  constructor() {
    super("The server does not answer.");
    this.name = "ServerGone";
  }
}

type Listener = () => void;
let whenSignedOut: Listener = () => undefined;

/** Called once with what to do when the session has ended (status 401). */
export function onSignedOut(listener: Listener): void {
  whenSignedOut = listener;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

// What a reverse proxy says while the server behind it is away.
const GONE = new Set([502, 503, 504]);

async function send(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  // Asked for by the server on calls that change something: another site cannot set it.
  if (method !== "GET") headers["X-Watchglass"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ServerGone();
  }
  if (GONE.has(response.status)) throw new ServerGone();
  noteServerDate(response.headers.get("Date"));
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<ApiError> {
  if (response.status === 401) whenSignedOut();
  let sentence = `The server answered with status ${response.status}.`;
  try {
    const said = (await response.json()) as { error?: unknown };
    if (typeof said.error === "string" && said.error !== "") sentence = said.error;
  } catch {
    // Not JSON: the status is all there is to say.
  }
  return new ApiError(response.status, sentence);
}

async function json<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  try {
    return (await response.json()) as T;
  } catch {
    throw new ServerGone();
  }
}

const span = (fromUs: number, toUs: number): string => `from_us=${Math.round(fromUs)}&to_us=${Math.round(toUs)}`;

export const getState = (): Promise<ServerState> => json("GET", "/api/state");

export const setUp = (token: string, name: string, password: string): Promise<{ account: Account }> =>
  json("POST", "/api/setup", { token, name, password });

export const signIn = (name: string, password: string): Promise<{ account: Account }> =>
  json("POST", "/api/session", { name, password });

export async function signOut(): Promise<void> {
  await send("DELETE", "/api/session");
}

export const getCameras = async (): Promise<Camera[]> =>
  (await json<{ cameras: Camera[] }>("GET", "/api/cameras")).cameras;

export const addCamera = (camera: NewCamera): Promise<Camera> => json("POST", "/api/cameras", camera);

export const probe = async (source: CameraSource, signal: AbortSignal): Promise<ProbedStream[]> =>
  (await json<{ streams: ProbedStream[] }>("POST", "/api/cameras/probe", source, signal)).streams;

/** Cameras that answer within `seconds` in the networks that the server is in. */
export const discover = async (seconds: number, signal: AbortSignal): Promise<FoundCamera[]> =>
  (await json<{ cameras: FoundCamera[] }>("POST", "/api/cameras/discover", { seconds }, signal)).cameras;

/** What an ONVIF camera is and offers; never a picture. */
export const survey = (question: SurveyQuestion, signal: AbortSignal): Promise<Survey> =>
  json("POST", "/api/cameras/survey", question, signal);

export async function changeCamera(id: number, change: CameraChange): Promise<void> {
  await send("PATCH", `/api/cameras/${id}`, change);
}

export async function removeCamera(id: number): Promise<void> {
  await send("DELETE", `/api/cameras/${id}`);
}

/** Deletes what was kept of a camera up to now; the camera stays. */
export async function deleteKept(id: number): Promise<void> {
  await send("DELETE", `/api/cameras/${id}/kept`);
}

/** The aiming picture, or null while there is none yet. */
export async function aimPicture(id: number, signal: AbortSignal): Promise<Blob | null> {
  try {
    return await (await send("GET", `/api/cameras/${id}/aim.png`, undefined, signal)).blob();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export const getTimeline = (id: number, fromUs: number, toUs: number, signal: AbortSignal): Promise<TimelineSpans> =>
  json("GET", `/api/cameras/${id}/timeline?${span(fromUs, toUs)}`, undefined, signal);

/** Whose days are told: those of the person at the screen. */
function ourZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone as string | undefined;
  return zone ? `&zone=${encodeURIComponent(zone)}` : "";
}

export const getCoverage = (id: number, fromUs: number, toUs: number, signal: AbortSignal): Promise<CameraCoverage> =>
  json("GET", `/api/cameras/${id}/coverage?${span(fromUs, toUs)}${ourZone()}`, undefined, signal);

export const getAllCoverage = (fromUs: number, toUs: number, signal: AbortSignal): Promise<AllCoverage> =>
  json("GET", `/api/coverage?${span(fromUs, toUs)}${ourZone()}`, undefined, signal);

export const getCustodians = (signal: AbortSignal): Promise<Custodians> =>
  json("GET", "/api/custodians", undefined, signal);

export const getHolds = async (): Promise<Hold[]> => (await json<{ holds: Hold[] }>("GET", "/api/holds")).holds;

export const setHold = (hold: NewHold): Promise<Hold> => json("POST", "/api/holds", hold);

export const extendHold = (id: number, untilUs: number): Promise<Hold> =>
  json("PATCH", `/api/holds/${id}`, { until_us: untilUs });

export const releaseHold = (id: number): Promise<Hold> => json("POST", `/api/holds/${id}/release`);

/** The newest first; those before an alert, where its number is given. */
export const getAlerts = (limit: number, before?: number): Promise<AlertPage> =>
  json("GET", `/api/alerts?limit=${limit}${before === undefined ? "" : `&before=${before}`}`);

export const getAlert = (id: number): Promise<Alert> => json("GET", `/api/alerts/${id}`);
export const takeAlert = (id: number): Promise<Alert> => json("POST", `/api/alerts/${id}/take`);

export const judgeEvent = (event: string, judgement: Judgement): Promise<Verdict> =>
  json("POST", `/api/events/${event}/verdict`, { judgement });

export const getAlerting = (rule: number): Promise<Alerting> => json("GET", `/api/rules/${rule}/alerting`);

/** All of it: what is left out would be as for a new rule. */
export const setAlerting = (rule: number, alerting: Alerting): Promise<Alerting> => json("PUT", `/api/rules/${rule}/alerting`, alerting);

/** Part of it, and the rest as it is now, not as a page that has been open for hours had it. */
export async function changeAlerting(rule: number, change: Partial<Alerting>): Promise<Alerting> {
  return setAlerting(rule, { ...(await getAlerting(rule)), ...change });
}

export const getPrecision = (rule: number, days: number, signal: AbortSignal): Promise<Precision> =>
  json("GET", `/api/rules/${rule}/precision?days=${days}`, undefined, signal);

/** What was drawn below a rule's threshold and waits for a verdict. */
export const getSamples = (rule: number, signal: AbortSignal): Promise<SamplePage> =>
  json("GET", `/api/rules/${rule}/samples`, undefined, signal);

export const getChannels = async (): Promise<Channel[]> => (await json<{ channels: Channel[] }>("GET", "/api/channels")).channels;

/** What a browser must know of us before it lets us send it alerts: 65 bytes in URL-safe base64. */
export const getPushKey = async (): Promise<string> => (await json<{ key: string }>("GET", "/api/channels/push-key")).key;

/** `signing_key` is that of a webhook to which none was given; empty else. */
export const addChannel = (channel: NewChannel): Promise<Channel & { signing_key: string }> => json("POST", "/api/channels", channel);

/** What is left out stays. */
export const changeChannel = (id: number, change: ChannelChange): Promise<Channel> => json("PATCH", `/api/channels/${id}`, change);

export async function removeChannel(id: number): Promise<void> {
  await send("DELETE", `/api/channels/${id}`);
}

/** Sends a test alert; its number. */
export const testChannel = async (id: number): Promise<number> =>
  (await json<{ alert_id: number }>("POST", `/api/channels/${id}/test`)).alert_id;

export const openLink = (token: string): Promise<OpenedLink> => json("POST", "/api/links/open", { token });
export const judgeByLink = (token: string, judgement: Judgement): Promise<{ judgement: Judgement; settled: boolean }> =>
  json("POST", "/api/links/judge", { token, judgement });

/** What there is to be seen of the view around an alert, by the token of its page. In bodies: addresses are logged. */
export const linkedView = (token: string, signal: AbortSignal): Promise<LinkedView> =>
  json("POST", "/api/links/view", { token }, signal);

export const linkedStill = async (token: string, signal: AbortSignal): Promise<Blob> =>
  (await send("POST", "/api/links/still", { token }, signal)).blob();

export const linkedClip = async (token: string, signal: AbortSignal): Promise<Blob> =>
  (await send("POST", "/api/links/clip", { token }, signal)).blob();

export const getRules = async (camera: number): Promise<Rule[]> =>
  (await json<{ rules: Rule[] }>("GET", `/api/cameras/${camera}/rules`)).rules;

export const addRule = (camera: number, rule: RuleFields): Promise<Rule> => json("POST", `/api/cameras/${camera}/rules`, rule);

/** What is left out stays as it is. */
export const changeRule = (id: number, change: Partial<RuleFields & { enabled: boolean }>): Promise<Rule> =>
  json("PATCH", `/api/rules/${id}`, change);

export async function removeRule(id: number): Promise<void> {
  await send("DELETE", `/api/rules/${id}`);
}

export function getEvents(query: EventQuery, signal?: AbortSignal): Promise<EventPage> {
  const asked = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return json("GET", `/api/events?${new URLSearchParams(asked).toString()}`, undefined, signal);
}

/** By hour. */
export const getCounts = async (camera: number, fromUs: number, toUs: number, signal: AbortSignal): Promise<CrossingCount[]> =>
  (await json<{ counts: CrossingCount[] }>("GET", `/api/counts?camera=${camera}&${span(fromUs, toUs)}`, undefined, signal)).counts;

/** By minute, for spreadsheets. */
export const countsUrl = (camera: number, rule: number, fromUs: number, toUs: number): string =>
  `/api/counts.csv?camera=${camera}&rule=${rule}&by=minute&${span(fromUs, toUs)}`;

export const getCensuses = async (signal: AbortSignal): Promise<KeptCensus[]> =>
  (await json<{ censuses: KeptCensus[] }>("GET", "/api/censuses", undefined, signal)).censuses;

export const getCensus = (name: string, signal: AbortSignal): Promise<Census> =>
  json("GET", `/api/censuses/${encodeURIComponent(name)}`, undefined, signal);

export const getHealth = (): Promise<ServerHealth> => json("GET", "/api/health");

export const playlistUrl = (id: number, fromUs: number, toUs: number): string =>
  `/api/cameras/${id}/playlist.m3u8?${span(fromUs, toUs)}`;

export const exportUrl = (id: number, fromUs: number, toUs: number): string =>
  `/api/cameras/${id}/export?${span(fromUs, toUs)}`;

/** The view of a short span, to be shown from memory. */
export const getClip = async (id: number, fromUs: number, toUs: number, signal: AbortSignal): Promise<Blob> =>
  (await send("GET", exportUrl(id, fromUs, toUs), undefined, signal)).blob();

export function liveUrl(id: number): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/api/cameras/${id}/live`;
}
