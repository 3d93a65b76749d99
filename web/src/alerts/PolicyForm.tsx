import type { VNode } from "preact";
import { useEffect, useId, useState } from "preact/hooks";

import * as api from "../api";
import { KINDS } from "../channels/channels";
import { useAgain } from "../coverage/useAgain";
import { MOST_ROWS, newRow, type HoursRow } from "../pages/hours";
import { HoursRows } from "../pages/PrivacyHours";
import { Field, FormError } from "../parts/Field";
import { useAction } from "../state/useAction";
import type { Alerting, Channel } from "../wire";
import { ARMING, changeOf, chosen, draftOf, percentText, problemOf, type PolicyDraft } from "./policy";
import { SampleShare } from "./SampleShare";

const CHANNELS_AGAIN_MS = 10_000;

interface FormProps {
  rule: number;
  alerting: Alerting;
  onAlerting: (alerting: Alerting) => void;
}

interface PartProps {
  draft: PolicyDraft;
  onDraft: (change: Partial<PolicyDraft>) => void;
}

/** Whom a rule tells, when, and who is told when nobody takes an alert. */
export function PolicyForm({ rule, alerting, onAlerting }: FormProps): VNode {
  const [draft, setDraft] = useState(() => draftOf(alerting));
  const [saved, setSaved] = useState(false);
  const { run, busy, error } = useAction<Alerting>();
  const { value: channels } = useAgain(api.getChannels, CHANNELS_AGAIN_MS);
  // A suggestion may have been taken beside the form.
  useEffect(() => setDraft((before) => ({ ...before, threshold: percentText(alerting.threshold) })), [alerting.threshold]);
  const edit = (change: Partial<PolicyDraft>): void => {
    setDraft((before) => ({ ...before, ...change }));
    setSaved(false);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const now = await run(() => api.changeAlerting(rule, changeOf(draft)));
    if (!now) return;
    onAlerting(now);
    setSaved(true);
  };
  const problem = problemOf(draft);
  return (
    <form class="card policy" onSubmit={submit}>
      <h2>Who is told, and when</h2>
      <Channels legend="Told at once" channels={channels} ids={draft.channels} onIds={(ids) => edit({ channels: ids })} />
      <Armed draft={draft} onDraft={edit} />
      <Hours legend="Quiet hours" none="None: people are told day and night." rows={draft.quiet} onRows={(quiet) => edit({ quiet })}>
        In these hours alerts are on the console alone, and do not escalate.
      </Hours>
      <Escalation draft={draft} channels={channels} onDraft={edit} />
      <div class="field-row">
        <Field label="Least score of an alert, in per cent" value={draft.threshold} onValue={(threshold) => edit({ threshold })} note="Events below it make no alert." />
        <Field label="Join events within, in seconds" value={draft.group} onValue={(group) => edit({ group })} note="Those so soon after an alert's are counted with it, and sent to nobody." />
      </div>
      <SampleShare rule={rule} draft={draft} onDraft={edit} />
      <FormError text={error ?? problem} />
      <div class="form-actions">
        <button type="submit" class="button button-main" disabled={busy || problem !== null}>
          Save
        </button>
        <span class="muted" role="status">
          {saved ? "Saved. It holds from the next event on." : ""}
        </span>
      </div>
    </form>
  );
}

interface ChannelsProps {
  legend: string;
  channels: readonly Channel[] | null;
  ids: readonly number[];
  onIds: (ids: number[]) => void;
}

function Channels({ legend, channels, ids, onIds }: ChannelsProps): VNode {
  const known = channels?.map(({ id }) => id) ?? [];
  return (
    <fieldset class="field choice-field">
      <legend>{legend}</legend>
      {channels?.map(({ id, name, kind, enabled }) => (
        <label key={id}>
          <input type="checkbox" checked={ids.includes(id)} onChange={({ currentTarget }) => onIds(chosen(known, ids, id, currentTarget.checked))} />
          <span>
            {name} <span class="muted">({enabled ? KINDS[kind].title : `${KINDS[kind].title}, off`})</span>
          </span>
        </label>
      ))}
      {channels?.length === 0 ? (
        <p class="field-note">
          There is no channel yet: alerts are on the console alone. <a href="/channels">Add a channel</a>
        </p>
      ) : null}
    </fieldset>
  );
}

function Armed({ draft, onDraft }: PartProps): VNode {
  const id = useId();
  return (
    <>
      <fieldset class="field choice-field">
        <legend>Armed</legend>
        {ARMING.map(({ arming, text }) => (
          <label key={arming}>
            <input type="radio" name={id} checked={draft.arming === arming} onChange={() => onDraft({ arming })} />
            {text}
          </label>
        ))}
      </fieldset>
      {draft.arming === "hours" ? (
        <Hours legend="Armed in" none="No hours: it is always armed." rows={draft.hours} onRows={(hours) => onDraft({ hours })}>
          By the clock of the machine that records.
        </Hours>
      ) : null}
    </>
  );
}

interface HoursProps {
  legend: string;
  none: string;
  rows: HoursRow[];
  onRows: (rows: HoursRow[]) => void;
  children: string;
}

function Hours({ legend, none, rows, onRows, children }: HoursProps): VNode {
  return (
    <fieldset class="field">
      <legend>{legend}</legend>
      <p class="field-note">{rows.length === 0 ? none : children}</p>
      <HoursRows rows={rows} onRows={onRows} />
      <div>
        <button type="button" class="button button-small" disabled={rows.length >= MOST_ROWS} onClick={() => onRows([...rows, newRow()])}>
          Add hours<span class="sr-only"> {legend.toLowerCase()}</span>
        </button>
      </div>
    </fieldset>
  );
}

function Escalation({ draft, channels, onDraft }: PartProps & { channels: readonly Channel[] | null }): VNode {
  return (
    <>
      <div class="field choice-field">
        <label>
          <input type="checkbox" checked={draft.escalates} onChange={({ currentTarget }) => onDraft({ escalates: currentTarget.checked })} />
          Tell others when nobody takes an alert
        </label>
      </div>
      {draft.escalates ? (
        <div class="policy-inner">
          <Field label="After so many minutes" value={draft.minutes} onValue={(minutes) => onDraft({ minutes })} />
          <Channels legend="Told then" channels={channels} ids={draft.escalation} onIds={(escalation) => onDraft({ escalation })} />
        </div>
      ) : null}
    </>
  );
}
