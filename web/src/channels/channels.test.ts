import { describe, expect, it } from "vitest";

import type { Channel, Delivery } from "../wire";
import { changeOf, draftOf, fieldOf, newChannel, newDraft, problemOf, schemeOf, testWords, whereWords, type Draft } from "./channels";

const hook: Channel = { id: 1, name: "Desk", kind: "webhook", settings: { url: "https://desk.example.org/hook" }, enabled: true, trouble: "" };
const mail: Channel = { id: 2, name: "Mail", kind: "service", settings: { scheme: "mailtos" }, enabled: true, trouble: "" };
const broker: Channel = {
  id: 3,
  name: "House",
  kind: "mqtt",
  settings: { host: "broker.lan", port: 8883, tls: true, username: "ann", topic: "watchglass", discovery: "" },
  enabled: true,
  trouble: "",
};
const filled = (change: Partial<Draft>, kind: Draft["kind"] = "webhook"): Draft => ({ ...newDraft(kind), name: "Desk", ...change });

describe("a channel that is sent", () => {
  it("has what is of its kind and nothing else", () => {
    expect(newChannel(filled({ name: " Desk ", url: " https://a.example ", host: "left over" }))).toEqual({
      name: "Desk",
      kind: "webhook",
      settings: { url: "https://a.example" },
    });
    expect(newChannel(filled({ host: "broker.lan", username: "ann", secret: " pass " }, "mqtt"))).toEqual({
      name: "Desk",
      kind: "mqtt",
      settings: { host: "broker.lan", port: 1883, tls: false, username: "ann", topic: "watchglass", discovery: "homeassistant" },
      secret: " pass ",
    });
    expect(newChannel(filled({ secret: " MailTos://ann:Pass@mail.example " }, "service"))).toEqual({
      name: "Desk",
      kind: "service",
      settings: { scheme: "mailtos" },
      secret: "mailtos://ann:Pass@mail.example",
    });
  });

  it("says only what has changed", () => {
    expect(changeOf(hook, draftOf(hook))).toEqual({});
    expect(changeOf(hook, { ...draftOf(hook), name: "Office" })).toEqual({ name: "Office" });
    expect(changeOf(hook, { ...draftOf(hook), url: "https://b.example", secret: "whsec_x" })).toEqual({
      settings: { url: "https://b.example" },
      secret: "whsec_x",
    });
    expect(changeOf(mail, { ...draftOf(mail), name: "Post" })).toEqual({ name: "Post" });
    expect(changeOf(mail, { ...draftOf(mail), secret: "ntfys://topic" })).toEqual({ settings: { scheme: "ntfys" }, secret: "ntfys://topic" });
    expect(changeOf(broker, draftOf(broker))).toEqual({});
  });

  it("takes the password away with the user", () => {
    const change = changeOf(broker, { ...draftOf(broker), username: "" });
    expect([change.secret, change.settings?.["username"]]).toEqual(["", ""]);
  });
});

describe("what is wrong", () => {
  it("is said before the server could be asked", () => {
    expect(problemOf(filled({ name: " " }), true)?.field).toBe("name");
    expect(problemOf(filled({ port: "x" }, "mqtt"), true)?.field).toBe("port");
    expect(problemOf(filled({ secret: "mail.example" }, "service"), true)?.field).toBe("secret");
    expect(problemOf(filled({ secret: "" }, "service"), false)).toBeNull();
    expect(problemOf(filled({ url: "https://a.example" }), true)).toBeNull();
    expect(["tgram://x", "no scheme", "://x", "a b://x"].map(schemeOf)).toEqual(["tgram", "", "", ""]);
  });

  it("stands beside the field that the server speaks of", () => {
    const draft = filled({ topic: "a/#", discovery: "b+" }, "mqtt");
    const said: [string, string | null][] = [
      ["A channel needs a name of 1 to 64 characters that can be printed.", "name"],
      ["There is a channel called 'Desk' already: choose another name.", "name"],
      ["The address of a webhook begins with http://, or https:// and names a host.", "url"],
      ["'mqtt://x' is no name of an MQTT broker: give a host name or an address, without mqtt:// and without a port.", "host"],
      ["An MQTT broker's port is from 1 to 65535, mostly 1883 or 8883 (TLS), not 0.", "port"],
      ["'a/#' is no topic to begin with: leave out + and #, and a slash at either end.", "topic"],
      ["'b+' is no topic to begin with: leave out + and #, and a slash at either end.", "discovery"],
      ["An MQTT user name has at most 64 printable characters.", "username"],
      ["An MQTT broker takes a user name and a password together: give both, or leave out both.", "secret"],
      ["To change a channel's settings, enter its password or key again.", "secret"],
      ["The address of a service begins with its kind, here mailto://: copy the whole of it.", "secret"],
      ["There are 100 channels, which is the most: remove one that is not used.", null],
    ];
    expect(said.map(([text]) => fieldOf(text, draft))).toEqual(said.map(([, field]) => field));
  });
});

describe("a channel in words", () => {
  it("says where alerts go, and no secret", () => {
    expect([hook, mail, broker].map(whereWords)).toEqual([
      "https://desk.example.org/hook",
      "mailtos://…",
      "broker.lan:8883 with TLS, as ann, topic watchglass",
    ]);
    expect(whereWords({ kind: "push", settings: { endpoint: "https://push.example.org/abc/secret" } })).toBe("push.example.org");
  });

  it("says what became of a test", () => {
    const one = (change: Partial<Delivery>): string => {
      const sent_us = new Date(2026, 10, 22, 14).getTime() * 1000;
      const { text, over } = testWords({ deliveries: [{ channel_id: 1, step: "first", state: "sent", attempts: 1, next_us: null, sent_us, cause: "", ...change }] });
      return `${text}${over ? "" : " ..."}`;
    };
    expect(one({})).toBe("Delivered at 14:00:00.");
    expect(one({ state: "waiting" })).toBe("A test alert is on its way. ...");
    expect(one({ state: "failed", cause: "the server answered 500" })).toBe("Not delivered yet. The server answered 500. ...");
    expect(one({ state: "undelivered", cause: "the server answered 404." })).toBe("Not delivered. The server answered 404.");
    expect(testWords({ deliveries: [] }).text).toBe("Nothing was sent: the channel is off.");
  });
});
