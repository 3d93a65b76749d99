/** Letting a hold last longer, and letting it go. */

import type { VNode } from "preact";
import { useId, useState } from "preact/hooks";

import * as api from "../api";
import { ConfirmDialog } from "../parts/ConfirmDialog";
import { FormError } from "../parts/Field";
import { noteHold } from "../state/holds";
import { dateAndTime } from "../time/format";
import type { Hold } from "../wire";
import { laterProblem, lapseOf, type Term } from "./term";
import { TermChoice } from "./TermChoice";
import { useAction } from "../state/useAction";
import { useDialog } from "./useDialog";

interface ChangeProps {
  hold: Hold;
  onDone: (said: string) => void;
  onClosed: () => void;
}

export function ExtendHold({ hold, onDone, onClosed }: ChangeProps): VNode {
  const id = useId();
  const dialog = useDialog(onClosed);
  const [term, setTerm] = useState<Term>({ days: 30 });
  const { run, busy, error } = useAction<Hold>();
  const untilUs = lapseOf(term, hold.until_us);
  const problem = laterProblem(untilUs, hold.until_us);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (untilUs === null) return;
    const extended = await run(() => api.extendHold(hold.id, untilUs));
    if (!extended) return;
    noteHold(extended);
    dialog.current?.close();
    onDone(`Hold ${hold.id} now lasts until ${dateAndTime(extended.until_us)}.`);
  };
  return (
    <dialog ref={dialog} aria-labelledby={id} class="form-dialog">
      <form onSubmit={submit}>
        <h2 id={id}>Extend hold {hold.id}</h2>
        <p class="card-note">It lasts until {dateAndTime(hold.until_us)} now.</p>
        <TermChoice term={term} onTerm={setTerm} afterUs={hold.until_us} more problem={problem} />
        <FormError text={error} />
        <div class="form-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={busy || problem !== null}>
            {busy ? "Extending" : "Extend"}
          </button>
        </div>
      </form>
    </dialog>
  );
}

export function ReleaseHold({ hold, onDone, onClosed }: ChangeProps): VNode {
  const dialog = useDialog(onClosed);
  const { run, busy, error } = useAction<Hold>();
  const release = async (): Promise<void> => {
    const released = await run(() => api.releaseHold(hold.id));
    if (!released) return;
    noteHold(released);
    dialog.current?.close();
    onDone(`Hold ${hold.id} is released.`);
  };
  return (
    <ConfirmDialog
      dialog={dialog}
      title={`Release hold ${hold.id}?`}
      action="Release"
      acting="Releasing"
      busy={busy}
      error={error}
      onConfirm={release}
    >
      Older footage that only this hold keeps is deleted within a minute, view and original, and cannot be brought back. Newer
      footage stays until its time is over.
    </ConfirmDialog>
  );
}
