import type { VNode } from "preact";
import { useId, useState } from "preact/hooks";

import { Icon } from "../parts/icons";
import type { Cell, Column, FigureTable } from "./figures";
import { ariaSort, pressed, sorted, type Order } from "./sorting";
import { countWords } from "./words";

// A country has thousands of places: more rows at once than anybody reads make the page slow.
const MANY = 200;
// With more rows than these the head stays in sight while they scroll.
const TALL = 15;
const FEW = 3;

/** A table that scrolls in its card; a press on a column's head sorts by it. */
export function FigureGrid({ table: { title, columns, rows, hows } }: { table: FigureTable }): VNode {
  const id = useId();
  const [order, setOrder] = useState<Order | null>(null);
  const [most, setMost] = useState(MANY);
  const shown = sorted(rows, order).slice(0, most);
  return (
    <section class="card census-figures" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class={rows.length > TALL ? "census-scroll census-tall" : "census-scroll"} role="region" tabIndex={0} aria-labelledby={id}>
        <table class={columns.length <= FEW ? "census-few" : undefined}>
          <caption class="sr-only">{title}. The buttons in its head sort it.</caption>
          <thead>
            <tr>
              {columns.map((column, i) => (
                <Head key={i} column={column} order={ariaSort(order, i)} onPress={() => setOrder(pressed(order, i))} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, i) => (
              <Row key={i} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > most ? (
        <button type="button" class="button button-small census-more" onClick={() => setMost(most + MANY)}>
          Show more <span class="muted">({countWords(most)} of {countWords(rows.length)})</span>
        </button>
      ) : null}
      {hows.length > 0 ? (
        <details class="census-hows">
          <summary>
            <Icon name="down" /> How the intervals were had
          </summary>
          <ul class="census-sentences">
            {hows.map(({ figure, how }) => (
              <li key={figure}>
                <bdi>{figure}</bdi>: <bdi>{how}</bdi>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}

interface HeadProps {
  column: Column;
  order: "none" | "ascending" | "descending";
  onPress: () => void;
}

function Head({ column: { head, whole }, order, onPress }: HeadProps): VNode {
  return (
    <th scope="col" aria-sort={order}>
      <button type="button" onClick={onPress} {...(whole === head ? {} : { title: whole })}>
        <bdi>{head}</bdi>
      </button>
    </th>
  );
}

function Row({ row: [name, ...cells] }: { row: Cell[] }): VNode {
  return (
    <tr>
      <th scope="row">
        <bdi>{name?.text}</bdi>
      </th>
      {cells.map(({ text, under, how, key }, i) => (
        <td key={i} class={key === null ? "muted" : undefined} {...(how === "" ? {} : { title: how })}>
          {text}
          {under === "" ? null : <small>{under}</small>}
        </td>
      ))}
    </tr>
  );
}
