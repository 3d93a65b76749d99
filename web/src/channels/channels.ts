/** Channels as somebody fills them in, and as they are sent; what the server says of them, beside its field. Pure. */

import { clockTime } from "../time/format";
import type { Alert, Channel, ChannelChange, ChannelKind, ChannelSettings, NewChannel } from "../wire";
import { sentence } from "../words";
import type { Tone } from "../alerts/alerts";

export const KINDS: Record<ChannelKind, { title: string; detail: string }> = {
  webhook: { title: "Webhook", detail: "Alerts are posted to an address of yours, each signed with a key." },
  mqtt: { title: "MQTT", detail: "Alerts are published at a broker; Home Assistant finds them by itself." },
  service: {
    title: "E-mail, chat or SMS",
    detail: "Through a service's address, written as Apprise has it: mailtos:// for e-mail, ntfys://, tgram:// and many more.",
  },
  push: { title: "Browser push", detail: "Alerts come to a browser, the console closed." },
};

/** Kinds that can be added here: a browser is not let receive alerts by filling in a form. */
export const OFFERED: ChannelKind[] = ["webhook", "mqtt", "service"];

export interface Draft {
  name: string;
  kind: ChannelKind;
  url: string;
  host: string;
  port: string;
  tls: boolean;
  username: string;
  topic: string;
  discovery: string;
  /** Password, key or a service's whole address: entered, never told. */
  secret: string;
}

export type DraftField = Exclude<keyof Draft, "kind" | "tls">;

export const newDraft = (kind: ChannelKind): Draft => ({
  name: "",
  kind,
  url: "",
  host: "",
  port: "1883",
  tls: false,
  username: "",
  topic: "watchglass",
  discovery: "homeassistant",
  secret: "",
});

/** Without its secret. */
export function draftOf({ name, kind, settings }: Channel): Draft {
  const text = (key: string, otherwise = ""): string => String(settings[key] ?? otherwise);
  return {
    ...newDraft(kind),
    name,
    url: text("url"),
    host: text("host"),
    port: text("port", "1883"),
    tls: settings["tls"] === true,
    username: text("username"),
    topic: text("topic", "watchglass"),
    discovery: text("discovery"),
  };
}

/** How a service's address begins; empty where it begins with nothing of the sort. */
export const schemeOf = (address: string): string => /^([^:/\s]+):\/\//.exec(address.trim())?.[1]?.toLowerCase() ?? "";

function settingsOf(draft: Draft): ChannelSettings {
  switch (draft.kind) {
    case "webhook":
      return { url: draft.url.trim() };
    case "mqtt":
      return {
        host: draft.host.trim(),
        port: Number(draft.port),
        tls: draft.tls,
        username: draft.username.trim(),
        topic: draft.topic.trim(),
        discovery: draft.discovery.trim(),
      };
    case "service":
      return { scheme: schemeOf(draft.secret) };
    case "push":
      return {};
  }
}

export function newChannel(draft: Draft): NewChannel {
  const secret = draft.kind === "mqtt" ? draft.secret : draft.secret.trim();
  // What is compared with how the address begins is written as it is compared.
  const scheme = schemeOf(secret);
  const whole = draft.kind === "service" && scheme !== "" ? scheme + secret.slice(scheme.length) : secret;
  return { name: draft.name.trim(), kind: draft.kind, settings: settingsOf(draft), ...(whole === "" ? {} : { secret: whole }) };
}

/** What is another way than it was; nothing else, for other settings ask for the secret again. */
export function changeOf(before: Channel, draft: Draft): ChannelChange {
  const { name, settings, secret } = newChannel(draft);
  const change: ChannelChange = name === before.name ? {} : { name };
  const kept = draft.kind === "push" || (draft.kind === "service" && secret === undefined);
  const same = Object.entries(settings).every(([key, value]) => before.settings[key] === value);
  if (!kept && !same) change.settings = settings;
  // Without a user there is no password: that of the one before is taken away.
  const leaves = draft.kind === "mqtt" && settings["username"] === "" && before.settings["username"] !== "";
  if (secret !== undefined) change.secret = secret;
  else if (leaves) change.secret = "";
  return change;
}

/** The first thing that is still to be entered: what the server could not be asked at all. */
export function problemOf(draft: Draft, adding: boolean): { field: DraftField; text: string } | null {
  if (draft.name.trim() === "") return { field: "name", text: "Give the channel a name." };
  if (draft.kind === "mqtt" && !/^\d{1,5}$/.test(draft.port.trim())) {
    return { field: "port", text: "Give a port, a whole number: mostly 1883, or 8883 with TLS." };
  }
  if (draft.kind === "service" && (adding || draft.secret.trim() !== "") && schemeOf(draft.secret) === "") {
    return { field: "secret", text: "Give the whole address. It begins as in mailtos://, ntfys:// or tgram://." };
  }
  return null;
}

const FIELDS: [RegExp, DraftField][] = [
  [/^A channel needs a name|^There is a channel called/, "name"],
  [/^The address of a webhook/, "url"],
  [/name of an MQTT broker/, "host"],
  [/^An MQTT broker's port/, "port"],
  [/^An MQTT user name/, "username"],
  [/user name and a password together|^A channel's secret|signing key is written|enter its password or key again/, "secret"],
  [/^The address of a service|is no kind of service/, "secret"],
];

/** The field that a sentence of the server is about; null: it is about none. */
export function fieldOf(text: string, draft: Draft): DraftField | null {
  if (text.includes("is no topic to begin with")) {
    // It quotes which.
    return draft.discovery.trim() !== "" && text.startsWith(`'${draft.discovery.trim()}'`) ? "discovery" : "topic";
  }
  return FIELDS.find(([about]) => about.test(text))?.[1] ?? null;
}

/** Where alerts go, in a line; never a secret. */
export function whereWords({ kind, settings }: Pick<Channel, "kind" | "settings">): string {
  switch (kind) {
    case "webhook":
      return String(settings["url"] ?? "");
    case "mqtt": {
      const user = settings["username"] ? `, as ${String(settings["username"])}` : "";
      return `${String(settings["host"])}:${String(settings["port"])}${settings["tls"] === true ? " with TLS" : ""}${user}, topic ${String(settings["topic"])}`;
    }
    case "service":
      return `${String(settings["scheme"])}://…`;
    case "push":
      return URL.canParse(String(settings["endpoint"])) ? new URL(String(settings["endpoint"])).host : "";
  }
}

/** What has become of a test alert on the one channel that it went to. `over`: it stays so. */
export function testWords(alert: Pick<Alert, "deliveries">): { tone: Tone; text: string; over: boolean } {
  const delivery = alert.deliveries[0];
  if (!delivery) return { tone: "bad", text: "Nothing was sent: the channel is off.", over: true };
  const cause = sentence(delivery.cause);
  switch (delivery.state) {
    case "sent":
      return { tone: "good", text: `Delivered at ${clockTime(delivery.sent_us ?? 0)}.`, over: true };
    case "undelivered":
      return { tone: "bad", text: `Not delivered. ${cause}`, over: true };
    case "failed":
      return { tone: "bad", text: `Not delivered yet. ${cause}${delivery.next_us === null ? "" : ` Tried again at ${clockTime(delivery.next_us)}.`}`, over: false };
    case "waiting":
      return { tone: "waiting", text: "A test alert is on its way.", over: false };
  }
}
