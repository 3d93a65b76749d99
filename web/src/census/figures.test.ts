import { describe, expect, it } from "vitest";

import { figureNames, interval, shown, tablesOf, wordsOf } from "./figures";
import type { AreaMeasures, CensusFigure } from "./wire";

const figure = (value: number, low: number | null = null, high: number | null = null, how = ""): CensusFigure => ({ value, low, high, how });
const area = (name: string, figures: Record<string, CensusFigure>, indices: Record<string, number> = {}): AreaMeasures => ({
  area: name,
  population: 12_000,
  km2: null,
  figures,
  indices,
});
const headsOf = (areas: AreaMeasures[]): Record<string, string[]> =>
  Object.fromEntries(tablesOf({ areas }).map(({ title, columns }) => [title, columns.map(({ head }) => head)]));

describe("a figure", () => {
  it("is a share in per cent, a whole count, or a rate with three digits that count", () => {
    expect(shown("public-seen-40", 0.6204)).toBe("62.0%");
    expect(shown("cameras", 1234.4)).toBe("1,234");
    expect(shown("per-1000", 2.294)).toBe("2.29");
    expect(shown("per-1000", 0.002294)).toBe("0.00229");
    expect(shown("per-km2", 4321.9)).toBe("4,322");
    expect(shown("per-1000", 0)).toBe("0");
    expect(shown("per-1000", 1e-300)).toMatch(/^0\.0+$/);
    expect(shown("", -12.34)).toBe("-12.3");
  });

  it("has an interval only where something is known of its error", () => {
    expect(interval("per-1000", figure(5, 4.1, 6.2))).toBe("4.10 to 6.20");
    expect(interval("owned", figure(0.5, 0.4))).toBe("at least 40.0%");
    expect(interval("all", figure(70, null, 90))).toBe("at most 90");
    expect(interval("rank-per-1000", figure(1, 0, 0))).toBe("0 to 0");
    expect(interval("cameras", figure(60))).toBe("");
  });

  it("is called in words, and an unknown one as it is", () => {
    expect(wordsOf("per-km2")).toBe("Cameras per km²");
    expect(wordsOf("<b>lidars</b>")).toBe("<b>lidars</b>");
    expect(wordsOf("constructor")).toBe("constructor");
  });
});

describe("tables", () => {
  it("are one a topic, with people and km² once", () => {
    const names = ["zeppelins", "walks-seen", "owned", "public-seen", "effective", "all", "per-1000", "cameras", "x: y"];
    expect(headsOf([area("A", Object.fromEntries(names.map((name) => [name, figure(0.5)])))])).toEqual({
      "How many cameras": ["Area", "Cameras on the map", "Cameras per 1,000 people", "Cameras that there are, on either map or on none", "People", "km²"],
      "What they see of public space": ["Area", "Effective cameras", "Share of public space that is seen"],
      "What they see of walking routes": ["Area", "Share of walking routes that is seen"],
      "What is said of them": ["Area", "Share of cameras with an owner named"],
      "Other figures": ["Area", "zeppelins", "x: y"],
    });
  });

  it("have people and km² even where no camera was counted", () => {
    expect(headsOf([area("A", { owned: figure(1) })])).toEqual({
      "What is said of them": ["Area", "Share of cameras with an owner named", "People", "km²"],
    });
    expect(headsOf([area("A", {})])).toEqual({ Areas: ["Area", "People", "km²"] });
    expect(tablesOf({ areas: [] })).toEqual([]);
  });

  it("say what is not known of an area, whatever a figure is called", () => {
    const areas = [area("A", { constructor: figure(1) }), area("B", { cameras: figure(2) })];
    const [first, other] = tablesOf({ areas });
    expect(first?.rows.map((row) => row.map(({ text }) => text))).toEqual([
      ["A", "not known", "12,000", "not known"],
      ["B", "2", "12,000", "not known"],
    ]);
    expect(other?.rows.map((row) => row[1]?.key)).toEqual([1, null]);
    expect(figureNames(areas)).toEqual(["cameras", "constructor"]);
  });

  it("have the interval below a figure and say how it was had, together for all areas", () => {
    const one = figure(5, 4, 6, "95 %, bootstrap over 20 cells");
    const areas = [area("A", { "per-1000": one }), area("B", { "per-1000": { ...one, how: "95 %, bootstrap over 1,214 cells" } })];
    const [table] = tablesOf({ areas });
    expect(table?.rows[0]?.[1]).toEqual({ text: "5.00", under: "4.00 to 6.00", how: one.how, key: 5 });
    expect(table?.hows).toEqual([{ figure: "Cameras per 1,000 people", how: "95 %, bootstrap over 20 to 1,214 cells" }]);
  });

  it("end with the columns that came with the areas", () => {
    expect(headsOf([area("A", {}, { crime: 4 }), area("B", {}, { "safe\u202ety": 5 })])).toMatchObject({
      "Other figures that came with the areas": ["Area", "crime", "safe\ufffdty"],
    });
  });
});
