import { describe, expect, it } from "vitest";

import type { Cell } from "./figures";
import { ariaSort, pressed, sorted } from "./sorting";

const cell = (key: Cell["key"]): Cell => ({ text: String(key), under: "", how: "", key });
const rows = ([["Bath", 2], ["Área 10", null], ["Area 9", 10], ["Cork", 2]] as const).map((row) => row.map(cell));
const keys = (order: Parameters<typeof sorted>[1], column: number): Cell["key"][] => sorted(rows, order).map((row) => row[column]?.key ?? null);

describe("a press on a head", () => {
  it("sorts numbers from the greatest and names from A, and then the other way round", () => {
    expect(pressed(null, 2)).toEqual({ column: 2, down: true });
    expect(pressed({ column: 2, down: true }, 2)).toEqual({ column: 2, down: false });
    expect(pressed({ column: 2, down: false }, 1)).toEqual({ column: 1, down: true });
    expect(pressed(null, 0)).toEqual({ column: 0, down: false });
    expect([ariaSort(null, 0), ariaSort({ column: 0, down: false }, 0), ariaSort({ column: 0, down: true }, 0)]).toEqual([
      "none",
      "ascending",
      "descending",
    ]);
    expect(ariaSort({ column: 1, down: true }, 0)).toBe("none");
  });
});

describe("rows", () => {
  it("stay as they came until somebody sorts them", () => {
    expect(sorted(rows, null)).toBe(rows);
  });

  it("are sorted by number, not by its digits, with what is not known last both ways", () => {
    expect(keys({ column: 1, down: true }, 1)).toEqual([10, 2, 2, null]);
    expect(keys({ column: 1, down: false }, 1)).toEqual([2, 2, 10, null]);
    expect(keys({ column: 1, down: true }, 0).slice(1, 3)).toEqual(["Bath", "Cork"]);
  });

  it("are sorted by name as people sort names", () => {
    expect(keys({ column: 0, down: false }, 0)).toEqual(["Area 9", "Área 10", "Bath", "Cork"]);
  });
});
