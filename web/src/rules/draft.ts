/** A rule as somebody fills it in, and as it is sent. Pure. */

import { rowsOf, textOf, type HoursRow } from "../pages/hours";
import type { Calibration, Direction, ObjectClass, Pair, Rule, RuleFields, RuleKind } from "../wire";
import { calibrationProblem } from "./calibration";
import { blank, type Drawing } from "./drawing";
import { tripwireProblem, zoneProblem } from "./geometry";
import { blankGround, groundDraftOf, groundOf, groundProblem, type GroundDraft } from "./ground";
import { classesFor, PARTS, usualClasses, type Part } from "./kinds";

export interface Draft {
  name: string;
  kind: RuleKind;
  /** Of a kind that may do without one: whether there is a zone. */
  zoned: boolean;
  place: string;
  drawing: Drawing;
  /** Points of a calibration on the picture, and where they are. */
  points: Drawing;
  ground: GroundDraft;
  direction: Direction | null;
  classes: ObjectClass[];
  /** In per cent, as it is typed. */
  threshold: string;
  seconds: string;
  count: string;
  kmh: string;
  hours: HoursRow[];
  armed: boolean;
}

export const needs = (kind: RuleKind, part: Part): boolean => PARTS[kind].needs.includes(part);
export const has = (kind: RuleKind, part: Part): boolean => needs(kind, part) || PARTS[kind].may.includes(part);

/** The zone or tripwire that is to be drawn for a draft; null: none. */
export function drawn({ kind, zoned }: Pick<Draft, "kind" | "zoned">): Drawing["what"] | null {
  if (has(kind, "tripwire")) return "tripwire";
  return needs(kind, "zone") || (zoned && has(kind, "zone")) ? "zone" : null;
}

const SECONDS: Partial<Record<RuleKind, string>> = {
  loitering: "60",
  "stopped vehicle": "60",
  "thing left behind": "60",
  "thing taken away": "60",
  "person lying down": "10",
  "camera covered or moved": "10",
};
const COUNTS: Partial<Record<RuleKind, string>> = { crowding: "10", queue: "5" };

export function newDraft(kind: RuleKind): Draft {
  const what = has(kind, "tripwire") ? "tripwire" : "zone";
  return {
    name: "",
    kind,
    zoned: false,
    place: what === "tripwire" ? "Line" : "Zone",
    drawing: blank(what),
    points: blank("calibration"),
    ground: blankGround,
    direction: needs(kind, "direction") ? "forward" : null,
    classes: usualClasses(kind),
    threshold: "60",
    seconds: SECONDS[kind] ?? "",
    count: COUNTS[kind] ?? "",
    kmh: has(kind, "kmh") ? "30" : "",
    hours: [],
    armed: true,
  };
}

/** Another kind: what was drawn stays where it fits, and so does what is of every kind. */
export function asKind(draft: Draft, kind: RuleKind): Draft {
  const anew = newDraft(kind);
  const fits = anew.drawing.what === draft.drawing.what;
  const kept = fits ? { place: draft.place, drawing: draft.drawing, zoned: draft.zoned } : {};
  const { name, points, ground, threshold, hours, armed } = draft;
  return { ...anew, ...kept, name, points, ground, threshold, hours, armed };
}

export function draftOf(rule: Rule): Draft {
  const place = rule.tripwire ?? rule.zone;
  const points = rule.tripwire ? [rule.tripwire.first, rule.tripwire.second] : (rule.zone?.corners ?? []);
  const anew = newDraft(rule.kind);
  return {
    ...anew,
    name: rule.name,
    zoned: rule.zone !== null,
    place: place?.name ?? anew.place,
    drawing: { ...anew.drawing, points, closed: points.length > 0 },
    points: rule.calibration ? { what: "calibration", points: rule.calibration.image, closed: true } : anew.points,
    ground: rule.calibration ? groundDraftOf(rule.calibration.ground) : anew.ground,
    direction: rule.direction,
    classes: rule.classes,
    threshold: String(Math.round(rule.threshold * 1000) / 10),
    seconds: rule.seconds === null ? "" : String(rule.seconds),
    count: rule.count === null ? "" : String(rule.count),
    kmh: rule.kmh === null ? "" : String(rule.kmh),
    hours: rowsOf(rule.hours),
    armed: rule.armed,
  };
}

/** As far as a draft has all of it; it may still be refused. */
export function calibrationOf({ points, ground }: Pick<Draft, "points" | "ground">): Calibration | null {
  const places = groundOf(ground);
  return points.closed && places ? { image: points.points, ground: places } : null;
}

const typed = (text: string): number | null => (text.trim() === "" ? null : Number(text));

/** What is sent: all of it, and null for what the kind has no use for, so that nothing of another kind stays. */
export function fieldsOf(draft: Draft): RuleFields {
  const { kind, drawing } = draft;
  const what = drawn(draft);
  const name = draft.place.trim();
  const [first, second] = drawing.points;
  return {
    name: draft.name.trim(),
    kind,
    zone: what === "zone" ? { name, corners: drawing.points } : null,
    tripwire: what === "tripwire" && first && second ? { name, first, second } : null,
    direction: has(kind, "direction") ? draft.direction : null,
    classes: classesFor(kind).length > 0 ? draft.classes : null,
    threshold: Math.round(Number(draft.threshold) * 10) / 1000,
    hours: draft.hours.length > 0 ? textOf(draft.hours) : null,
    seconds: has(kind, "seconds") ? typed(draft.seconds) : null,
    count: has(kind, "count") ? typed(draft.count) : null,
    kmh: has(kind, "kmh") ? typed(draft.kmh) : null,
    calibration: has(kind, "calibration") ? calibrationOf(draft) : null,
    armed: draft.armed,
  };
}

const isNumber = (text: string, least: number, most: number): boolean =>
  text.trim() !== "" && Number(text) >= least && Number(text) <= most;

/** What is still to be drawn or given of the ground that a speed is measured on, or null. */
export function measuredProblem(draft: Draft): string | null {
  const lacking = 4 - draft.points.points.length;
  if (lacking > 0) return lacking === 4 ? "Set four points on the ground in the picture." : `Set ${lacking === 1 ? "one more point" : `${lacking} more points`} on the ground in the picture.`;
  const calibration = calibrationOf(draft);
  return calibration ? calibrationProblem(calibration) : groundProblem(draft.ground);
}

/** The first thing that is still to be entered or drawn, or null. */
export function problemOf(draft: Draft): string | null {
  return placeProblem(draft) ?? numbersProblem(draft);
}

function placeProblem(draft: Draft): string | null {
  const measured = has(draft.kind, "calibration") ? measuredProblem(draft) : null;
  if (measured !== null) return measured;
  const what = drawn(draft);
  if (what === "zone" && !draft.drawing.closed) {
    return draft.drawing.points.length < 3 ? "Draw a zone on the picture: at least three corners." : "Close the zone.";
  }
  const drawing = what === "zone" ? zoneProblem(draft.place, draft.drawing.points) : null;
  const line = what === "tripwire" ? tripwireProblem(draft.place, draft.drawing.points) : null;
  return drawing ?? line;
}

function numbersProblem(draft: Draft): string | null {
  const { kind } = draft;
  if (draft.name.trim() === "") return "Give the rule a name.";
  if (!isNumber(draft.threshold, 5, 95)) return "The score is 5 to 95 per cent: at 0 everything would count, at 100 nothing.";
  if (needs(kind, "seconds") && !isNumber(draft.seconds, 1, 86_400)) return "Give a number of seconds, 1 to 86400.";
  if (has(kind, "seconds") && draft.seconds.trim() !== "" && !isNumber(draft.seconds, 0, 86_400)) return "Give 0 to 86400 seconds.";
  const counted = needs(kind, "count") || (has(kind, "count") && draft.count.trim() !== "");
  if (counted && !(isNumber(draft.count, 1, 1000) && Number.isInteger(Number(draft.count)))) {
    return "Give a whole number from 1 to 1000.";
  }
  if (needs(kind, "kmh") && !isNumber(draft.kmh, 3, 300)) return "Give a speed from 3 to 300 km/h.";
  return classesFor(kind).length > 0 && draft.classes.length === 0 ? "Choose at least one class." : null;
}

/** Where a pointer is, in 0..1 of a box. */
export function pointIn(box: Pick<DOMRect, "left" | "top" | "width" | "height">, x: number, y: number): Pair {
  return [(x - box.left) / box.width, (y - box.top) / box.height];
}
