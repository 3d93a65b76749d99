/** Times and amounts in words, always through Intl. The console speaks English; the hour is always 0 to 23. */

import { DAY, HOUR, MINUTE, MS, SECOND } from "./units";

const browser = typeof navigator === "undefined" ? "en-GB" : navigator.language;
// English month names whatever the browser's language: the rest of the sentence is English too.
const LOCALE = browser.startsWith("en") ? browser : "en-GB";
// The short names of units differ between kinds of English (sec, secs); one is enough.
const UNIT_LOCALE = "en-US";

/** Where summer time ends an hour comes twice: then a time carries its zone, so that the two can be told apart. */
const format = (options: Intl.DateTimeFormatOptions): ((us: number) => string) => {
  const made = new Intl.DateTimeFormat(LOCALE, { hourCycle: "h23", ...options });
  return (us) => (options.hour && isTwice(us) ? `${made.format(us / MS)} ${zoneName(us)}` : made.format(us / MS));
};

/** Minutes that local time is ahead of UTC. */
export const aheadOfUtc = (us: number): number => -new Date(us / MS).getTimezoneOffset();

/** Whether clocks here show this time twice, because they are set back around it. */
export function isTwice(us: number): boolean {
  const around = 3 * HOUR;
  const back = aheadOfUtc(us - around) - aheadOfUtc(us + around);
  if (back <= 0) return false;
  const ahead = aheadOfUtc(us);
  return aheadOfUtc(us + back * MINUTE) === ahead - back || aheadOfUtc(us - back * MINUTE) === ahead + back;
}

/** 14:03 */
export const hourMinute = format({ hour: "2-digit", minute: "2-digit" });
/** 14:03:22 */
export const clockTime = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
/** Sun 22 Nov */
export const dayName = format({ weekday: "short", day: "numeric", month: "short" });
/** 22 Nov 2026 */
export const date = format({ day: "numeric", month: "short", year: "numeric" });
/** Sun 22 Nov 2026, 14:03:22 */
export const fullTime = format({
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const dayAndTime = format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
/** 22 Nov 2026, 14:03 */
export const dateAndTime = format({
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const zoneParts = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", timeZoneName: "short" });

/** The zone's short name at that moment: CET or CEST. */
export function zoneName(us: number): string {
  return zoneParts.formatToParts(us / MS).find((part) => part.type === "timeZoneName")?.value ?? "";
}

export function sameDay(aUs: number, bUs: number): boolean {
  const a = new Date(aUs / MS);
  const b = new Date(bUs / MS);
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

/** As short as the moment allows: 14:03 today, 21 Nov, 14:03 this year, with the year before that. */
export function moment(us: number, nowUs: number): string {
  if (sameDay(us, nowUs)) return hourMinute(us);
  const thisYear = new Date(us / MS).getFullYear() === new Date(nowUs / MS).getFullYear();
  return thisYear ? dayAndTime(us) : dateAndTime(us);
}

/** A span in words; the second date is left out where it is the same day. */
export function spanText(fromUs: number, toUs: number): string {
  const end = sameDay(fromUs, toUs) ? clockTime(toUs) : `${dayName(toUs)}, ${clockTime(toUs)}`;
  return `${dayName(fromUs)}, ${clockTime(fromUs)} to ${end}`;
}

const unit = (name: string): ((n: number) => string) => {
  const made = new Intl.NumberFormat(UNIT_LOCALE, { style: "unit", unit: name, unitDisplay: "short" });
  return (n) => made.format(n);
};
const UNITS: [number, (n: number) => string][] = [
  [DAY, unit("day")],
  [HOUR, unit("hour")],
  [MINUTE, unit("minute")],
  [SECOND, unit("second")],
];

/** The two largest units of a length of time: 3 days 4 hr, 2 min 5 sec, 0 sec. Never negative. */
export function duration(us: number): string {
  let rest = Math.max(0, Math.floor(us / SECOND)) * SECOND;
  const first = UNITS.findIndex(([size]) => rest >= size);
  if (first === -1) return unit("second")(0);
  const parts: string[] = [];
  for (const [size, name] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(name(count));
  }
  return parts.join(" ");
}

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];

/** Bytes in decimal units, as disks are sold: 2.1 GB. */
export function bytes(count: number): string {
  const size = Math.max(0, count);
  const power = size < 1000 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** power;
  return new Intl.NumberFormat(UNIT_LOCALE, {
    style: "unit",
    unit: BYTE_UNITS[power] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  }).format(value);
}

const whole = new Intl.NumberFormat(UNIT_LOCALE, { style: "percent", maximumFractionDigits: 0 });

const tenths = new Intl.NumberFormat(UNIT_LOCALE, { style: "percent", maximumFractionDigits: 1 });

/** 0..1 in tenths of a per cent, never more than it is: 99.9% until it is whole. */
export function finePercent(share: number): string {
  const held = Math.min(1, Math.max(0, share));
  return tenths.format(Math.floor(held * 1000) / 1000);
}

/** 0..1 as whole per cent, never 100 % before it is whole. */
export function percent(share: number): string {
  const held = Math.min(1, Math.max(0, share));
  return whole.format(held < 1 ? Math.min(held, 0.99) : 1);
}
