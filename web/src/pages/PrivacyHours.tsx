import type { VNode } from "preact";
import { useState } from "preact/hooks";

import * as api from "../api";
import { FormError } from "../parts/Field";
import { Icon } from "../parts/icons";
import type { Camera } from "../wire";
import { DAY_NAMES, type HoursRow, meaningOf, MOST_ROWS, newRow, problemOf, rowsOf, textOf } from "./hours";
import { useChange } from "./useChange";

/** When in the week a camera is off. */
export function PrivacyHours({ camera }: { camera: Camera }): VNode {
  const [rows, setRows] = useState(() => rowsOf(camera.privacy_hours));
  const [saved, setSaved] = useState(false);
  const { run, busy, error } = useChange();
  const edit = (next: HoursRow[]): void => {
    setRows(next);
    setSaved(false);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setSaved(await run(() => api.changeCamera(camera.id, { privacy_hours: textOf(rows) })));
  };
  const problem = problemOf(rows);
  const same = textOf(rows) === textOf(rowsOf(camera.privacy_hours));
  return (
    <form class="card" onSubmit={submit}>
      <h2>Privacy hours</h2>
      <p class="card-note">
        In these hours, by the clock of the machine that records, the camera is off: nothing is shown, nothing is kept, and nobody is
        alarmed. On the timeline they are a gap with the cause “off on purpose”.
      </p>
      {rows.length === 0 ? <p class="muted">None: it records day and night.</p> : null}
      <HoursRows rows={rows} onRows={edit} />
      <FormError text={error ?? (same ? null : problem)} />
      <div class="form-actions">
        <button type="submit" class="button button-main" disabled={busy || same || problem !== null}>
          Save
        </button>
        <button type="button" class="button" disabled={busy || rows.length >= MOST_ROWS} onClick={() => edit([...rows, newRow()])}>
          Add hours
        </button>
        <span class="muted" role="status">
          {saved ? "Saved. In force within a second." : ""}
        </span>
      </div>
    </form>
  );
}

/** Each line days, from and to. */
export function HoursRows({ rows, onRows }: { rows: HoursRow[]; onRows: (rows: HoursRow[]) => void }): VNode {
  return (
    <>
      {rows.map((row, place) => (
        <Row
          key={place}
          place={place}
          row={row}
          onRow={(next) => onRows(rows.map((one, other) => (other === place ? next : one)))}
          onRemove={() => onRows(rows.filter((_, other) => other !== place))}
        />
      ))}
    </>
  );
}

interface RowProps {
  place: number;
  row: HoursRow;
  onRow: (row: HoursRow) => void;
  onRemove: () => void;
}

function Row({ place, row, onRow, onRemove }: RowProps): VNode {
  const toggle = (day: number): void => onRow({ ...row, days: row.days.map((on, other) => (other === day ? !on : on)) });
  return (
    <fieldset class="hours-row">
      <legend class="sr-only">Hours {place + 1}</legend>
      <div class="hours-days">
        {DAY_NAMES.map((name, day) => (
          <button key={name} type="button" class="hours-day" aria-pressed={row.days[day] ?? false} onClick={() => toggle(day)}>
            {name}
          </button>
        ))}
      </div>
      <button type="button" class="icon-button" aria-label={`Remove hours ${place + 1}`} onClick={onRemove}>
        <Icon name="close" />
      </button>
      <div class="hours-times">
        <input type="time" aria-label="From" required value={row.from} onInput={(event) => onRow({ ...row, from: event.currentTarget.value })} />
        <span>to</span>
        <input type="time" aria-label="To" required value={row.to} onInput={(event) => onRow({ ...row, to: event.currentTarget.value })} />
        <span class="muted hours-meaning">{meaningOf(row)}</span>
      </div>
    </fieldset>
  );
}
