import { describe, expect, it } from "vitest";

import { alike, counted, madeWords, plain } from "./words";

describe("words of others", () => {
  it("are one line, with nothing in it that cannot be seen", () => {
    expect(plain(" a\n b\u2028c\td ")).toBe("a b c d");
    expect(plain("exe\u202egnp.\u0000\udc80")).toBe("exe\ufffdgnp.\ufffd\ufffd");
    expect(plain("Zürich 😀 <b>")).toBe("Zürich 😀 <b>");
  });
});

describe("when it was made", () => {
  it("is told by the clock of whoever looks, and as it stands where it is no date", () => {
    expect(madeWords("2026-11-23T12:00:00Z")).toMatch(/2026.*\d\d:00/);
    expect(madeWords("some\nday")).toBe("some day");
  });
});

describe("how intervals were had", () => {
  it("is said once where only numbers differ", () => {
    expect(alike(["95 %, over 214 cells", "95 %, over 1,012 cells", "95 %, over 12 cells"])).toEqual(["95 %, over 12 to 1,012 cells"]);
    expect(alike(["all of 20 draws", "95 %, Chao", "all of 20 draws"])).toEqual(["all of 20 draws", "95 %, Chao"]);
    expect(alike([])).toEqual([]);
  });
});

it("counts one and several", () => {
  expect([counted(0, "area"), counted(1, "area"), counted(1200, "area")]).toEqual(["0 areas", "1 area", "1,200 areas"]);
});
