/** A census in words. What comes from inputs of others is shown as text, on one line, with nothing in it that cannot be seen. */

import { dateAndTime } from "../time/format";
import { MS } from "../time/units";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 1,234 */
export const countWords = (count: number): string => whole.format(count);

/** 1 area, 12 areas */
export const counted = (count: number, one: string, several = `${one}s`): string => `${countWords(count)} ${count === 1 ? one : several}`;

// Control characters, halves of characters, and what turns the direction of writing for all that comes after.
const UNSHOWN = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

export function plain(text: string): string {
  return text
    .replace(/[\t\r\n\u2028\u2029]/g, " ")
    .replace(UNSHOWN, "\ufffd")
    .replace(/\s+/g, " ")
    .trim();
}

/** When it was made, by the clock of whoever looks; what is no date, as it stands there. */
export function madeWords(made: string): string {
  const ms = Date.parse(made);
  return Number.isNaN(ms) ? plain(made) : dateAndTime(ms * MS);
}

export const firstUp = (words: string): string => words.slice(0, 1).toUpperCase() + words.slice(1);

const AMOUNT = /\d+(?:,\d{3})*(?:\.\d+)?/g;

/** Sentences without those that say the same with other numbers: "bootstrap over 12 to 214 cells". In their order. */
export function alike(sentences: Iterable<string>): string[] {
  const kinds = new Map<string, string[][]>();
  for (const one of new Set(sentences)) {
    const kind = one.replace(AMOUNT, "\0");
    kinds.set(kind, [...(kinds.get(kind) ?? []), one.match(AMOUNT) ?? []]);
  }
  return [...kinds].map(([kind, numbers]) =>
    kind
      .split("\0")
      .map((words, place) => words + ends(numbers.flatMap((found) => found[place] ?? [])))
      .join(""),
  );
}

function ends(amounts: string[]): string {
  const size = (amount: string): number => Number(amount.replaceAll(",", ""));
  const sorted = [...amounts].sort((one, other) => size(one) - size(other));
  const [low, high] = [sorted[0] ?? "", sorted.at(-1) ?? ""];
  return low === high ? low : `${low} to ${high}`;
}
