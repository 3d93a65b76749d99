/** What is being drawn, and what comes of each click, drag and key. Pure. */

import type { Pair } from "../wire";
import { drawingProblem, placed } from "./geometry";

export interface Drawing {
  what: "zone" | "tripwire";
  points: Pair[];
  /** A zone whose last corner is joined with its first; a tripwire with both ends. */
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

function judged(before: Drawing, after: Drawing, name: string): Step {
  const problem = after.what === "zone" ? drawingProblem(name, after.points, after.closed) : null;
  return problem === null ? done(after) : refused(before, problem);
}

export function withPoint(drawing: Drawing, [x, y]: Pair, name: string): Step {
  if (drawing.closed) return done(drawing);
  const points = [...drawing.points, placed(x, y)];
  return judged(drawing, { ...drawing, points, closed: drawing.what === "tripwire" && points.length === 2 }, name);
}

export function moved(drawing: Drawing, index: number, [x, y]: Pair, name: string): Step {
  const points = drawing.points.map((point, i) => (i === index ? placed(x, y) : point));
  return judged(drawing, { ...drawing, points }, name);
}

/** Without a corner; a zone with fewer than three is open again. */
export function without(drawing: Drawing, index: number, name: string): Step {
  const points = drawing.points.filter((_, i) => i !== index);
  return judged(drawing, { ...drawing, points, closed: drawing.closed && drawing.what === "zone" && points.length >= 3 }, name);
}

export function closed(drawing: Drawing, name: string): Step {
  if (drawing.points.length < 3) return refused(drawing, `Zone '${name}' has ${drawing.points.length} corners: draw 3 to 64.`);
  return judged(drawing, { ...drawing, closed: true }, name);
}

/** The other way round: what was forward is backward. */
export const swapped = (drawing: Drawing): Drawing => ({ ...drawing, points: [...drawing.points].reverse() });

// Somewhere to begin by keyboard: a square in the middle, an upright line.
const ZONE_STARTS: Pair[] = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]];
const LINE_STARTS: Pair[] = [[0.5, 0.8], [0.5, 0.2]];

/** Where the next corner goes that is added without a pointer. */
export function nextPlace(drawing: Drawing, name: string): Pair {
  const starts = drawing.what === "zone" ? ZONE_STARTS : LINE_STARTS;
  const start = starts[drawing.points.length];
  if (start && withPoint(drawing, start, name).problem === null) return start;
  const last = drawing.points.at(-1) ?? [0.5, 0.5];
  const around: Pair[] = [[-0.08, 0], [0, -0.08], [0, 0.08], [0.08, 0], [-0.05, -0.05], [0.05, 0.05], [0.05, -0.05], [-0.05, 0.05]];
  const free = around.map(([x, y]) => placed(last[0] + x, last[1] + y)).find((place) => withPoint(drawing, place, name).problem === null);
  return free ?? last;
}

const STEP = 0.01;
const LEAP = 0.05;
const ARROWS: Record<string, Pair> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where an arrow key moves a point; null for other keys. */
export function keyed([x, y]: Pair, key: string, shift: boolean): Pair | null {
  const way = ARROWS[key];
  const by = shift ? LEAP : STEP;
  return way ? placed(x + way[0] * by, y + way[1] * by) : null;
}

