import { describe, expect, it } from "vitest";

import type { Camera, OfferedStream, Survey } from "../wire";
import { streamWords } from "../words";
import {
  addCommand,
  canBe,
  clockWords,
  hindrance,
  nameFrom,
  offeredSource,
  passwordCommand,
  proposed,
  questionOf,
  taken,
  titleOf,
  turnWords,
} from "./offer";

const stream = (change: Partial<OfferedStream>): OfferedStream => ({
  role: null,
  name: "p",
  codec: "h264",
  width: 640,
  height: 360,
  rate: 10,
  address: "rtsp://10.0.0.9/p",
  withheld: false,
  ...change,
});
const main = stream({ role: "main", width: 1920, height: 1080, address: "rtsp://10.0.0.9/main" });
const sub = stream({ role: "sub", address: "rtsp://10.0.0.9/sub" });
const third = stream({ codec: "hevc", address: "rtsp://10.0.0.9/third" });
const jpeg = stream({ codec: "mjpeg", address: "rtsp://10.0.0.9/jpeg" });
const secret = stream({ role: "main", address: null, withheld: true });
const nobody = { username: "", password: "" };

describe("words on a camera", () => {
  it("say how far its clock is off, if anybody needs to mend it", () => {
    expect([null, 0.4, -2, 12.3, -3723].map(clockWords)).toEqual([
      "It does not tell the time",
      "Right",
      "Right",
      "12 sec ahead",
      "1 hr 2 min behind",
    ]);
  });

  it("say whether it can be turned", () => {
    expect([null, [], ["gate"], ["a", "b", "c", "d"]].map(turnWords)).toEqual([
      "Cannot be turned",
      "Can be turned, no presets",
      "Can be turned, 1 preset",
      "Can be turned, 4 presets",
    ]);
  });

  it("say what there is of its name, and of a stream", () => {
    expect([titleOf("Acme", "Dome"), titleOf("", "Dome"), titleOf("", "")]).toEqual(["Acme Dome", "Dome", ""]);
    expect(streamWords(main)).toBe("H.264, 1920 × 1080, 10 frames a second");
    expect(streamWords(stream({ codec: "", width: 0, height: 0, rate: 0 }))).toBe("Unknown codec");
  });
});

describe("which streams are taken", () => {
  it("is what the server proposes", () => {
    expect(proposed([jpeg, main, sub])).toEqual({ main: 1, sub: 2 });
    expect(proposed([stream({ role: "main" })])).toEqual({ main: 0, sub: null });
    expect(proposed([jpeg])).toEqual({ main: null, sub: null });
  });

  it("is left to the person where the address of the proposed one is not told", () => {
    expect(proposed([secret, sub])).toEqual({ main: null, sub: null });
    expect(hindrance(secret, "main")).toMatch(/password/);
  });

  it("is bounded by what can be recorded and watched", () => {
    const streams = [main, sub, jpeg, stream({ address: null }), stream({ codec: "vp8" })];
    const may = (role: "main" | "sub"): boolean[] => streams.map((_, i) => canBe(streams, { main: 0, sub: 1 }, role, i));
    expect(may("main")).toEqual([true, true, false, false, false]);
    expect(may("sub")).toEqual([false, true, true, false, false]);
  });

  it("may be changed; a stream is not both", () => {
    const streams = [main, sub, third];
    const choice = proposed(streams);
    expect(taken(streams, choice, "sub", 2)).toEqual({ main: 0, sub: 2 });
    expect(taken(streams, choice, "sub", null)).toEqual({ main: 0, sub: null });
    expect(taken(streams, choice, "main", 2)).toEqual({ main: 2, sub: 1 });
    expect(taken(streams, choice, "main", 1)).toEqual({ main: 1, sub: null });
  });
});

describe("what is sent", () => {
  it("is the address, and of a sign-in what there is", () => {
    expect(questionOf("10.0.0.9", nobody)).toEqual({ onvif: "10.0.0.9" });
    expect(questionOf("10.0.0.9", { username: "u", password: "" })).toEqual({ onvif: "10.0.0.9", username: "u" });
  });

  it("is the chosen streams with the sign-in that was tried", () => {
    expect(offeredSource([main, sub], { main: 0, sub: 1 }, { username: "u", password: " p " })).toEqual({
      url: "rtsp://10.0.0.9/main",
      sub_url: "rtsp://10.0.0.9/sub",
      transport: "tcp",
      username: "u",
      password: " p ",
    });
    expect(offeredSource([main, sub], { main: 1, sub: null }, nobody)).toEqual({ url: "rtsp://10.0.0.9/sub", transport: "tcp" });
    expect(offeredSource([main], { main: null, sub: null }, nobody)).toBeNull();
  });
});

describe("the name that is proposed", () => {
  const survey = { manufacturer: "HIKVISION", model: "DS-2CD2043" } as Survey;

  it("is what somebody called the camera", () => {
    expect(nameFrom(" Yard ", survey, [])).toBe("Yard");
    expect(nameFrom("Yard", { ...survey, manufacturer: "", model: "" }, [])).toBe("Yard");
  });

  it("is none where its maker called it so, or another camera has it", () => {
    expect(nameFrom("Hikvision DS-2CD2043", survey, [])).toBe("");
    expect(nameFrom("ds-2cd2043", survey, [])).toBe("");
    expect(nameFrom("Yard", survey, [{ name: "yard" } as Camera])).toBe("");
  });
});

describe("commands", () => {
  it("stand a shell", () => {
    expect(passwordCommand("Bob's yard", "http://10.0.0.9/onvif/device_service")).toBe(
      "watchglass camera credentials 'Bob'\\''s yard' --set-password --onvif http://10.0.0.9/onvif/device_service",
    );
    expect(addCommand("Yard", "10.0.0.9", "$(x)")).toBe("watchglass camera add Yard --onvif 10.0.0.9 --user '$(x)'");
    expect(addCommand("Yard", "10.0.0.9", "")).toBe("watchglass camera add Yard --onvif 10.0.0.9");
  });
});
