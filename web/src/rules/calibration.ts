/** Four points of the picture and their places on the ground, in metres: what is wrong with them, how wrong a speed may be that is
 * told by them, and a grid that shows them. Ways and sentences are those of model/calibration.py; both are held to calibrations.json. */

import type { Calibration, Pair } from "../wire";
import { zoneProblem } from "./geometry";

/** How far a point may lie from where it should, of the picture's width and height; and how wrong measured distances may be. */
const SEEN = 0.005;
const MEASURED = 0.02;
const LEAST_METRES = 1;
const LARGEST = 1000;
const FLATTEST = 0.03;
const KMH = 3.6;
/** Seconds of a way over which a speed is taken, at most. */
const MOST_SPAN = 2;

type Quad = readonly [Pair, Pair, Pair, Pair];
type Side = readonly [Pair, Pair];
type Homography = readonly [number, number, number, number, number, number, number, number, number];

export const distance = (a: Pair, b: Pair): number => Math.hypot(b[0] - a[0], b[1] - a[1]);
const turn = (a: Pair, b: Pair, c: Pair): number => (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
const between = (a: Pair, b: Pair, share = 0.5): Pair => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
const short = (metres: number): string => String(Number(metres.toPrecision(6)));

function quadOf([a, b, c, d]: readonly Pair[]): Quad | null {
  return a && b && c && d ? [a, b, c, d] : null;
}

const sidesOf = ([a, b, c, d]: Quad): Side[] => [[a, b], [b, c], [c, d], [d, a]];

function pairsOf([a, b, c, d]: Quad): Side[] {
  return [[a, b], [a, c], [a, d], [b, c], [b, d], [c, d]];
}

const THREES = [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]] as const;

function lineProblem(points: readonly Pair[], where: string): string | null {
  for (const three of THREES) {
    const [a, b, c] = three.map((index) => points[index]);
    if (!a || !b || !c) continue;
    const longest = Math.max(distance(a, b), distance(b, c), distance(c, a));
    if (Math.abs(turn(a, b, c)) <= FLATTEST * longest * longest) {
      const [one, other, third] = three.map((index) => index + 1);
      return (
        `Points ${one}, ${other} and ${third} of the calibration are in line ${where}: move one of them to the side, ` +
        "so that the four are the corners of a piece of ground."
      );
    }
  }
  return null;
}

function convex([a, b, c, d]: Quad): boolean {
  const turns = [turn(a, b, c), turn(b, c, d), turn(c, d, a), turn(d, a, b)];
  return turns.every((one) => one > 0) || turns.every((one) => one < 0);
}

const ROUND =
  "The four points of a calibration must go round a piece of ground, each a corner of it, " +
  "in the same order in the picture and on the ground: set them one after another around it.";

/** Why points cannot be set on the picture like this, or null: some may be still to come. */
export function pointsProblem(points: readonly Pair[]): string | null {
  const line = lineProblem(points, "in the picture");
  if (line !== null) return line;
  const quad = quadOf(points);
  return quad && !convex(quad) ? ROUND : null;
}

/** Why a calibration would be refused, or null. */
export function calibrationProblem({ image, ground }: Calibration): string | null {
  const [drawn, places] = [quadOf(image), quadOf(ground)];
  if (!drawn || !places) return "A calibration needs four points of the picture, and for each its place on the ground.";
  const apart = pairsOf(places).map(([a, b]) => distance(a, b));
  const [least, most] = [Math.min(...apart), Math.max(...apart)];
  if (most > LARGEST || least < LEAST_METRES) {
    return (
      `The points of a calibration lie ${short(least)} to ${short(most)} m from each other: ` +
      `take points that are ${LEAST_METRES} to ${LARGEST} m apart.`
    );
  }
  return (
    lineProblem(drawn, "in the picture") ??
    lineProblem(places, "on the ground") ??
    (convex(drawn) && convex(places) ? null : ROUND) ??
    zoneProblem("between the points", image)
  );
}

/** https://en.wikipedia.org/wiki/Homography_(computer_vision): from the square of 0 and 1 to four points. */
function fromSquare([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]: Quad): Homography {
  const [across, down] = [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3];
  const [ax, ay, bx, by] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
  const area = ax * by - bx * ay;
  const g = (across * by - bx * down) / area;
  const h = (ax * down - across * ay) / area;
  return [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1];
}

/** The way back, but for a factor. */
function back([a, b, c, d, e, f, g, h, i]: Homography): Homography {
  return [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d];
}

/** One after the other: first `n`, then `m`. */
function after([a, b, c, d, e, f, g, h, i]: Homography, [j, k, l, m, n, o, p, q, r]: Homography): Homography {
  return [
    a * j + b * m + c * p, a * k + b * n + c * q, a * l + b * o + c * r,
    d * j + e * m + f * p, d * k + e * n + f * q, d * l + e * o + f * r,
    g * j + h * m + i * p, g * k + h * n + i * q, g * l + h * o + i * r,
  ];
}

/** From four points to four others; depth is 1 in the middle of the first four. */
function homography(from: Quad, to: Quad): Homography {
  const found = after(fromSquare(to), back(fromSquare(from)));
  const [a, b, c, d, e, f, g, h, i] = found;
  const middle = between(between(from[0], from[1]), between(from[2], from[3]));
  const depth = g * middle[0] + h * middle[1] + i;
  return [a / depth, b / depth, c / depth, d / depth, e / depth, f / depth, g / depth, h / depth, i / depth];
}

/** A point by a homography; null at the horizon and above. */
function mapped([a, b, c, d, e, f, g, h, i]: Homography, [x, y]: Pair): Pair | null {
  const depth = g * x + h * y + i;
  return depth <= 1e-9 ? null : [(a * x + b * y + c) / depth, (d * x + e * y + f) / depth];
}

function wayBy(map: Homography, before: Pair, later: Pair): number | null {
  const [one, other] = [mapped(map, before), mapped(map, later)];
  return one && other ? distance(one, other) : null;
}

/** The homography, and eight more: with each coordinate of the image points off by `SEEN`. */
function mapsOf(image: Quad, ground: Quad): [Homography, Homography[]] {
  const off = image.flatMap((_, corner) =>
    ([[SEEN, 0], [0, SEEN]] as Pair[]).map(([x, y]) => {
      const moved = quadOf(image.map((point, index): Pair => (index === corner ? [point[0] + x, point[1] + y] : point)));
      return homography(moved ?? image, ground);
    }),
  );
  return [homography(image, ground), off];
}

export interface Speed {
  kmh: number;
  /** How many km/h it may be wrong by. */
  error: number;
}

function told([map, off]: [Homography, Homography[]], before: Pair, later: Pair, seconds: number): Speed | null {
  const metres = wayBy(map, before, later);
  if (metres === null || seconds <= 0) return null;
  const others = off.map((one) => wayBy(one, before, later));
  for (const [x, y] of [[SEEN, 0], [0, SEEN]] as Pair[]) {
    others.push(wayBy(map, [before[0] + x, before[1] + y], later), wayBy(map, before, [later[0] + x, later[1] + y]));
  }
  const wrong = Math.hypot(metres * MEASURED, ...others.map((other) => (other === null ? metres : other - metres)));
  return { kmh: (metres / seconds) * KMH, error: (wrong / seconds) * KMH };
}

/** Of what went from one point of the picture to another; null where that is not on the ground. */
export function speedOf({ image, ground }: Calibration, before: Pair, later: Pair, seconds: number): Speed | null {
  const [drawn, places] = [quadOf(image), quadOf(ground)];
  return drawn && places ? told(mapsOf(drawn, places), before, later, seconds) : null;
}

export interface Margin {
  /** How many km/h a speed may be wrong by where that is least, and where it is most. */
  least: number;
  most: number;
  /** How long it takes from end to end. */
  seconds: number;
}

/** How wrong a speed may be that is driven along the longer way over the ground, between its ends. */
export function marginOf({ image, ground }: Calibration, kmh: number): Margin | null {
  const [drawn, places] = [quadOf(image), quadOf(ground)];
  if (!drawn || !places || !(kmh > 0)) return null;
  const [a, b, c, d] = places;
  const ways: Side[] = [[between(a, b), between(c, d)], [between(b, c), between(d, a)]];
  const [from, to] = ways.reduce((one, other) => (distance(...other) > distance(...one) ? other : one));
  const [length, pace] = [distance(from, to), kmh / KMH];
  const taken = Math.min(length, pace * MOST_SPAN);
  const [maps, picture] = [mapsOf(drawn, places), homography(places, drawn)];
  const errors = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const start = (length - taken) * share;
    const [before, later] = [start, start + taken].map((metres) => mapped(picture, between(from, to, metres / length)));
    return before && later ? (told(maps, before, later, taken / pace)?.error ?? kmh) : kmh;
  });
  return { least: Math.min(...errors), most: Math.max(...errors), seconds: length / pace };
}

export interface Grid {
  /** Metres from line to line. */
  step: number;
  /** In the picture, each from end to end. */
  lines: Side[];
}

const STEPS = [1, 2, 5, 10, 20, 50, 100];
const MOST_LINES = 24;

/** Squares of whole metres on the ground between the points, as they are in the picture. */
export function gridOf({ image, ground }: Calibration): Grid {
  const [drawn, places] = [quadOf(image), quadOf(ground)];
  if (!drawn || !places) return { step: 1, lines: [] };
  const extents = ([0, 1] as const).map((axis): Pair => {
    const values = places.map((place) => place[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  const longest = Math.max(...extents.map(([least, most]) => most - least));
  const step = STEPS.find((one) => longest / one <= MOST_LINES) ?? 100;
  const picture = homography(places, drawn);
  const lines: Side[] = [];
  extents.forEach(([least, most], axis) => {
    for (let at = Math.floor(least / step + 1) * step; at < most; at += step) {
      const ends = cut(places, axis === 0 ? 0 : 1, at).map((end) => mapped(picture, end));
      if (ends[0] && ends[1]) lines.push([ends[0], ends[1]]);
    }
  });
  return { step, lines };
}

/** Where a line on which one coordinate is the same meets the sides of a convex piece of ground. */
function cut(places: Quad, axis: 0 | 1, at: number): Pair[] {
  return sidesOf(places).flatMap(([a, b]) =>
    (a[axis] <= at) === (b[axis] <= at) ? [] : [between(a, b, (at - a[axis]) / (b[axis] - a[axis]))],
  );
}

export interface Length {
  /** In the picture. */
  at: Pair;
  metres: number;
}

/** How long each side is on the ground, and where in the picture that may be written. */
export function lengthsOf({ image, ground }: Calibration): Length[] {
  const [drawn, places] = [quadOf(image), quadOf(ground)];
  if (!drawn || !places) return [];
  return sidesOf(places).flatMap(([a, b], index) => {
    const side = sidesOf(drawn)[index];
    return side ? [{ at: between(...side), metres: distance(a, b) }] : [];
  });
}
