/** Zones and tripwires as somebody draws them, in 0..1 of the picture, and what is wrong with one: the server's own sentences. */

import type { Pair } from "../wire";

export const MOST_CORNERS = 64;
const LEAST_AREA = 1e-4;
const LEAST_LENGTH = 0.01;

/** A name as the server quotes it. */
const quoted = (name: string): string => (name.includes("'") && !name.includes('"') ? `"${name}"` : `'${name}'`);

const turn = (a: Pair, b: Pair, c: Pair): number => (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);

const straddle = (a: Pair, b: Pair, c: Pair, d: Pair): boolean => turn(a, b, c) * turn(a, b, d) <= 0;

/** Whether two sides have a point in common. */
export function cross([a, b]: Side, [c, d]: Side): boolean {
  for (const axis of [0, 1] as const) {
    if (Math.max(a[axis], b[axis]) < Math.min(c[axis], d[axis])) return false;
    if (Math.max(c[axis], d[axis]) < Math.min(a[axis], b[axis])) return false;
  }
  return straddle(a, b, c, d) && straddle(c, d, a, b);
}

type Side = [Pair, Pair];

function sidesOf(corners: readonly Pair[], closed: boolean): Side[] {
  const sides: Side[] = [];
  for (let i = 0; i < corners.length; i += 1) {
    const next = i + 1 < corners.length ? i + 1 : closed ? 0 : -1;
    const [one, other] = [corners[i], corners[next]];
    if (one && other) sides.push([one, other]);
  }
  return sides;
}

/** Whether sides that do not follow each other meet. */
export function crossesItself(corners: readonly Pair[], closed: boolean): boolean {
  const sides = sidesOf(corners, closed);
  return sides.some((side, i) =>
    sides.some((other, j) => j >= i + 2 && !(closed && i === 0 && j === sides.length - 1) && cross(side, other)),
  );
}

const same = (a: Pair, b: Pair): boolean => a[0] === b[0] && a[1] === b[1];

/** Of the picture's, 0 to 1. */
export function areaOf(corners: readonly Pair[]): number {
  return Math.abs(sidesOf(corners, true).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0)) / 2;
}

/** Why a zone cannot be drawn on like this, or null: while it is open, its last side is still to come. */
export function drawingProblem(name: string, corners: readonly Pair[], closed: boolean): string | null {
  const whose = `Zone ${quoted(name)}`;
  if (corners.length > MOST_CORNERS) return `${whose} has ${corners.length} corners: draw 3 to ${MOST_CORNERS}.`;
  if (sidesOf(corners, closed).some(([one, other]) => same(one, other))) {
    return `${whose} has a corner twice: leave one of the two out.`;
  }
  return crossesItself(corners, closed) ? `${whose} crosses itself: draw its corners one after another around it.` : null;
}

/** Why a zone that is finished would be refused, or null. */
export function zoneProblem(name: string, corners: readonly Pair[]): string | null {
  const whose = `Zone ${quoted(name)}`;
  if (name.trim() === "") return "A zone needs a name of 1 to 64 characters that can be printed.";
  if (corners.length < 3) return `${whose} has ${corners.length} corners: draw 3 to ${MOST_CORNERS}.`;
  const drawn = drawingProblem(name, corners, true);
  if (drawn !== null) return drawn;
  return areaOf(corners) < LEAST_AREA ? `${whose} has no area: draw it larger than a hundredth of the picture each way.` : null;
}

export function tripwireProblem(name: string, ends: readonly Pair[]): string | null {
  if (name.trim() === "") return "A tripwire needs a name of 1 to 64 characters that can be printed.";
  const [first, second] = ends;
  if (!first || !second) return "Draw both ends of the line.";
  const length = Math.hypot(second[0] - first[0], second[1] - first[1]);
  return length < LEAST_LENGTH ? `Tripwire ${quoted(name)} has no length: draw its ends further from each other.` : null;
}

/** A point held in the picture, to a ten-thousandth of it. */
export function placed(x: number, y: number): Pair {
  const held = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
  return [held(x), held(y)];
}

/** Where the arrow of forward begins and ends: from the line's middle to its right, seen from first to second. `ratio`: width by height. */
export function arrowOf([first, second]: readonly [Pair, Pair], ratio: number, length: number): [Pair, Pair] {
  const middle: Pair = [((first[0] + second[0]) / 2) * ratio, (first[1] + second[1]) / 2];
  const across: Pair = [(second[0] - first[0]) * ratio, second[1] - first[1]];
  const size = Math.hypot(...across) || 1;
  return [middle, [middle[0] - (across[1] / size) * length, middle[1] + (across[0] / size) * length]];
}

/** "20% from the left, 35% from the top". */
export function placeWords([x, y]: Pair): string {
  return `${Math.round(x * 100)}% from the left, ${Math.round(y * 100)}% from the top`;
}
