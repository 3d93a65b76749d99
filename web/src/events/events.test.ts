import { describe, expect, it } from "vitest";

import { HOUR, MINUTE, SECOND } from "../time/units";
import type { Camera, RuleEvent } from "../wire";
import { cameraWords, lengthWords, nameWords, recordingOf, tracksWords, whenWords, withNewest, withOlder } from "./events";
import { eventsAt, marked } from "./marks";

const NOW = new Date(2026, 10, 22, 14).getTime() * 1000;

const event = (start_us: number, change: Partial<RuleEvent> = {}): RuleEvent => ({
  id: String(start_us),
  camera: 1,
  rule: 1,
  rule_name: "Night",
  kind: "intrusion",
  start_us,
  end_us: start_us + 12 * SECOND,
  lasting: false,
  score: 0.75,
  tracks: 2,
  place: "Yard",
  at: null,
  detail: "",
  ...change,
});
const at = (events: readonly RuleEvent[]): number[] => events.map(({ start_us }) => start_us);

describe("the list of events", () => {
  it("takes the newest in, and what changed of those it knows", () => {
    const known = [event(3, { end_us: null }), event(2), event(1)];
    const { events, anew } = withNewest(known, [event(4), event(3), event(2)]);
    expect([at(events), anew, events[1]?.end_us]).toEqual([[4, 3, 2, 1], false, 3 + 12 * SECOND]);
  });

  it("begins anew where some lie between that nobody asked for", () => {
    expect(withNewest([event(2), event(1)], [event(9), event(8)])).toEqual({ events: [event(9), event(8)], anew: true });
    expect(withNewest([], [event(1)])).toEqual({ events: [event(1)], anew: false });
  });

  it("has older ones after it, each once", () => {
    expect(at(withOlder([event(5), event(4)], [event(4), event(3)]))).toEqual([5, 4, 3]);
  });
});

describe("the timeline", () => {
  it("names what rules saw at a moment, and near it", () => {
    const marks = [event(NOW - MINUTE), event(NOW - MINUTE), event(NOW - 30 * SECOND, { rule_name: "Gate", end_us: null })].map(marked);
    const at = (us: number): string => eventsAt(marks, us, NOW, 10 * MINUTE);
    expect(at(NOW - MINUTE - 2 * SECOND)).toBe("Events: Night.");
    expect(at(NOW - 5 * SECOND)).toBe("Event: Gate.");
    expect(at(NOW - 10 * MINUTE)).toBe("");
    const many = ["A", "B", "C", "D"].map((rule_name) => marked(event(NOW, { rule_name })));
    expect(eventsAt(many, NOW, NOW, MINUTE)).toBe("Events: A, B, C and more.");
  });
});

describe("an event", () => {
  it("says when, how long and how many", () => {
    expect(whenWords(event(NOW - 2 * MINUTE), NOW)).toBe("13:58:00");
    expect(whenWords(event(NOW - 30 * HOUR), NOW)).toMatch(/21.*, 08:00:00$/);
    expect(lengthWords(event(NOW), NOW)).toBe("12 sec long");
    expect(lengthWords(event(NOW, { end_us: NOW }), NOW)).toBe("");
    expect(lengthWords(event(NOW - MINUTE, { end_us: null }), NOW)).toBe("lasting for 1 min");
    expect([0, 1, 2].map((tracks) => tracksWords(event(1, { tracks })))).toEqual(["", "1 track", "2 tracks"]);
  });

  it("outlives its rule, and names what is gone", () => {
    expect(nameWords(event(1, { rule: 7, rule_name: null }))).toBe("Rule 7, which was removed");
    expect(cameraWords(event(1), [])).toBe("Camera 1, which was removed");
  });

  it("leads to the recording where there is one", () => {
    const camera = { id: 1, name: "Gate", kept: { from_us: NOW - HOUR, to_us: NOW } } as Camera;
    expect(recordingOf(event(NOW - MINUTE), [camera])).toBe(`/camera/1?at=${NOW - MINUTE}`);
    expect(recordingOf(event(NOW - HOUR - SECOND), [camera])).toBe(`/camera/1?at=${NOW - HOUR}`);
    expect(recordingOf(event(NOW - 2 * HOUR), [camera])).toBeNull();
    expect(recordingOf(event(NOW - MINUTE), [{ ...camera, kept: null }])).toBeNull();
  });
});
