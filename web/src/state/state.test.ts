import { describe, expect, it } from "vitest";

import type { Camera } from "../wire";
import { routeOf } from "./router";
import { keptCameras } from "./server";

const at = (address: string): ReturnType<typeof routeOf> => routeOf(new URL(address, "http://console.example"));

describe("routeOf", () => {
  it("knows every page", () => {
    expect(at("/")).toEqual({ page: "wall" });
    expect(at("/camera/3")).toEqual({ page: "camera", id: 3, atUs: null });
    expect(at("/camera/3?at=1795305600000000")).toEqual({ page: "camera", id: 3, atUs: 1795305600000000 });
    expect(at("/camera/3/aim")).toEqual({ page: "aim", id: 3 });
    expect(at("/camera/3/settings/")).toEqual({ page: "settings", id: 3 });
    expect(at("/add")).toEqual({ page: "add" });
    expect(at("/health")).toEqual({ page: "health" });
    expect(at("/holds")).toEqual({ page: "holds" });
    expect(at("/originals")).toEqual({ page: "originals" });
    expect(at("/alerts")).toEqual({ page: "alerts" });
    expect(at("/channels")).toEqual({ page: "channels" });
    expect(at("/census")).toEqual({ page: "census", name: null });
    expect(at("/census/riverside-2026")).toEqual({ page: "census", name: "riverside-2026" });
    expect(at("/camera/3/rules/new")).toEqual({ page: "rule", id: 3, rule: null });
    expect(at("/camera/3/rules/7")).toEqual({ page: "rule", id: 3, rule: 7 });
    expect(at("/camera/3/rules/7/alerts")).toEqual({ page: "rule-alerts", id: 3, rule: 7 });
  });

  it("takes the set-up token from the hash alone", () => {
    expect(at("/setup#abc-DEF_1")).toEqual({ page: "setup", token: "abc-DEF_1" });
    expect(at("/setup?token=abc")).toEqual({ page: "setup", token: "" });
  });

  it("takes an alert's token from the hash alone", () => {
    expect(at("/alert#open.abc.1.x-_")).toEqual({ page: "alert", token: "open.abc.1.x-_" });
    expect(at("/alert?token=abc")).toEqual({ page: "alert", token: "" });
  });

  it("does not guess", () => {
    for (const address of ["/camera", "/camera/x", "/camera/1/raw", "/camera/1/aim/2", "/nothing", "/health/disk", "/holds/1", "/alerts/1"]) {
      expect(at(address)).toEqual({ page: "missing" });
    }
    for (const address of ["/camera/3/rules/new/alerts", "/camera/3/rules/7/x", "/camera/3/rules/7/alerts/1", "/camera/3/aim/2/3"]) {
      expect(at(address)).toEqual({ page: "missing" });
    }
    for (const address of ["/census/a/b", "/census/A", "/census/-a", "/census/a%20b", `/census/${"a".repeat(65)}`]) {
      expect(at(address)).toEqual({ page: "missing" });
    }
    expect(at("/camera/3?at=yesterday")).toEqual({ page: "camera", id: 3, atUs: null });
  });
});

describe("keptCameras", () => {
  const camera = (id: number, name: string): Camera => ({ id, name }) as Camera;

  it("keeps what has not changed, so that it is not drawn again", () => {
    const before = [camera(1, "a"), camera(2, "b")];
    expect(keptCameras(before, [camera(1, "a"), camera(2, "b")])).toBe(before);
    const after = keptCameras(before, [camera(1, "a"), camera(2, "c")]);
    expect(after).not.toBe(before);
    expect(after[0]).toBe(before[0]);
    expect(after[1]?.name).toBe("c");
  });

  it("follows cameras that come and go", () => {
    const before = [camera(1, "a"), camera(2, "b")];
    expect(keptCameras(before, [camera(2, "b")]).map(({ id }) => id)).toEqual([2]);
    expect(keptCameras(null, [camera(1, "a")])).toHaveLength(1);
  });
});
