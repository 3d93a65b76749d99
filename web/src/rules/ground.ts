/** Where the points of a calibration are on the ground, as somebody types it, and what is told of it in words. Pure. */

import type { Calibration, Pair } from "../wire";
import { distance, marginOf } from "./calibration";

export interface GroundDraft {
  /** Whether two lengths are given, or each point's place. */
  rectangle: boolean;
  /** Metres from point 1 to 2, and from 2 to 3, of a rectangle. */
  wide: string;
  long: string;
  /** Of each point. */
  places: [string, string][];
}

const NOWHERE: [string, string] = ["", ""];

export const blankGround: GroundDraft = { rectangle: true, wide: "", long: "", places: [NOWHERE, NOWHERE, NOWHERE, NOWHERE] };

const numberOf = (text: string): number | null => (text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text));

const rectangle = (wide: number, long: number): Pair[] => [[0, 0], [wide, 0], [wide, long], [0, long]];

/** In metres; null while something is still to be given. */
export function groundOf({ rectangle: even, wide, long, places }: GroundDraft): Pair[] | null {
  if (even) {
    const [width, length] = [numberOf(wide), numberOf(long)];
    return width === null || length === null ? null : rectangle(width, length);
  }
  const found = places.map(([x, y]) => [numberOf(x), numberOf(y)]);
  return found.every((pair): pair is Pair => pair.every((value) => value !== null)) ? found : null;
}

/** What is still to be given, or null. */
export function groundProblem(draft: GroundDraft): string | null {
  if (groundOf(draft) !== null) return null;
  if (draft.rectangle) return "Give the metres from point 1 to point 2, and from point 2 to point 3.";
  const lacking = draft.places.findIndex((place) => place.some((text) => numberOf(text) === null));
  return `Give both metres of point ${lacking + 1}.`;
}

/** As it is typed; a rectangle as its two lengths. */
export function groundDraftOf(ground: readonly Pair[]): GroundDraft {
  const places = ground.map(([x, y]): [string, string] => [String(x), String(y)]);
  const [wide, long] = ground[2] ?? [0, 0];
  const even = String(rectangle(wide, long)) === String(ground);
  return even ? { rectangle: true, wide: String(wide), long: String(long), places } : { ...blankGround, rectangle: false, places };
}

const typed = (metres: number): string => String(Math.round(metres * 100) / 100);

/** The other way of giving it: what was given is taken along as far as it goes. */
export function withForm(draft: GroundDraft, even: boolean): GroundDraft {
  const ground = groundOf(draft);
  if (even === draft.rectangle || ground === null) return { ...draft, rectangle: even };
  const [one, two, three] = ground;
  if (!even) return { ...draft, rectangle: even, places: ground.map(([x, y]) => [String(x), String(y)]) };
  if (!one || !two || !three) return { ...draft, rectangle: even };
  return { ...draft, rectangle: even, wide: typed(distance(one, two)), long: typed(distance(two, three)) };
}

/** "3.5 m" */
export const metresWords = (metres: number): string => `${typed(metres)} m`;

/** Below this a vehicle has been seen three times, 0.4 s apart, only by luck. */
const LEAST_SECONDS = 1.6;
/** Of the speed: more than this is of little use. */
const MUCH = 0.3;

export interface MarginWords {
  text: string;
  /** What would be better done about it. */
  advice: string | null;
}

/** How wrong speeds will be, before anything is saved. */
export function marginWords(calibration: Calibration, kmh: number): MarginWords | null {
  const margin = marginOf(calibration, kmh);
  if (margin === null) return null;
  const { least, most, seconds } = margin;
  const range = (a: number, b: number): string => (Math.round(a) === Math.round(b) ? `${Math.round(b)}` : `${Math.round(a)} to ${Math.round(b)}`);
  const [kmhs, shares] = [range(Math.max(1, least), Math.max(1, most)), range((least / kmh) * 100, (most / kmh) * 100)];
  const text =
    `A vehicle at ${kmh} km/h is told as ${kmh}, give or take ${kmhs} km/h (${shares}%)` +
    `${kmhs.includes(" ") ? ", by where it is" : ""}. Only what is faster by more than that makes an event.`;
  if (seconds < LEAST_SECONDS) {
    return {
      text,
      advice: `It is between the points for ${seconds.toFixed(1)} s only, which may be too short to be measured: take points that lie further from each other along its way.`,
    };
  }
  const much = most > MUCH * kmh ? "That is much: take points that lie further from each other, or nearer to the camera." : null;
  return { text, advice: much };
}
