import type { VNode } from "preact";
import { useId, useState } from "preact/hooks";

import { setHold } from "../api";
import { Field, FormError } from "../parts/Field";
import { Icon } from "../parts/icons";
import { noteHold } from "../state/holds";
import { nowUs } from "../time/clock";
import { duration } from "../time/format";
import { HOUR, MINUTE } from "../time/units";
import type { Camera, Hold } from "../wire";
import { footageWords, mayBeKept, spanProblem, whoseWords } from "./holds";
import { lapseOf, minuteText, momentOf, untilProblem, type Term } from "./term";
import { TermChoice } from "./TermChoice";
import { useAction } from "../state/useAction";
import { useDialog } from "./useDialog";

/** Which footage: `camera` null means all. An end of null is not given yet. */
export interface Wanted {
  camera: number | null;
  fromUs: number | null;
  toUs: number | null;
}

interface SetHoldProps {
  /** Footage that was chosen elsewhere; left out, it is chosen here. */
  wanted?: Wanted;
  cameras: readonly Camera[];
  onSet: (hold: Hold) => void;
  onClosed: () => void;
}

/** Asks why footage is to be kept and until when, and sets the hold. */
export function SetHold({ wanted, cameras, onSet, onClosed }: SetHoldProps): VNode {
  const id = useId();
  const dialog = useDialog(onClosed);
  const [chosen, setChosen] = useState<Wanted>(() => wanted ?? lastHour(nowUs()));
  const [reason, setReason] = useState("");
  const [term, setTerm] = useState<Term>({ days: 30 });
  const { run, busy, error } = useAction<Hold>();
  const { camera, fromUs, toUs } = chosen;
  const now = nowUs();
  const wrong = spanProblem(fromUs, toUs);
  const late = untilProblem(lapseOf(term, now), toUs, now);
  const gone = fromUs !== null && toUs !== null && wrong === null && !mayBeKept({ from_us: fromUs, to_us: toUs }, camera, cameras, now);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const untilUs = lapseOf(term, nowUs());
    if (fromUs === null || toUs === null || untilUs === null) return;
    // Marks on the timeline lie between microseconds.
    const span = { from_us: Math.floor(fromUs), to_us: Math.ceil(toUs) };
    const set = await run(() => setHold({ camera_id: camera, ...span, until_us: untilUs, reason: reason.trim() }));
    if (!set) return;
    noteHold(set);
    dialog.current?.close();
    onSet(set);
  };
  return (
    <dialog ref={dialog} aria-labelledby={id} class="form-dialog">
      <form onSubmit={submit}>
        <h2 id={id}>Keep {wanted ? "this footage" : "footage"}</h2>
        <p class="card-note">
          View and original are kept beyond their time, until the hold lapses or somebody releases it.
        </p>
        {wanted ? (
          <Chosen wanted={chosen} cameras={cameras} />
        ) : (
          <Choose wanted={chosen} cameras={cameras} problem={wrong} onWanted={setChosen} />
        )}
        {gone ? (
          <p class="banner banner-caution">
            <Icon name="info" /> Nothing is kept of this footage: what was deleted before stays so.
          </p>
        ) : null}
        <Field
          label="Reason"
          value={reason}
          onValue={setReason}
          note="As in Case 12, asked for by the police. Everybody who may sign in sees it."
          input={{ required: true, autofocus: wanted !== undefined, maxLength: 1000 }}
        />
        <TermChoice term={term} onTerm={setTerm} afterUs={now} problem={late} />
        <FormError text={error} />
        <div class="form-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={busy || wrong !== null || late !== null || reason.trim() === ""}>
            {busy ? "Setting" : "Set hold"}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Of all cameras, to the minute: what somebody most likely comes for. */
function lastHour(nowUs: number): Wanted {
  const toUs = Math.ceil(nowUs / MINUTE) * MINUTE;
  return { camera: null, fromUs: toUs - HOUR, toUs };
}

function Chosen({ wanted: { camera, fromUs, toUs }, cameras }: { wanted: Wanted; cameras: readonly Camera[] }): VNode {
  return (
    <dl class="facts hold-chosen">
      <dt>Camera</dt>
      <dd>{whoseWords(camera, cameras)}</dd>
      <dt>Footage</dt>
      <dd>
        {fromUs !== null && toUs !== null ? (
          <>
            {footageWords({ from_us: fromUs, to_us: toUs })} <span class="muted whole">({duration(toUs - fromUs)})</span>
          </>
        ) : null}
      </dd>
    </dl>
  );
}

interface ChooseProps {
  wanted: Wanted;
  cameras: readonly Camera[];
  problem: string | null;
  onWanted: (wanted: Wanted) => void;
}

function Choose({ wanted, cameras, problem, onWanted }: ChooseProps): VNode {
  const id = useId();
  return (
    <>
      <div class="field">
        <label for={id}>Camera</label>
        <select
          id={id}
          autofocus
          value={wanted.camera === null ? "" : String(wanted.camera)}
          onChange={({ currentTarget: { value } }) => onWanted({ ...wanted, camera: value === "" ? null : Number(value) })}
        >
          <option value="">All cameras</option>
          {cameras.map((camera) => (
            <option key={camera.id} value={String(camera.id)}>
              {camera.name}
            </option>
          ))}
        </select>
      </div>
      <div class="field-row">
        <Minute label="From" us={wanted.fromUs} which="start" onUs={(fromUs) => onWanted({ ...wanted, fromUs })} />
        <Minute label="To" us={wanted.toUs} which="end" problem={problem} onUs={(toUs) => onWanted({ ...wanted, toUs })} />
      </div>
    </>
  );
}

interface MinuteProps {
  label: string;
  us: number | null;
  which: "start" | "end";
  problem?: string | null;
  onUs: (us: number | null) => void;
}

/** A day and time to the minute. */
function Minute({ label, us, which, problem, onUs }: MinuteProps): VNode {
  const id = useId();
  // What is half typed is no moment: the input keeps it, not we.
  const [text, setText] = useState(us === null ? "" : minuteText(us));
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        type="datetime-local"
        id={id}
        required
        max="9999-12-31T23:59"
        value={text}
        aria-invalid={Boolean(problem)}
        aria-describedby={`${id}-note`}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          onUs(momentOf(value, which));
        }}
      />
      {problem ? (
        <p class="field-error" id={`${id}-note`}>
          {problem}
        </p>
      ) : which === "end" ? (
        <p class="field-note" id={`${id}-note`}>
          May lie ahead: it is kept as it comes.
        </p>
      ) : null}
    </div>
  );
}
