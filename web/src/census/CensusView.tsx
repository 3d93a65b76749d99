import type { ComponentChildren, VNode } from "preact";
import { useMemo } from "preact/hooks";

import { Icon } from "../parts/icons";
import { FigureGrid } from "./FigureGrid";
import { tablesOf } from "./figures";
import type { Census } from "./wire";
import { counted, countWords, madeWords, plain } from "./words";

const FEW_INPUTS = 6;

/** All of one: what may be concluded, then the figures, then what they rest on. */
export function CensusView({ census }: { census: Census }): VNode {
  const tables = useMemo(() => tablesOf(census), [census]);
  const { notes, assumptions, remarks, remarks_in_all: all } = census;
  return (
    <>
      <p class="lead">
        {counted(census.areas.length, "area")}. Made {madeWords(census.made)}
        <Inputs names={census.inputs} />.
      </p>
      {notes.length > 0 ? (
        <div class="card census-notes">
          <h2>What may and may not be concluded</h2>
          <Sentences list={notes} />
        </div>
      ) : null}
      {tables.length === 0 ? <p class="card card-note">There is no area in it.</p> : null}
      {tables.map((table) => (
        <FigureGrid key={table.title} table={table} />
      ))}
      {assumptions.length > 0 ? (
        <Folded title="What was assumed" count={countWords(assumptions.length)}>
          <Sentences list={assumptions} />
        </Folded>
      ) : null}
      {all > 0 ? (
        <Folded title="Remarks on the inputs" count={remarks.length < all ? `${countWords(remarks.length)} of ${countWords(all)}` : countWords(all)}>
          {remarks.length < all ? <p class="card-note">These are the first of them. All are in the file census.json that was written.</p> : null}
          <ul class="census-sentences">
            {remarks.map(({ source, where, what, dropped }, i) => (
              <li key={i}>
                <bdi>{plain(source)}</bdi>, <bdi>{plain(where)}</bdi>: <bdi>{plain(what)}</bdi>{" "}
                <span class="muted whole">{dropped ? "not used" : "used without it"}</span>
              </li>
            ))}
          </ul>
        </Folded>
      ) : null}
    </>
  );
}

function Inputs({ names }: { names: readonly string[] }): VNode | null {
  if (names.length === 0) return null;
  const more = names.length - FEW_INPUTS;
  return (
    <>
      {" from "}
      {names.slice(0, FEW_INPUTS).map((name, i) => (
        <span key={i}>
          {i > 0 ? ", " : ""}
          <bdi>{plain(name)}</bdi>
        </span>
      ))}
      {more > 0 ? ` and ${counted(more, "other file")}` : ""}
    </>
  );
}

function Sentences({ list }: { list: readonly string[] }): VNode {
  return (
    <ul class="census-sentences">
      {list.map((one, i) => (
        <li key={i}>
          <bdi>{plain(one)}</bdi>
        </li>
      ))}
    </ul>
  );
}

interface FoldedProps {
  title: string;
  count: string;
  children: ComponentChildren;
}

function Folded({ title, count, children }: FoldedProps): VNode {
  return (
    <details class="card census-folded">
      <summary>
        <Icon name="down" />
        <span>
          {title} <span class="muted whole">({count})</span>
        </span>
      </summary>
      {children}
    </details>
  );
}
