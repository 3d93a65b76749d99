import { describe, expect, it } from "vitest";

import { clipProblem } from "../camera/clipSpan";
import { DAY, SECOND } from "../time/units";
import type { Camera, ViewStatus } from "../wire";
import {
  countsStandin,
  countWords,
  diskWords,
  gainWords,
  isFull,
  isOn,
  kindOf,
  offWords,
  originalWords,
  protectionWord,
  sentence,
  viewWords,
  worstHealth,
} from "../words";
import { BLANK, credentialsOf, sourceOf } from "../add/cameraDraft";
import { passwordProblem, repeatProblem } from "./password";
import { columnsFor, ratioOf } from "./wallGrid";

describe("what is sent of a new camera", () => {
  const typed = { ...BLANK, url: " rtsp://192.0.2.1/1 ", subUrl: " ", username: "u", password: " p " };

  it("is trimmed, except the password", () => {
    expect(sourceOf(typed)).toEqual({ url: "rtsp://192.0.2.1/1", transport: "tcp", username: "u", password: " p " });
  });

  it("holds no network fields for a file or a USB camera", () => {
    expect(sourceOf({ ...typed, url: "/srv/street.mp4" })).toEqual({ url: "/srv/street.mp4" });
    expect(sourceOf({ ...typed, url: "/dev/video0" })).toEqual({ url: "/dev/video0" });
  });

  it("leaves what it does not know to the server", () => {
    expect(kindOf("http://192.0.2.1")).toBeNull();
    expect(kindOf("RTSPS://192.0.2.1")).toBe("rtsp");
    expect(kindOf("/dev/video0x")).toBe("file");
    expect(sourceOf({ ...BLANK, url: "what" })).toEqual({ url: "what", transport: "tcp" });
  });
});

describe("what is sent of a camera's new password", () => {
  it("is the password alone where the user name stays", () => {
    expect(credentialsOf(" ", " p ")).toEqual({ password: " p " });
  });

  it("is both where a user name was typed, even if it has no password", () => {
    expect(credentialsOf(" u ", "p")).toEqual({ username: "u", password: "p" });
    expect(credentialsOf("u", "")).toEqual({ username: "u", password: "" });
  });

  it("is nothing where nothing was typed: that must not remove what is there", () => {
    expect(credentialsOf("", "")).toBeNull();
  });
});

describe("passwords", () => {
  it("are at least ten characters as people count them", () => {
    expect(passwordProblem("")).toBe("Enter a password.");
    expect(passwordProblem("123456789")).toMatch(/this has 9/);
    expect(passwordProblem("1234567890")).toBeNull();
    expect(passwordProblem("😀😀😀😀😀")).toMatch(/this has 5/);
  });

  it("must be repeated exactly", () => {
    expect(repeatProblem("a", "a")).toBeNull();
    expect(repeatProblem("a", "a ")).not.toBeNull();
  });
});

describe("a span for a clip", () => {
  it("needs both ends in order and at most a day", () => {
    expect(clipProblem({ inUs: 0, outUs: null })).toMatch(/Mark/);
    expect(clipProblem({ inUs: SECOND, outUs: 0 })).toMatch(/after/);
    expect(clipProblem({ inUs: 0, outUs: DAY })).toBeNull();
    expect(clipProblem({ inUs: 0, outUs: DAY + 1 })).toMatch(/24 hours/);
  });
});

describe("the wall", () => {
  const sized = (width: number, height: number): Camera => ({ view: { width, height } }) as Camera;

  it("has the shape of most cameras", () => {
    expect(ratioOf([sized(640, 480), sized(768, 576), sized(1920, 1080)])).toBe(1.33);
    expect(ratioOf([sized(0, 0)])).toBeCloseTo(16 / 9);
    expect(ratioOf([])).toBeCloseTo(16 / 9);
  });

  it("adds columns with cameras", () => {
    expect([0, 1, 2, 4, 5, 9, 10, 16, 17, 200].map(columnsFor)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  });
});

describe("words", () => {
  const view: ViewStatus = {
    state: "shown",
    since_us: 0,
    reason: "",
    progress: 0.5,
    protection: "full",
    width: 1,
    height: 1,
  };

  it("say nothing over a view that is shown, and why over one that is not", () => {
    expect(viewWords(view)).toBeNull();
    expect(viewWords({ ...view, state: "learning" })?.title).toBe("Learning the plate, 50%");
    expect(viewWords({ ...view, state: "covered", reason: "the camera moved" })).toEqual({
      title: "Covered",
      detail: "The camera moved.",
    });
  });

  const counting = { policy: "counts-only", enabled: true, counts: null, view } as Camera;

  it("stand in for numbers only while there are none", () => {
    const counts = { people: 1, vehicles: 0, animals: 2, things: null };
    expect(countsStandin({ ...counting, counts })).toBeNull();
    expect(countsStandin(counting)?.title).toBe("Counting begins");
    expect(countsStandin({ ...counting, counts, view: { ...view, state: "paused", reason: "no power" } })).toEqual({
      title: "Paused",
      detail: "No power.",
    });
    expect(countsStandin({ ...counting, view: { ...view, state: "covered", reason: "no answer" } })).toEqual({
      title: "No numbers at the moment",
      detail: "No answer.",
    });
    expect(countWords(counts).map(({ count, noun }) => `${count} ${noun}`)).toEqual(["1 person", "0 vehicles", "2 animals"]);
    expect(countWords({ people: 0, vehicles: null, animals: null, things: null })).toEqual([{ count: 0, noun: "people" }]);
  });

  it("say what finds people once somebody has looked", () => {
    expect(protectionWord(counting)).toBe("Person model");
    expect(protectionWord({ ...counting, view: { ...view, protection: "reduced" } })).toBe(
      "Reduced protection: built-in detector",
    );
    expect(protectionWord({ ...counting, view: { ...view, state: "waiting" } })).toBeNull();
    expect(protectionWord({ ...counting, enabled: false })).toBeNull();
  });

  it("say why a camera is off on purpose", () => {
    const camera = { ...counting, resting: false, resting_until_us: null };
    expect([offWords(camera, 0), isOn(camera)]).toEqual([null, true]);
    expect(offWords({ ...camera, enabled: false }, 0)?.title).toBe("Switched off");
    expect(offWords({ ...camera, resting: true }, 0)).toEqual({
      title: "Privacy hours",
      detail: "Nothing is shown and nothing is kept.",
    });
    const until = { ...camera, resting: true, resting_until_us: 1_800_000_000_000_000 };
    expect(offWords(until, until.resting_until_us - 60_000_000)?.detail).toMatch(/^Until .*\d\d:\d\d.*\. Nothing is shown/);
    expect([isOn(until), protectionWord(until)]).toEqual([false, null]);
  });

  it("say whether a camera's clock gains or loses", () => {
    expect([864_000, -2_345_000, 449_000].map(gainWords)).toEqual([
      "Gains 0.9 s a day",
      "Loses 2.3 s a day",
      "Runs with this machine's",
    ]);
  });

  it("say of an original whether it is kept, and why not", () => {
    const since = new Date(2026, 10, 20, 9, 5).getTime() * 1000;
    const now = new Date(2026, 10, 20, 14).getTime() * 1000;
    const kept = { from_us: since, to_us: now };
    expect(originalWords({ state: "kept", reason: "", kept }, now)).toBe("Kept, sealed, since 09:05");
    expect(originalWords({ state: "missing", reason: "the disk is full", kept }, now)).toBe(
      "Missing. The disk is full. Kept, sealed, from 09:05 to 14:00.",
    );
    expect(originalWords({ state: "off", reason: "The camera is switched off.", kept: null }, now)).toBe(
      "Not kept. The camera is switched off.",
    );
  });

  it("end a sentence once", () => {
    expect(sentence("watchglass was away.")).toBe("watchglass was away.");
    expect(sentence("all is well.")).toBe("All is well.");
    expect(sentence("  ")).toBe("");
  });

  it("show the worse of two streams, the main one when they are alike", () => {
    const main = { state: "up" as const, since_us: 1, cause: "" };
    const sub = { state: "down" as const, since_us: 2, cause: "x" };
    expect(worstHealth({ health: { main, sub } } as Camera)).toBe(sub);
    expect(worstHealth({ health: { main, sub: { ...sub, state: "up" } } } as Camera)).toBe(main);
  });
});

describe("further disks", () => {
  const disk = { free_bytes: 5, kept_bytes: 1, floor_bytes: 10 };
  const further = { folder: "/mnt/b", state: "ok" as const, free_bytes: 20 };

  it("say what is free, or what is wrong", () => {
    expect(diskWords({ ...further, free_bytes: 3 * 1024 ** 3 })).toMatch(/^3.* free$/);
    expect(diskWords({ ...further, state: "missing", free_bytes: null })).toBe("Missing");
    expect(diskWords({ ...further, state: "read-only" })).toBe("Can only be read");
    expect(diskWords({ ...further, free_bytes: null })).toBe("Missing");
  });

  it("are full only when all that can be used are", () => {
    expect(isFull({ disk, disks: [] })).toBe(true);
    expect(isFull({ disk, disks: [further] })).toBe(false);
    expect(isFull({ disk, disks: [{ ...further, state: "read-only" }] })).toBe(true);
    expect(isFull({ disk, disks: [{ ...further, free_bytes: 10 }] })).toBe(true);
  });
});
