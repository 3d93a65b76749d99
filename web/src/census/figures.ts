/** The figures of a census as numbers for people, and as tables: one a topic, so that none is twenty columns wide. */

import known from "./figures.json";
import type { AreaMeasures, Census, CensusFigure } from "./wire";
import { alike, countWords, firstUp, plain } from "./words";

const WORDS: Readonly<Record<string, string>> = known.words;
const TOPICS: Readonly<Record<string, readonly string[]>> = known.topics;
const [FIRST] = Object.keys(TOPICS);
const MOST_HOWS = 3;

// A name comes from outside: "constructor" is none of its own.
const own = <T>(all: Readonly<Record<string, T>>, name: string): T | undefined => (Object.hasOwn(all, name) ? all[name] : undefined);

const begins = (name: string, starts: readonly string[]): boolean => starts.some((start) => name.startsWith(start));

/** What a figure is; the name itself of one that a newer watchglass has measured. */
export const wordsOf = (name: string): string => firstUp(own(WORDS, name) ?? "") || plain(name);

/** The same without what explains it. */
const headOf = (name: string): string => (Object.hasOwn(WORDS, name) ? wordsOf(name).replace(/(:| \().*$/, "") : wordsOf(name));

/** Shares in per cent, counts whole, rates with three digits that count. */
export function shown(name: string, value: number): string {
  if (begins(name, known.shares)) return `${(100 * value).toFixed(1)}%`;
  if (begins(name, known.whole) || Math.abs(value) >= 1000) return countWords(value);
  if (value === 0) return "0";
  return value.toFixed(Math.min(100, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))));
}

/** What is known of a figure's uncertainty: "4.9 to 6.4"; empty where nothing is. */
export function interval(name: string, { low, high }: CensusFigure): string {
  if (low !== null && high !== null) return `${shown(name, low)} to ${shown(name, high)}`;
  if (low !== null) return `at least ${shown(name, low)}`;
  return high === null ? "" : `at most ${shown(name, high)}`;
}

/** `key` is what it is sorted by; null where nothing is known. `under` stands below in small, and `how` says how that was had. */
export interface Cell {
  text: string;
  under: string;
  how: string;
  key: string | number | null;
}

/** `whole` is what the head stands for, where that is longer than a head may be. */
export interface Column {
  head: string;
  whole: string;
}

/** The first column is the area's name. `hows` says of each figure how its intervals were had. */
export interface FigureTable {
  title: string;
  columns: Column[];
  rows: Cell[][];
  hows: { figure: string; how: string }[];
}

/** All figures of all areas, in the order of the report. */
export function tablesOf({ areas }: Pick<Census, "areas">): FigureTable[] {
  if (areas.length === 0) return [];
  const names = figureNames(areas);
  const topics = Object.entries(TOPICS).map(([title, starts]) => ({ title, some: names.filter((name) => begins(name, starts)) }));
  const rest = names.filter((name) => !topics.some(({ some }) => some.includes(name)));
  const there = [...topics, { title: "Other figures", some: rest }].filter(({ some }) => some.length > 0);
  // People and km² stand once, and last: on a narrow screen they would stand before every figure.
  const size = there.find(({ title }) => title === FIRST) ?? there[0];
  const tables = there.map((one) => topicTable(areas, one.title, one.some, one === size));
  if (tables.length === 0) tables.push(topicTable(areas, "Areas", [], true));
  return [...tables, ...indexTables(areas)];
}

/** Of the figures that at least one area has, the known ones first and in their order. */
export function figureNames(areas: readonly AreaMeasures[]): string[] {
  const there = new Set(areas.flatMap(({ figures }) => Object.keys(figures)));
  const ours = Object.keys(WORDS);
  return [...ours.filter((name) => there.has(name)), ...[...there].filter((name) => !ours.includes(name))];
}

function topicTable(areas: readonly AreaMeasures[], title: string, names: string[], sizes: boolean): FigureTable {
  const columns = names.map((name) => ({ head: headOf(name), whole: wordsOf(name) }));
  return {
    title,
    columns: [...heads("Area"), ...columns, ...(sizes ? heads("People", "km²") : [])],
    rows: areas.map((area) => [
      nameCell(area.area),
      ...names.map((name) => figureCell(name, own(area.figures, name))),
      ...(sizes ? [valueCell("cameras", area.population), valueCell("", area.km2)] : []),
    ]),
    hows: names.flatMap((name) => {
      const some = alike(areas.map((area) => plain(own(area.figures, name)?.how ?? "")).filter((how) => how !== ""));
      return some.length > 0 ? [{ figure: wordsOf(name), how: some.slice(0, MOST_HOWS).join("; ") }] : [];
    }),
  };
}

function indexTables(areas: readonly AreaMeasures[]): FigureTable[] {
  const names = [...new Set(areas.flatMap(({ indices }) => Object.keys(indices)))];
  if (names.length === 0) return [];
  const rows = areas.map((area) => [nameCell(area.area), ...names.map((name) => valueCell("", own(area.indices, name) ?? null))]);
  return [{ title: "Other figures that came with the areas", columns: heads("Area", ...names.map(plain)), rows, hows: [] }];
}

const heads = (...words: string[]): Column[] => words.map((head) => ({ head, whole: head }));

const nameCell = (area: string): Cell => ({ text: plain(area), under: "", how: "", key: plain(area) });

const valueCell = (name: string, value: number | null): Cell =>
  value === null ? { text: "not known", under: "", how: "", key: null } : { text: shown(name, value), under: "", how: "", key: value };

function figureCell(name: string, figure: CensusFigure | undefined): Cell {
  if (!figure) return valueCell(name, null);
  return { ...valueCell(name, figure.value), under: interval(name, figure), how: plain(figure.how) };
}
