import type { VNode } from "preact";
import { useCallback } from "preact/hooks";

import { ApiError, getCensus, getCensuses } from "../api";
import { CensusView } from "../census/CensusView";
import type { Census, KeptCensus } from "../census/wire";
import { counted, madeWords } from "../census/words";
import { useAgain } from "../coverage/useAgain";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";

const AGAIN_MS = 30_000;

/** The census of that name; without one, all that were published here, or the only one itself. */
export function CensusPage({ name }: { name: string | null }): VNode {
  const { value: list, failed } = useAgain(getCensuses, AGAIN_MS);
  if (list === null && !failed) return <Loading text="Loading censuses" />;
  const chosen = name ?? (list?.length === 1 ? list[0]?.name : undefined);
  if (chosen !== undefined) return <One key={chosen} name={chosen} others={(list?.length ?? 0) > 1} />;
  return (
    <section class="page census">
      <h1>Census of cameras</h1>
      <p class="lead">How watched places are, counted from open data. Figures are of cameras and places, never of people.</p>
      {failed ? <p class="card-note">Censuses could not be loaded{list ? " anew" : ""}. Trying again.</p> : null}
      {list?.length === 0 ? <None /> : null}
      {list && list.length > 0 ? <List list={list} /> : null}
    </section>
  );
}

function None(): VNode {
  return (
    <div class="card">
      <h2>No census has been published here</h2>
      <p class="card-note">
        To count the cameras of a place and show the figures here, run this where watchglass runs, with your map, your table of places
        and a name of your choice:
      </p>
      <pre class="census-command">
        <code>
          watchglass census measure town.osm.pbf <span class="whole">--areas people.csv</span>{" "}
          <span class="whole">--publish riverside</span>
        </code>
      </pre>
    </div>
  );
}

function List({ list }: { list: KeptCensus[] }): VNode {
  return (
    <ul class="census-list" aria-label="Censuses">
      {list.map(({ name, made, areas }) => (
        <li key={name} class="card">
          <h2>
            <a href={`/census/${name}`}>{name}</a>
          </h2>
          {made === null ? (
            <p class="census-broken">
              <Icon name="caution" /> It cannot be read: publish it again.
            </p>
          ) : (
            <p class="muted">
              {counted(areas, "area")}, made {madeWords(made)}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

/** A census, or the server's sentence that says why there is none. */
type Answer = { census: Census } | { refusal: ApiError };

async function answerOf(name: string, signal: AbortSignal): Promise<Answer> {
  try {
    return { census: await getCensus(name, signal) };
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 422)) return { refusal: error };
    throw error;
  }
}

function One({ name, others }: { name: string; others: boolean }): VNode {
  const ask = useCallback((signal: AbortSignal) => answerOf(name, signal), [name]);
  const { value: answer, failed } = useAgain(ask, AGAIN_MS);
  if (answer === null && !failed) return <Loading text="Loading the census" />;
  const gone = answer && "refusal" in answer && answer.refusal.status === 404;
  return (
    <section class="page census">
      {others || gone ? (
        <p class="crumb">
          <a href="/census">
            <Icon name="left" /> All censuses
          </a>
        </p>
      ) : null}
      <h1>Census of cameras: {name}</h1>
      {failed ? <p class="card-note">It could not be loaded{answer ? " anew" : ""}. Trying again.</p> : null}
      {answer && "refusal" in answer ? (
        <div class="card">
          <p class="census-broken" role="status">
            <Icon name="caution" /> {answer.refusal.message}
          </p>
        </div>
      ) : null}
      {answer && "census" in answer ? <CensusView census={answer.census} /> : null}
    </section>
  );
}
