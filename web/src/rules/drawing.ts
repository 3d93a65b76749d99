/** What is being drawn, and what comes of each click, drag and key. Pure. */

import type { Pair } from "../wire";
import { pointsProblem } from "./calibration";
import { drawingProblem, placed } from "./geometry";

export interface Drawing {
  what: "zone" | "tripwire" | "calibration";
  points: Pair[];
  /** A zone whose last corner is joined with its first; a tripwire with both ends; a calibration with its four points. */
  closed: boolean;
}

/** What became of a step; where it was refused, `problem` says why and nothing was changed. */
export interface Step {
  drawing: Drawing;
  problem: string | null;
}

export const blank = (what: Drawing["what"]): Drawing => ({ what, points: [], closed: false });

const refused = (drawing: Drawing, problem: string): Step => ({ drawing, problem });
const done = (drawing: Drawing): Step => ({ drawing, problem: null });

/** How many points make it whole; of a zone somebody says when. */
const WHOLE = { zone: Infinity, tripwire: 2, calibration: 4 };

function problemOf({ what, points, closed: whole }: Drawing, name: string): string | null {
  if (what === "tripwire") return null;
  return what === "zone" ? drawingProblem(name, points, whole) : pointsProblem(points);
}

function judged(before: Drawing, after: Drawing, name: string): Step {
  const problem = problemOf(after, name);
  return problem === null ? done(after) : refused(before, problem);
}

export function withPoint(drawing: Drawing, [x, y]: Pair, name: string): Step {
  if (drawing.closed) return done(drawing);
  const points = [...drawing.points, placed(x, y)];
  return judged(drawing, { ...drawing, points, closed: points.length === WHOLE[drawing.what] }, name);
}

export function moved(drawing: Drawing, index: number, [x, y]: Pair, name: string): Step {
  const points = drawing.points.map((point, i) => (i === index ? placed(x, y) : point));
  return judged(drawing, { ...drawing, points }, name);
}

/** Without a corner; a zone with fewer than three is open again. Of a calibration the last alone: the others keep their places on the ground. */
export function without(drawing: Drawing, index: number, name: string): Step {
  if (drawing.what === "calibration" && index !== drawing.points.length - 1) {
    return refused(drawing, `Take point ${drawing.points.length} away first, or drag this one to where it belongs.`);
  }
  const points = drawing.points.filter((_, i) => i !== index);
  return judged(drawing, { ...drawing, points, closed: drawing.closed && drawing.what === "zone" && points.length >= 3 }, name);
}

export function closed(drawing: Drawing, name: string): Step {
  if (drawing.points.length < 3) return refused(drawing, `Zone '${name}' has ${drawing.points.length} corners: draw 3 to 64.`);
  return judged(drawing, { ...drawing, closed: true }, name);
}

/** The other way round: what was forward is backward. */
export const swapped = (drawing: Drawing): Drawing => ({ ...drawing, points: [...drawing.points].reverse() });

// Somewhere to begin by keyboard: a square in the middle, an upright line, a piece of road.
const STARTS: Record<Drawing["what"], Pair[]> = {
  zone: [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]],
  tripwire: [[0.5, 0.8], [0.5, 0.2]],
  calibration: [[0.3, 0.8], [0.7, 0.8], [0.6, 0.4], [0.4, 0.4]],
};

/** Where the next corner goes that is added without a pointer. */
export function nextPlace(drawing: Drawing, name: string): Pair {
  const start = STARTS[drawing.what][drawing.points.length];
  if (start && withPoint(drawing, start, name).problem === null) return start;
  const last = drawing.points.at(-1) ?? [0.5, 0.5];
  const [one, two, three] = drawing.points;
  // Three points and their fourth make a parallelogram, wherever they are.
  if (drawing.what === "calibration" && one && two && three) return placed(one[0] + three[0] - two[0], one[1] + three[1] - two[1]);
  const around: Pair[] = [[-0.08, 0], [0, -0.08], [0, 0.08], [0.08, 0], [-0.05, -0.05], [0.05, 0.05], [0.05, -0.05], [-0.05, 0.05]];
  const free = around.map(([x, y]) => placed(last[0] + x, last[1] + y)).find((place) => withPoint(drawing, place, name).problem === null);
  return free ?? last;
}

const STEP = 0.01;
const LEAP = 0.05;
/** A point that is measured by is set as exactly as a pixel of a substream. */
const FINE = 0.2;
const ARROWS: Record<string, Pair> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where an arrow key moves a point; null for other keys. */
export function keyed([x, y]: Pair, key: string, shift: boolean, fine = false): Pair | null {
  const way = ARROWS[key];
  const by = (shift ? LEAP : STEP) * (fine ? FINE : 1);
  return way ? placed(x + way[0] * by, y + way[1] * by) : null;
}

