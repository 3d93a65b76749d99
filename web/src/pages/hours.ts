/** Privacy hours as a person edits them: rows of days and times. The server writes them as text: "mon-fri 08:00-16:00, sat ...". */

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export const DAY_NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
export const MOST_ROWS = 32;

/** `from` and `to` as HH:MM; an end that is not after the beginning is on the next day. */
export interface HoursRow {
  days: boolean[];
  from: string;
  to: string;
}

export const newRow = (): HoursRow => ({ days: DAYS.map((_, day) => day < 5), from: "08:00", to: "16:00" });

/** Rows of what the server wrote. */
export function rowsOf(text: string | null): HoursRow[] {
  if (!text) return [];
  return text.split(", ").map((span) => {
    const words = span.split(" ");
    const [from = "", to = ""] = (words.pop() ?? "").split("-");
    const named = words.flatMap(daysOf);
    // A browser's time input knows no 24:00.
    return { days: DAYS.map((_, day) => words.length === 0 || named.includes(day)), from, to: to === "24:00" ? "00:00" : to };
  });
}

function daysOf(word: string): number[] {
  const [first = "", last = first] = word.split("-");
  const begin = DAYS.indexOf(first as (typeof DAYS)[number]);
  const end = DAYS.indexOf(last as (typeof DAYS)[number]);
  return DAYS.map((_, day) => day).filter((day) => begin <= day && day <= end);
}

/** What is sent: empty where there are no rows. */
export function textOf(rows: HoursRow[]): string {
  return rows.map(({ days, from, to }) => `${DAYS.filter((_, day) => days[day]).join(" ")} ${from}-${to}`).join(", ");
}

/** What is still to be entered, or null. */
export function problemOf(rows: HoursRow[]): string | null {
  if (rows.some((row) => !row.days.some(Boolean))) return "Choose at least one day in each line.";
  if (rows.some((row) => row.from === "" || row.to === "")) return "Enter a beginning and an end in each line.";
  return null;
}

/** What a row means where that is not plain from its times. */
export function meaningOf({ from, to }: HoursRow): string {
  if (from === "" || to === "") return "";
  if (from === to) return from === "00:00" ? "all day" : "24 hours";
  return to < from && to !== "00:00" ? "into the next day" : "";
}
