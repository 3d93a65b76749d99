import type { VNode } from "preact";
import { useId, useMemo, useState } from "preact/hooks";

import { cameraWords, lengthWords, nameWords, recordingOf, tracksWords, whenWords } from "../events/events";
import { useEvents } from "../events/useEvents";
import { Loading } from "../parts/Loading";
import { KINDS, kindTitle } from "../rules/kinds";
import { cameras } from "../state/server";
import { fullTime, percent } from "../time/format";
import { useNow } from "../time/useNow";
import type { Camera, RuleEvent, RuleKind } from "../wire";
import { sentence } from "../words";

/** What rules have seen, the newest first. */
export function EventsPage({ camera: first }: { camera: number | null }): VNode {
  const [camera, setCamera] = useState(first);
  const [kind, setKind] = useState<RuleKind | null>(null);
  const query = useMemo(
    () => ({ ...(camera === null ? {} : { camera }), ...(kind === null ? {} : { kind }) }),
    [camera, kind],
  );
  const { events, older, failed, more, loading } = useEvents(query);
  const all = cameras.value;
  if (!all) return <Loading text="Loading events" />;
  return (
    <section class="page events">
      <h1>Events</h1>
      <p class="lead">What rules have seen, the newest first. Rules are set on each camera's page.</p>
      <Filters cameras={all} camera={camera} kind={kind} onCamera={setCamera} onKind={setKind} />
      {failed ? <p class="card-note">Events could not be loaded{events ? " anew" : ""}. Trying again.</p> : null}
      {events === null ? (
        failed ? null : <Loading text="Loading events" />
      ) : events.length === 0 ? (
        <Empty all={all} camera={camera} filtered={camera !== null || kind !== null} />
      ) : (
        <List events={events} all={all} />
      )}
      {older !== null && events !== null && events.length > 0 ? (
        <button type="button" class="button" disabled={loading} onClick={more}>
          {loading ? "Loading" : "Show older events"}
        </button>
      ) : null}
    </section>
  );
}

interface FiltersProps {
  cameras: readonly Camera[];
  camera: number | null;
  kind: RuleKind | null;
  onCamera: (camera: number | null) => void;
  onKind: (kind: RuleKind | null) => void;
}

function Filters({ cameras: all, camera, kind, onCamera, onKind }: FiltersProps): VNode {
  const id = useId();
  return (
    <div class="events-filters">
      <div class="field">
        <label for={`${id}-camera`}>Camera</label>
        <select
          id={`${id}-camera`}
          value={camera === null ? "" : String(camera)}
          onChange={({ currentTarget: { value } }) => onCamera(value === "" ? null : Number(value))}
        >
          <option value="">All cameras</option>
          {all.map((one) => (
            <option key={one.id} value={String(one.id)}>
              {one.name}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={`${id}-kind`}>Kind</label>
        <select id={`${id}-kind`} value={kind ?? ""} onChange={({ currentTarget: { value } }) => onKind(value === "" ? null : (value as RuleKind))}>
          <option value="">All kinds</option>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {kindTitle(one)}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

function Empty({ all, camera, filtered }: { all: readonly Camera[]; camera: number | null; filtered: boolean }): VNode {
  const at = all.find(({ id }) => id === (camera ?? (all.length === 1 ? all[0]?.id : undefined)));
  return (
    <div class="card">
      <h2>No events</h2>
      <p class="card-note">
        {filtered
          ? "Nothing was seen that is of what you chose above."
          : "Nothing was seen yet. Events come of rules: set one on a camera's page, under Rules."}
      </p>
      {at ? (
        <p>
          <a class="button button-small" href={`/camera/${at.id}`}>
            Open {at.name}
          </a>
        </p>
      ) : null}
    </div>
  );
}

function List({ events, all }: { events: readonly RuleEvent[]; all: readonly Camera[] }): VNode {
  const now = useNow(1_000);
  return (
    <ul class="event-list" aria-label="Events">
      {events.map((event) => (
        <EventRow key={event.id} event={event} all={all} nowUs={now} />
      ))}
    </ul>
  );
}

function EventRow({ event, all, nowUs }: { event: RuleEvent; all: readonly Camera[]; nowUs: number }): VNode {
  const recording = recordingOf(event, all);
  const length = lengthWords(event, nowUs);
  const facts = [`score ${percent(event.score)}`, tracksWords(event), length].filter((part) => part !== "");
  return (
    <li class="card event" data-lasting={event.lasting}>
      <p class="event-when">
        <time title={fullTime(event.start_us)}>{whenWords(event, nowUs)}</time>
        {event.lasting ? <span class="badge badge-now">Now</span> : null}
      </p>
      <div class="event-what">
        <h2>{nameWords(event)}</h2>
        <p>
          {kindTitle(event.kind)}
          {event.place === "" ? "" : `: ${event.place}`}
          {event.detail === "" ? "" : `. ${sentence(event.detail)}`}
        </p>
        <p class="muted">
          {cameraWords(event, all)}, {facts.join(", ")}
        </p>
      </div>
      {recording === null ? (
        <span class="muted event-link">No recording</span>
      ) : (
        <a class="button button-small event-link" href={recording}>
          See it<span class="sr-only"> recorded, at {fullTime(event.start_us)}</span>
        </a>
      )}
    </li>
  );
}
