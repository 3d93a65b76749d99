import { describe, expect, it } from "vitest";

import type { Pair, Rule } from "../wire";
import { asKind, draftOf, drawn, fieldsOf, newDraft, pointIn, problemOf, type Draft } from "./draft";
import { blank, closed, keyed, moved, nextPlace, swapped, withPoint, without, type Drawing } from "./drawing";
import { arrowOf, crossesItself, placeWords, tripwireProblem, zoneProblem } from "./geometry";
import { classesFor, KINDS, PARTS, usualClasses, WORDS } from "./kinds";
import { ruleWords } from "./words";

const SQUARE: Pair[] = [
  [0.2, 0.2],
  [0.8, 0.2],
  [0.8, 0.8],
  [0.2, 0.8],
];
const BOW: Pair[] = [
  [0.1, 0.1],
  [0.9, 0.9],
  [0.9, 0.1],
  [0.1, 0.9],
];

/** Clicks one after another, then closed; the first problem ends it. */
function draw(what: Drawing["what"], points: Pair[]): Drawing {
  let drawing = blank(what);
  for (const point of points) {
    const step = withPoint(drawing, point, "Yard");
    expect(step.problem).toBeNull();
    drawing = step.drawing;
  }
  return what === "zone" ? closed(drawing, "Yard").drawing : drawing;
}

describe("a zone", () => {
  it("that crosses itself is refused with the server's sentence", () => {
    expect(zoneProblem("Yard", SQUARE)).toBeNull();
    expect(zoneProblem("Yard", BOW)).toBe("Zone 'Yard' crosses itself: draw its corners one after another around it.");
    expect(crossesItself(BOW, false)).toBe(true);
    expect(crossesItself(BOW.slice(0, 3), true)).toBe(false);
    // Its last side alone crosses the others.
    const open: Pair[] = [[0.1, 0.1], [0.9, 0.1], [0.2, 0.5], [0.8, 0.5]];
    expect([crossesItself(open, false), crossesItself(open, true)]).toEqual([false, true]);
  });

  it("needs corners, an area and a name", () => {
    expect(zoneProblem("Yard", SQUARE.slice(0, 2))).toBe("Zone 'Yard' has 2 corners: draw 3 to 64.");
    expect(zoneProblem("Yard", [[0.1, 0.1], [0.105, 0.1], [0.105, 0.105]])).toMatch(/has no area/);
    expect(zoneProblem("Yard", [[0.1, 0.1], [0.1, 0.1], [0.5, 0.9]])).toMatch(/has a corner twice/);
    expect(zoneProblem(" ", SQUARE)).toMatch(/needs a name/);
    expect(zoneProblem("Ann's yard", BOW)).toMatch(/^Zone "Ann's yard" crosses/);
  });

  it("is drawn corner by corner, and not across itself", () => {
    const three = BOW.slice(0, 3).reduce((drawing, point) => withPoint(drawing, point, "Yard").drawing, blank("zone"));
    const refused = withPoint(three, [0.1, 0.9], "Yard");
    expect(refused.drawing).toBe(three);
    expect(refused.problem).toMatch(/crosses itself/);
    expect(closed(draw("zone", SQUARE), "Yard").drawing.closed).toBe(true);
    expect(closed({ ...blank("zone"), points: SQUARE.slice(0, 2) }, "Yard").problem).toMatch(/2 corners/);
  });

  it("keeps a corner where it was that would be dragged across it", () => {
    const square = draw("zone", SQUARE);
    const refused = moved(square, 0, [0.9, 0.5], "Yard");
    expect([refused.drawing, refused.problem?.includes("crosses itself")]).toEqual([square, true]);
    expect(moved(square, 0, [-1, 0.12345678], "Yard").drawing.points[0]).toEqual([0, 0.1235]);
  });

  it("is open again with fewer than three corners", () => {
    const three = without(draw("zone", SQUARE), 3, "Yard").drawing;
    expect([three.points.length, three.closed]).toEqual([3, true]);
    expect(without(three, 0, "Yard").drawing).toEqual({ what: "zone", points: SQUARE.slice(1, 3), closed: false });
  });

  it("can be drawn without a pointer", () => {
    let drawing = blank("zone");
    for (let corner = 0; corner < 6; corner += 1) {
      const step = withPoint(drawing, nextPlace(drawing, "Yard"), "Yard");
      expect(step.problem).toBeNull();
      drawing = step.drawing;
    }
    expect(drawing.points).toHaveLength(6);
    expect(keyed([0.5, 0.5], "ArrowLeft", false)).toEqual([0.49, 0.5]);
    expect(keyed([0.5, 0.98], "ArrowDown", true)).toEqual([0.5, 1]);
    expect(keyed([0.5, 0.5], "Enter", false)).toBeNull();
  });
});

describe("a tripwire", () => {
  const upright: [Pair, Pair] = [
    [0.5, 0.9],
    [0.5, 0.1],
  ];

  it("has two ends, some way from each other", () => {
    expect(draw("tripwire", upright).closed).toBe(true);
    expect(withPoint(draw("tripwire", upright), [0.1, 0.1], "Line").drawing.points).toHaveLength(2);
    expect(tripwireProblem("Line", upright)).toBeNull();
    expect(tripwireProblem("Line", [[0.5, 0.5], [0.501, 0.5]])).toMatch(/has no length/);
    expect(tripwireProblem("Line", [[0.5, 0.5]])).toMatch(/both ends/);
  });

  it("has forward to its right, seen from its first end", () => {
    // Upwards: the right is to the right of the picture.
    expect(arrowOf(upright, 2, 0.1)).toEqual([[1, 0.5], [1.1, 0.5]]);
    const [first, second] = swapped(draw("tripwire", upright)).points as [Pair, Pair];
    expect(arrowOf([first, second], 2, 0.1)).toEqual([[1, 0.5], [0.9, 0.5]]);
  });
});

describe("a rule that is filled in", () => {
  const drawing = draw("zone", SQUARE);
  const night: Draft = { ...newDraft("intrusion"), name: " Night ", place: "Yard", drawing };

  it("is sent whole, with null for what its kind has no use for", () => {
    expect(problemOf(night)).toBeNull();
    expect(fieldsOf(night)).toEqual({
      name: "Night",
      kind: "intrusion",
      zone: { name: "Yard", corners: SQUARE },
      tripwire: null,
      direction: null,
      classes: ["person"],
      threshold: 0.6,
      hours: null,
      seconds: null,
      count: null,
      kmh: null,
      calibration: null,
      armed: true,
    });
    expect(fieldsOf({ ...night, threshold: "72.5" }).threshold).toBe(0.725);
  });

  it("says what is missing", () => {
    const problems = [
      { drawing: blank("zone") },
      { drawing: { ...drawing, closed: false } },
      { name: " " },
      { threshold: "0" },
      { threshold: "100" },
      { threshold: "" },
      { seconds: "-1" },
      { classes: [] },
      { kind: "loitering" as const, seconds: "" },
      { kind: "crowding" as const, count: "2.5" },
    ].map((change) => problemOf({ ...night, ...change }));
    const words = [/three corners/, /Close the zone/, /a name/, /5 to 95/, /5 to 95/, /5 to 95/, /0 to 86400/, /one class/, /1 to 86400/, /whole number/];
    expect(problems.map((problem, i) => words[i]?.test(problem ?? ""))).toEqual(words.map(() => true));
  });

  it("keeps what fits when its kind is another", () => {
    const loitering = asKind(night, "loitering");
    expect([loitering.drawing, loitering.name, loitering.seconds]).toEqual([drawing, " Night ", "60"]);
    const line = asKind(night, "wrong way");
    expect([line.drawing, line.direction, line.classes[0]]).toEqual([blank("tripwire"), "forward", "bicycle"]);
    expect(drawn(asKind(night, "camera covered or moved"))).toBeNull();
    expect(drawn({ kind: "thing left behind", zoned: false })).toBeNull();
    expect(drawn({ kind: "thing left behind", zoned: true })).toBe("zone");
  });

  it("is as it was when it is opened again", () => {
    const rule: Rule = { ...fieldsOf(night), classes: ["person"], id: 3, camera: 1, enabled: true, hours: "22:00-06:00", seconds: 2.5 };
    const again = fieldsOf(draftOf(rule));
    expect(again).toEqual({ ...fieldsOf(night), seconds: 2.5, hours: "mon tue wed thu fri sat sun 22:00-06:00" });
    expect(ruleWords(rule)).toBe("Yard: people from 60%, for 2.5 s; 22:00-06:00.");
    expect(ruleWords({ ...rule, classes: ["person", "car", "bus"], hours: null, seconds: null, armed: false })).toBe(
      "Yard: people, cars and buses from 60%. It makes no events.",
    );
  });

  it("takes a click to its place in the picture", () => {
    expect(pointIn({ left: 100, top: 50, width: 400, height: 200 }, 200, 150)).toEqual([0.25, 0.5]);
    expect(placeWords([0.254, 0.5])).toBe("25% from the left, 50% from the top");
  });
});

describe("kinds", () => {
  it("all have words", () => {
    expect(Object.keys(WORDS).sort()).toEqual([...KINDS].sort());
  });

  it("begin with classes that may be chosen", () => {
    for (const kind of KINDS.filter((one) => classesFor(one).length > 0)) {
      expect(classesFor(kind)).toEqual(expect.arrayContaining(usualClasses(kind)));
    }
    expect(classesFor("camera covered or moved")).toEqual([]);
    expect(PARTS["person lying down"].about).toBe("people");
  });
});
