import { describe, expect, it } from "vitest";

import type { Calibration, Pair, Rule } from "../wire";
import { calibrationProblem, gridOf, lengthsOf, marginOf, pointsProblem, speedOf } from "./calibration";
import examples from "./calibrations.json";
import { asKind, calibrationOf, draftOf, fieldsOf, measuredProblem, newDraft, problemOf, type Draft } from "./draft";
import { blank, keyed, moved, nextPlace, withPoint, without, type Drawing } from "./drawing";
import { blankGround, groundDraftOf, groundOf, groundProblem, marginWords, withForm } from "./ground";
import { ruleWords } from "./words";

const IMAGE: Pair[] = [[0.2, 0.9], [0.8, 0.9], [0.6, 0.3], [0.4, 0.3]];
const GROUND: Pair[] = [[0, 0], [10, 0], [10, 40], [0, 40]];
const ROAD: Calibration = { image: IMAGE, ground: GROUND };

const pair = (numbers: number[]): Pair => [numbers[0] ?? NaN, numbers[1] ?? NaN];
const read = ({ image, ground }: { image: number[][]; ground: number[][] }): Calibration => ({ image: image.map(pair), ground: ground.map(pair) });

/** Points set one after another. */
function set(points: Pair[]): Drawing {
  return points.reduce((drawing, point) => withPoint(drawing, point, "").drawing, blank("calibration"));
}

describe("a calibration", () => {
  it("tells speeds and their errors as the system does", () => {
    for (const example of examples.told) {
      for (const { before, after, seconds, told } of example.ways) {
        const found = speedOf(read(example), pair(before), pair(after), seconds);
        expect(found === null).toBe(told === null);
        expect(found?.kmh ?? 0).toBeCloseTo(told?.kmh ?? 0, 4);
        expect(found?.error ?? 0).toBeCloseTo(told?.error ?? 0, 4);
      }
    }
  });

  it("is refused with the system's sentences", () => {
    expect(calibrationProblem(ROAD)).toBeNull();
    expect(examples.refused.map((one) => calibrationProblem(read(one)))).toEqual(examples.refused.map(({ says }) => says));
  });

  it("says how wrong a speed may be, between where that is least and most", () => {
    const margin = marginOf(ROAD, 30);
    const ends = [speedOf(ROAD, [0.5, 0.9], [0.5, 0.4909091], 2), speedOf(ROAD, [0.5, 0.4153846154], [0.5, 0.3], 2)];
    expect(ends.map((one) => Math.round(one?.kmh ?? 0))).toEqual([30, 30]);
    expect(margin?.least).toBeCloseTo(ends[0]?.error ?? 0, 3);
    expect(margin?.most).toBeCloseTo(ends[1]?.error ?? 0, 3);
    expect(margin?.seconds).toBeCloseTo(4.8);
    expect(marginOf(ROAD, 0)).toBeNull();
    expect(marginOf(ROAD, NaN)).toBeNull();
    // Over a short way it is the more wrong the faster.
    expect(marginOf(ROAD, 120)?.least).toBeGreaterThan((margin?.least ?? 0) * 2);
  });

  it("shows squares of metres where they are on the ground", () => {
    const { step, lines } = gridOf(ROAD);
    expect(step).toBe(2);
    expect(lines).toHaveLength(4 + 19);
    const [first, last] = lines[0] ?? [[0, 0], [0, 0]];
    expect([...first, ...last].map((one) => Math.round(one * 1000) / 1000)).toEqual([0.32, 0.9, 0.44, 0.3]);
    const across = lines.slice(4).map(([end]) => end[1]);
    expect(across).toEqual([...across].sort((a, b) => b - a)); // further ahead is higher up
    expect(across[9]).toBeCloseTo(0.45); // 20 m ahead, nearer to the far end in the picture
    expect(lengthsOf(ROAD).map(({ metres }) => metres)).toEqual([10, 40, 10, 40]);
    for (const example of examples.told) expect(gridOf(read(example)).lines.length).toBeGreaterThan(3);
  });
});

describe("its points", () => {
  it("go round the ground, and whatever does not is not set", () => {
    expect(set(IMAGE)).toEqual({ what: "calibration", points: IMAGE, closed: true });
    expect(withPoint(set(IMAGE), [0.5, 0.5], "").drawing.points).toHaveLength(4);
    const crossed = withPoint(set([[0.2, 0.9], [0.6, 0.3], [0.8, 0.9]]), [0.4, 0.3], "");
    expect([crossed.drawing.points.length, crossed.problem]).toEqual([3, expect.stringMatching(/one after another around it/)]);
    const line = withPoint(set([[0.2, 0.2], [0.4, 0.4]]), [0.6, 0.6], "");
    expect([line.drawing.points.length, line.problem]).toEqual([2, expect.stringMatching(/^Points 1, 2 and 3 .* in line in the picture/)]);
    expect(moved(set(IMAGE), 3, [0.9, 0.6], "").drawing.points).toEqual(IMAGE);
    expect(moved(set(IMAGE), 3, [-3, 0.3], "").drawing.points[3]).toEqual([0, 0.3]);
    expect(pointsProblem([[0.1, 0.1], [0.1, 0.1]])).toBeNull();
  });

  it("are taken away from the last on", () => {
    expect(without(set(IMAGE), 1, "")).toEqual({ drawing: set(IMAGE), problem: "Take point 4 away first, or drag this one to where it belongs." });
    expect(without(set(IMAGE), 3, "").drawing).toEqual({ what: "calibration", points: IMAGE.slice(0, 3), closed: false });
  });

  it("can be set without a pointer, finely", () => {
    let drawing = blank("calibration");
    while (!drawing.closed) drawing = withPoint(drawing, nextPlace(drawing, ""), "").drawing;
    expect(pointsProblem(drawing.points)).toBeNull();
    const elsewhere = set([[0.9, 0.1], [0.9, 0.3], [0.7, 0.3]]);
    expect(withPoint(elsewhere, nextPlace(elsewhere, ""), "").drawing.points[3]).toEqual([0.7, 0.1]);
    expect(keyed([0.5, 0.5], "ArrowLeft", false, true)).toEqual([0.498, 0.5]);
    expect(keyed([0.5, 0.5], "ArrowUp", true, true)).toEqual([0.5, 0.49]);
  });
});

describe("metres on the ground", () => {
  it("are two lengths, or a place for each point", () => {
    const road = { ...blankGround, wide: "10", long: " 40 " };
    expect(groundOf(road)).toEqual(GROUND);
    expect(groundOf(withForm(road, false))).toEqual(GROUND);
    expect(groundOf({ ...blankGround, wide: "10" })).toBeNull();
    expect(groundProblem({ ...blankGround, wide: "10" })).toMatch(/from point 2 to point 3/);
    const places: [string, string][] = [["0", "0"], ["10", "0"], ["10", ""], ["", ""]];
    expect(groundProblem({ ...blankGround, rectangle: false, places })).toBe("Give both metres of point 3.");
    expect(groundOf({ ...blankGround, rectangle: false, places })).toBeNull();
  });

  it("are taken along from one form to the other", () => {
    const odd: Pair[] = [[1, 1], [4, 5], [1, 9], [-3, 5]];
    const draft = groundDraftOf(odd);
    expect([draft.rectangle, groundOf(draft)]).toEqual([false, odd]);
    expect(withForm(draft, true)).toMatchObject({ rectangle: true, wide: "5", long: "5" });
    expect(withForm(blankGround, false)).toEqual({ ...blankGround, rectangle: false });
  });

  it("tell the error, and what would be better", () => {
    expect(marginWords(ROAD, 50)?.text).toMatch(/^A vehicle at 50 km\/h is told as 50, give or take 2 km\/h \(4 to 5%\)/);
    expect(marginWords(ROAD, 50)?.advice).toBeNull();
    expect(marginWords(ROAD, 120)?.advice).toMatch(/between the points for 1\.2 s only/);
    const small: Calibration = { image: [[0.48, 0.52], [0.52, 0.52], [0.515, 0.48], [0.485, 0.48]], ground: GROUND };
    expect(marginWords(small, 30)?.advice).toMatch(/That is much/);
    expect(marginWords(ROAD, 0)).toBeNull();
  });
});

describe("a rule for speed", () => {
  const fast: Draft = { ...newDraft("speed"), name: "Fast", points: set(IMAGE), ground: { ...blankGround, wide: "10", long: "40" }, kmh: "50" };

  it("is sent with its calibration and speed", () => {
    expect(problemOf(fast)).toBeNull();
    expect(fieldsOf(fast)).toMatchObject({ kind: "speed", kmh: 50, calibration: ROAD, zone: null, tripwire: null, count: null });
  });

  it("says what is missing", () => {
    expect(problemOf({ ...fast, points: blank("calibration") })).toBe("Set four points on the ground in the picture.");
    expect(measuredProblem({ ...fast, points: set(IMAGE.slice(0, 2)) })).toMatch(/^Set 2 more points/);
    expect(measuredProblem({ ...fast, points: set(IMAGE.slice(0, 3)) })).toMatch(/^Set one more point/);
    expect(problemOf({ ...fast, ground: { ...blankGround, wide: "10" } })).toMatch(/^Give the metres/);
    expect(problemOf({ ...fast, ground: { ...blankGround, wide: "0", long: "40" } })).toMatch(/lie 0 to 40 m .* take points that are 1 to 1000 m apart/);
    for (const kmh of ["", "2", "301"]) expect(problemOf({ ...fast, kmh })).toBe("Give a speed from 3 to 300 km/h.");
    expect(problemOf({ ...fast, zoned: true })).toMatch(/^Draw a zone/);
  });

  it("is as it was when it is opened again, by whomever it was made", () => {
    const image: Pair[] = [[0.2000001, 0.91], [0.83333333, 0.9], [0.6, 0.3], [0.4, 0.3]];
    const ground: Pair[] = [[-1.23456789, 0], [10, 0.5], [10.1, 40], [0, 39.999]];
    const zone = { name: "Lane", corners: IMAGE };
    const rule: Rule = { ...fieldsOf(fast), classes: ["car"], id: 3, camera: 1, enabled: true, kmh: 33.3, calibration: { image, ground }, zone };
    expect(fieldsOf(draftOf(rule))).toMatchObject({ kmh: 33.3, calibration: { image, ground }, zone });
    expect(draftOf(rule).ground.rectangle).toBe(false);
    expect(draftOf({ ...rule, calibration: ROAD }).ground).toMatchObject({ rectangle: true, wide: "10", long: "40" });
    expect(ruleWords({ ...rule, zone: null })).toBe("Measured ground: cars from 60%, faster than 33.3 km/h.");
  });

  it("keeps its points while another kind is looked at, which is sent without them", () => {
    const other = asKind(fast, "stopped vehicle");
    expect([fieldsOf(other).calibration, fieldsOf(other).kmh]).toEqual([null, null]);
    expect(calibrationOf(asKind(other, "speed"))).toEqual(ROAD);
  });
});
