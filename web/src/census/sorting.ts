/** Rows of a table in the order of one of its columns. */

import type { Cell } from "./figures";

export interface Order {
  column: number;
  down: boolean;
}

/** After a press on a column's head: numbers from the greatest, names from A; pressed again, the other way round. */
export const pressed = (order: Order | null, column: number): Order =>
  order?.column === column ? { column, down: !order.down } : { column, down: column > 0 };

const names = new Intl.Collator("en", { numeric: true });

/** What is not known comes last, whichever way; what is equal stays as it was. Without an order, as they came. */
export function sorted(rows: readonly Cell[][], order: Order | null): readonly Cell[][] {
  if (!order) return rows;
  const key = (row: Cell[]): Cell["key"] => row[order.column]?.key ?? null;
  return [...rows].sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const by = typeof a === "number" && typeof b === "number" ? a - b : names.compare(String(a), String(b));
    return order.down ? -by : by;
  });
}

export const ariaSort = (order: Order | null, column: number): "none" | "ascending" | "descending" =>
  order?.column !== column ? "none" : order.down ? "descending" : "ascending";
