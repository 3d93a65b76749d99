import { describe, expect, it } from "vitest";

import { DAYS, meaningOf, newRow, problemOf, rowsOf, textOf } from "./hours";

const names = (days: boolean[]): string => DAYS.filter((_, day) => days[day]).join(" ");

describe("privacy hours", () => {
  it("become rows", () => {
    const rows = rowsOf("mon-fri 08:00-16:00, sat sun 22:00-24:00, 12:00-13:00");
    expect(rows.map(({ days, from, to }) => [names(days), from, to])).toEqual([
      ["mon tue wed thu fri", "08:00", "16:00"],
      ["sat sun", "22:00", "00:00"],
      ["mon tue wed thu fri sat sun", "12:00", "13:00"],
    ]);
    expect(rowsOf(null)).toEqual([]);
    expect(rowsOf("")).toEqual([]);
  });

  it("are sent as text", () => {
    expect(textOf(rowsOf("mon wed-fri 08:00-16:00, sun 20:00-06:00"))).toBe("mon wed thu fri 08:00-16:00, sun 20:00-06:00");
    expect(textOf([])).toBe("");
  });

  it("say what is missing", () => {
    expect(problemOf([newRow()])).toBeNull();
    expect(problemOf([{ ...newRow(), days: DAYS.map(() => false) }])).toMatch(/day/);
    expect(problemOf([newRow(), { ...newRow(), to: "" }])).toMatch(/end/);
  });

  it("say what is not plain", () => {
    expect(meaningOf({ ...newRow(), from: "22:00", to: "06:00" })).toBe("into the next day");
    expect(meaningOf({ ...newRow(), from: "22:00", to: "00:00" })).toBe("");
    expect(meaningOf({ ...newRow(), from: "00:00", to: "00:00" })).toBe("all day");
    expect(meaningOf(newRow())).toBe("");
  });
});
