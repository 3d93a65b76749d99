import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";

import { ExtendHold, ReleaseHold } from "../holds/ChangeHold";
import { HoldCard } from "../holds/HoldCard";
import { parted, whoseWords } from "../holds/holds";
import { SetHold } from "../holds/SetHold";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";
import { holds, holdsFailed, useHolds } from "../state/holds";
import { cameras } from "../state/server";
import { dateAndTime } from "../time/format";
import { useNow } from "../time/useNow";
import type { Camera, Hold } from "../wire";

type Doing = { kind: "set" } | { kind: "extend" | "release"; hold: Hold };

/** What is kept whatever retention says, by whom, why and until when. */
export function HoldsPage(): VNode {
  useHolds();
  const notice = useRef<HTMLDivElement>(null);
  const [doing, setDoing] = useState<Doing | null>(null);
  const [said, setSaid] = useState("");
  const all = cameras.value;
  const list = holds.value;
  if (!all || (!list && !holdsFailed.value)) return <Loading text="Loading holds" />;
  const closed = (): void => setDoing(null);
  const done = (what: string): void => {
    setSaid(what);
    // What was pressed may be gone with the card: keyboards go on from what was said.
    notice.current?.focus();
  };
  const start = (next: Doing): void => {
    setSaid("");
    setDoing(next);
  };
  return (
    <section class="page holds">
      <header class="page-head">
        <h1>Holds</h1>
        <button type="button" class="button button-main" onClick={() => start({ kind: "set" })}>
          <Icon name="keep" /> Keep footage
        </button>
      </header>
      <p class="lead">
        A hold keeps footage, view and original, beyond the time at which it would be deleted, until the hold lapses or somebody
        releases it.
      </p>
      <div role="status" tabIndex={-1} ref={notice} class="holds-said">
        {said ? <p class="form-note">{said}</p> : null}
      </div>
      {holdsFailed.value ? (
        <p class="card-note">{list ? "Holds could not be loaded anew. Trying again." : "Holds could not be loaded. Trying again."}</p>
      ) : null}
      {list ? <Lists list={list} all={all} onDo={start} /> : null}
      {doing?.kind === "set" ? <SetHold cameras={all} onSet={(hold) => done(setWords(hold, all))} onClosed={closed} /> : null}
      {doing?.kind === "extend" ? <ExtendHold hold={doing.hold} onDone={done} onClosed={closed} /> : null}
      {doing?.kind === "release" ? <ReleaseHold hold={doing.hold} onDone={done} onClosed={closed} /> : null}
    </section>
  );
}

const setWords = (hold: Hold, all: Camera[]): string =>
  `Hold ${hold.id} of ${hold.camera_id === null ? "all cameras" : whoseWords(hold.camera_id, all)} is set, until ${dateAndTime(hold.until_us)}.`;

interface ListsProps {
  list: Hold[];
  all: Camera[];
  onDo: (doing: Doing) => void;
}

function Lists({ list, all, onDo }: ListsProps): VNode {
  const now = useNow(10_000);
  const { active, over } = parted(list);
  return (
    <>
      {active.length === 0 ? (
        <div class="card">
          <h2>Nothing is held</h2>
          <p class="card-note">
            Footage is deleted when its time is over. To keep some of one camera, open the camera, mark start and end beside its
            timeline, and press Keep this footage.
          </p>
        </div>
      ) : (
        <ul class="hold-list" aria-label="Active holds">
          {active.map((hold) => (
            <HoldCard
              key={hold.id}
              hold={hold}
              cameras={all}
              nowUs={now}
              onExtend={() => onDo({ kind: "extend", hold })}
              onRelease={() => onDo({ kind: "release", hold })}
            />
          ))}
        </ul>
      )}
      {over.length > 0 ? <Over over={over} all={all} now={now} /> : null}
    </>
  );
}

// Nobody reads more at once, and there may be years of them.
const FEW = 50;

function Over({ over, all, now }: { over: Hold[]; all: Camera[]; now: number }): VNode {
  const [shown, setShown] = useState(FEW);
  return (
    <details class="holds-over">
      <summary>
        <Icon name="down" /> Over <span class="muted">({over.length})</span>
      </summary>
      <ul class="hold-list" aria-label="Holds that are over">
        {over.slice(0, shown).map((hold) => (
          <HoldCard key={hold.id} hold={hold} cameras={all} nowUs={now} />
        ))}
      </ul>
      {over.length > shown ? (
        <button type="button" class="button button-small" onClick={() => setShown(shown + FEW)}>
          Show more
        </button>
      ) : null}
    </details>
  );
}
