/** Ticks at round local times. Local days are 23, 24 or 25 hours long, so ticks are found, not counted. */

import { aheadOfUtc, clockTime, dayName, hourMinute, zoneName } from "../time/format";
import { DAY, MINUTE, MS } from "../time/units";
import { spanOf, type TimeWindow } from "./scale";

export interface Tick {
  us: number;
  label: string;
  /** True where a local day begins; then `label` is its date. */
  day: boolean;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE);
const DAY_STEPS = [1, 2, 5, 7, 14];
// Every zone's distance to UTC is a multiple of this, today.
const QUARTER = 15 * MINUTE;

/** The smallest round step that leaves at least `room` pixels between ticks. */
export function stepFor(window: TimeWindow, width: number, room: number): number {
  const least = (spanOf(window) / width) * room;
  const short = STEPS.find((step) => step >= least);
  if (short !== undefined) return short;
  const days = DAY_STEPS.find((count) => count * DAY >= least) ?? 14;
  return days * DAY;
}

export function ticks(window: TimeWindow, width: number, room: number): Tick[] {
  const step = stepFor(window, width, room);
  return step >= DAY ? dayTicks(window, step / DAY) : hourTicks(window, step);
}

function dayTicks(window: TimeWindow, everyDays: number): Tick[] {
  const found: Tick[] = [];
  const first = new Date(window.fromUs / MS);
  for (let offset = 0; ; offset += 1) {
    // The constructor knows the calendar: the 32nd is the 1st, and midnight is local whatever the day's length.
    const midnight = new Date(first.getFullYear(), first.getMonth(), first.getDate() + offset);
    const us = midnight.getTime() * MS;
    if (us > window.toUs) return found;
    if (us < window.fromUs) continue;
    // Counted from a fixed day, so that panning does not make labels jump.
    const number = Math.round(Date.UTC(midnight.getFullYear(), midnight.getMonth(), midnight.getDate()) / 86_400_000);
    if (number % everyDays === 0) found.push({ us, label: dayName(us), day: true });
  }
}

function hourTicks(window: TimeWindow, step: number): Tick[] {
  const found: Tick[] = [];
  const grain = divisor(step, QUARTER);
  for (let us = Math.ceil(window.fromUs / grain) * grain; us <= window.toUs; us += grain) {
    const local = new Date(us / MS);
    const minutes = local.getHours() * 60 + local.getMinutes();
    if ((minutes * MINUTE) % step !== 0) continue;
    const day = minutes === 0;
    found.push({ us, label: day ? dayName(us) : hourLabel(us, found.at(-1)), day });
  }
  return found;
}

/** The first hour after clocks were set carries its zone; the one that comes twice in autumn does so by itself. */
function hourLabel(us: number, before: Tick | undefined): string {
  const label = hourMinute(us);
  const zone = zoneName(us);
  const changed = before !== undefined && aheadOfUtc(before.us) !== aheadOfUtc(us);
  return changed && !label.endsWith(zone) ? `${label} ${zone}` : label;
}

/** Moments at which clocks here are set forward or back, to the minute. */
export function clockChanges({ fromUs, toUs }: TimeWindow): number[] {
  const found: number[] = [];
  // Changes are weeks apart in every zone.
  for (let us = fromUs; us < toUs; us += DAY) {
    let [low, high] = [us, Math.min(us + DAY, toUs)];
    if (aheadOfUtc(low) === aheadOfUtc(high)) continue;
    while (high - low > MINUTE) {
      const middle = (low + high) / 2;
      if (aheadOfUtc(middle) === aheadOfUtc(low)) low = middle;
      else high = middle;
    }
    found.push(Math.floor(high / MINUTE) * MINUTE);
  }
  return found;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** A moment as precise as the window lets a pointer be. */
export function pointerLabel(us: number): string {
  return `${dayName(us)}, ${clockTime(us)}`;
}
