import { describe, expect, it } from "vitest";

import { ApiError, ServerGone } from "../api";
import type { LinkedView } from "../wire";
import { isOver, NOTHING, said, wants, type Seen } from "./looking";

const BLOB = new Blob(["x"]);
const told = (change: Partial<LinkedView>): LinkedView => ({
  at_us: 20,
  still: true,
  from_us: 10,
  to_us: 25,
  whole: false,
  covered: null,
  ...change,
});
const seen = (change: Partial<Seen>): Seen => ({ ...NOTHING, ...change });

describe("what is fetched", () => {
  it("is nothing before the moment is kept", () => {
    expect(wants(NOTHING, told({ still: false, to_us: 15 }))).toEqual({ still: false, clip: false });
    expect(wants(NOTHING, told({ still: false, from_us: null, to_us: null }))).toEqual({ still: false, clip: false });
  });

  it("is both as soon as it is, and the clip once more when it is whole", () => {
    expect(wants(NOTHING, told({}))).toEqual({ still: true, clip: true });
    const some = seen({ told: told({}), still: BLOB, clip: BLOB });
    expect(wants(some, told({ to_us: 27 }))).toEqual({ still: false, clip: false });
    expect(wants(some, told({ to_us: 30, whole: true }))).toEqual({ still: false, clip: true });
  });

  it("is what was kept before, where the camera died at that moment", () => {
    expect(wants(NOTHING, told({ still: false, to_us: 15, whole: true }))).toEqual({ still: false, clip: true });
  });
});

describe("what is said", () => {
  it("tells of waiting, covers and what is missing", () => {
    expect(said(NOTHING)).toBe("Loading the view");
    expect(said(seen({ told: told({ to_us: null }) }))).toContain("in a few seconds");
    expect(said(seen({ told: told({}), still: BLOB, clip: BLOB }))).toContain("gets longer by itself");
    expect(said(seen({ told: told({ whole: true }), still: BLOB, clip: BLOB }))).toBe("");
    expect(said(seen({ told: told({ whole: true }), clip: BLOB }))).toContain("no picture of the moment");
    expect(said(seen({ told: told({ covered: "Camera moved", whole: true }), still: BLOB, clip: BLOB }))).toBe(
      "The view was covered when it began: Camera moved.",
    );
    expect(said(seen({ told: told({ covered: "Camera moved" }), still: BLOB, clip: BLOB }))).toMatch(/moved\. .*longer/);
    expect(said(seen({ error: "This camera keeps counts only." }))).toBe("This camera keeps counts only.");
  });
});

describe("asking again", () => {
  it("ends where the answer would be the same", () => {
    expect(isOver(new ApiError(404, "Gone."))).toBe(true);
    expect(isOver(new ApiError(403, "Expired."))).toBe(true);
    expect(isOver(new ApiError(429, "Busy."))).toBe(false);
    expect(isOver(new ApiError(500, "Wrong."))).toBe(false);
    expect(isOver(new ServerGone())).toBe(false);
  });
});
