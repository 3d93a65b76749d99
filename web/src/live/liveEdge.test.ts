import { describe, expect, it } from "vitest";

import { edgeMove, trimOf, wallOf } from "./liveEdge";

const range = (start: number, end: number): { start: number; end: number } => ({ start, end });

describe("edgeMove", () => {
  it("waits while nothing is buffered", () => {
    expect(edgeMove([], 0)).toEqual({ kind: "rate", rate: 1 });
  });

  it("starts near the end of a run that was joined late", () => {
    expect(edgeMove([range(3600, 3601)], 0)).toEqual({ kind: "seek", to: 3600.75 });
    // The first chunk may be shorter than the distance we keep.
    expect(edgeMove([range(3600, 3600.2)], 0)).toEqual({ kind: "seek", to: 3600 });
  });

  it("leaves the ordinary distance alone", () => {
    expect(edgeMove([range(0, 20)], 19.75)).toEqual({ kind: "rate", rate: 1 });
    expect(edgeMove([range(0, 20)], 19.5)).toEqual({ kind: "rate", rate: 1 });
  });

  it("catches up by speed, never above 1.1", () => {
    const middle = edgeMove([range(0, 20)], 19);
    expect(middle).toEqual({ kind: "rate", rate: expect.closeTo(1.05, 6) as number });
    expect(edgeMove([range(0, 20)], 18.5)).toEqual({ kind: "rate", rate: expect.closeTo(1.1, 6) as number });
  });

  it("jumps when more than 1.5 s behind", () => {
    expect(edgeMove([range(0, 20)], 18.49)).toEqual({ kind: "seek", to: 19.75 });
  });

  it("leaves a hole in the buffer behind, however short", () => {
    expect(edgeMove([range(0, 10), range(10.6, 11)], 10)).toEqual({ kind: "seek", to: 10.75 });
  });

  it("comes back when a new run begins at an earlier media time", () => {
    expect(edgeMove([range(0, 0.2)], 3600)).toEqual({ kind: "seek", to: 0 });
  });

  it("does not seek when the picture stands at the very end", () => {
    expect(edgeMove([range(0, 20)], 20.01)).toEqual({ kind: "rate", rate: 1 });
  });
});

describe("trimOf", () => {
  it("removes nothing until the slack is used up", () => {
    expect(trimOf([], 100)).toBeNull();
    expect(trimOf([range(86, 101)], 100)).toBeNull();
  });

  it("then keeps ten seconds behind the picture", () => {
    expect(trimOf([range(84, 101)], 100)).toEqual({ start: 0, end: 90 });
  });

  it("counts from the oldest of several ranges", () => {
    expect(trimOf([range(10, 12), range(95, 101)], 100)).toEqual({ start: 0, end: 90 });
  });

  it("removes nothing when the picture is near the beginning", () => {
    expect(trimOf([range(0, 5)], 1)).toBeNull();
  });
});

describe("wallOf", () => {
  it("carries the pair of clocks on, both ways", () => {
    const clock = { ptsTicks: 90_000 * 10, wallUs: 1_700_000_000_000_000 };
    expect(wallOf(clock, 10)).toBe(1_700_000_000_000_000);
    expect(wallOf(clock, 12.5)).toBe(1_700_000_002_500_000);
    expect(wallOf(clock, 9)).toBe(1_699_999_999_000_000);
  });
});
