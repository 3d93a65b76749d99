import type { VNode } from "preact";
import { useId, useState } from "preact/hooks";

import * as api from "../api";
import { Field, FormError, type InputOptions } from "../parts/Field";
import { useDialog } from "../holds/useDialog";
import { useAction } from "../state/useAction";
import type { Channel } from "../wire";
import { changeOf, draftOf, fieldOf, KINDS, newChannel, newDraft, OFFERED, problemOf, type Draft, type DraftField } from "./channels";

interface FormProps {
  /** Null: a new one. */
  channel: Channel | null;
  /** `key`: of a new webhook, shown this once; empty else. */
  onDone: (channel: Channel, key: string) => void;
  onClosed: () => void;
}

/** The status of a refusal because a test did not arrive. */
const DID_NOT_ARRIVE = 422;

interface Problem {
  field: DraftField | null;
  text: string;
}

/** Adds a channel, or changes one. */
export function ChannelForm({ channel, onDone, onClosed }: FormProps): VNode {
  const id = useId();
  const dialog = useDialog(onClosed);
  const [draft, setDraft] = useState<Draft>(() => (channel ? draftOf(channel) : newDraft("webhook")));
  const [problem, setProblem] = useState<Problem | null>(null);
  const { run, busy, error } = useAction<{ channel: Channel; key: string }>();
  const wrong: Problem | null = problem ?? (error === null ? null : { field: fieldOf(error, draft), text: error });
  // The test did not arrive: whoever knows why may keep the channel all the same.
  const [unproven, setUnproven] = useState(false);
  const edit = (change: Partial<Draft>): void => setDraft((before) => ({ ...before, ...change }));
  const submit = async (event: Event, tried = true): Promise<void> => {
    event.preventDefault();
    setUnproven(false);
    const missing = problemOf(draft, channel === null);
    setProblem(missing);
    if (missing) return;
    const done = await run(async () => {
      try {
        if (channel) return { channel: await api.changeChannel(channel.id, { ...changeOf(channel, draft), tried }), key: "" };
        const { signing_key: key, ...added } = await api.addChannel({ ...newChannel(draft), tried });
        return { channel: added, key };
      } catch (failure) {
        setUnproven(failure instanceof api.ApiError && failure.status === DID_NOT_ARRIVE);
        throw failure;
      }
    });
    if (!done) return;
    dialog.current?.close();
    onDone(done.channel, done.key);
  };
  const text: TextInput = (field, label, options = {}) => (
    <Field
      label={label}
      value={draft[field]}
      onValue={(value) => edit({ [field]: value })}
      error={wrong?.field === field ? wrong.text : null}
      note={options.note}
      optional={options.optional ?? false}
      input={{ maxLength: 4000, ...options.input }}
    />
  );
  return (
    <dialog ref={dialog} aria-labelledby={id} class="form-dialog">
      <form onSubmit={submit} noValidate>
        <h2 id={id}>{channel ? `Change ${channel.name}` : "Add a channel"}</h2>
        {channel ? <p class="card-note">{KINDS[channel.kind].title}</p> : <KindChoice draft={draft} onDraft={setDraft} />}
        {text("name", "Name", { note: "As in Desk, or Night guard's phone.", input: { maxLength: 64 } })}
        <Settings draft={draft} text={text} changing={channel !== null} onTls={(tls) => edit({ tls })} />
        <FormError text={wrong && wrong.field === null ? wrong.text : null} />
        {unproven ? <p class="card-note">A test was sent and did not arrive, so nothing was kept.</p> : null}
        <div class="form-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          {unproven ? (
            <button type="button" class="button" disabled={busy} onClick={(event) => void submit(event, false)}>
              {channel ? "Save untried" : "Add untried"}
            </button>
          ) : null}
          <button type="submit" class="button button-main" disabled={busy}>
            {busy ? "Trying it out" : channel ? "Save" : "Add channel"}
          </button>
        </div>
      </form>
    </dialog>
  );
}

interface TextOptions {
  note?: string;
  optional?: boolean;
  input?: InputOptions;
}

type TextInput = (field: DraftField, label: string, options?: TextOptions) => VNode;

function KindChoice({ draft, onDraft }: { draft: Draft; onDraft: (draft: Draft) => void }): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Kind</label>
      <select
        id={id}
        autofocus
        value={draft.kind}
        aria-describedby={`${id}-note`}
        onChange={({ currentTarget }) => onDraft({ ...newDraft(currentTarget.value as Draft["kind"]), name: draft.name })}
      >
        {OFFERED.map((kind) => (
          <option key={kind} value={kind}>
            {KINDS[kind].title}
          </option>
        ))}
      </select>
      <p class="field-note" id={`${id}-note`}>
        {KINDS[draft.kind].detail}
      </p>
    </div>
  );
}

interface SettingsProps {
  draft: Draft;
  text: TextInput;
  changing: boolean;
  onTls: (tls: boolean) => void;
}

const KEPT = "Empty: it stays as it is. Another address or user needs it again, and what is stored is never shown.";

function Settings({ draft, text, changing, onTls }: SettingsProps): VNode | null {
  switch (draft.kind) {
    case "webhook":
      return (
        <>
          {text("url", "Address", { note: "As in https://desk.example.org/alerts.", input: { inputMode: "url" } })}
          {text("secret", "Signing key", {
            optional: true,
            note: changing ? KEPT : "Begins with whsec_. Empty: one is made, and shown to you once.",
            input: { type: "password" },
          })}
        </>
      );
    case "mqtt":
      return <Broker draft={draft} text={text} changing={changing} onTls={onTls} />;
    case "service":
      return text("secret", "Whole address", {
        optional: changing,
        note: changing ? KEPT : "As in mailtos://user:password@example.org. It holds passwords: it is not shown again.",
        input: { inputMode: "url" },
      });
    case "push":
      return null;
  }
}

function Broker({ draft, text, changing, onTls }: SettingsProps): VNode {
  return (
    <>
      <div class="field-row">
        {text("host", "Broker", { note: "A host name or an address." })}
        {text("port", "Port")}
      </div>
      <div class="field choice-field">
        <label>
          <input type="checkbox" checked={draft.tls} onChange={({ currentTarget }) => onTls(currentTarget.checked)} />
          With TLS
        </label>
      </div>
      <div class="field-row">
        {text("username", "User name", { optional: true })}
        {text("secret", "Password", { optional: true, input: { type: "password" }, ...(changing ? { note: KEPT } : {}) })}
      </div>
      <div class="field-row">
        {text("topic", "Topics begin with")}
        {text("discovery", "For Home Assistant", { optional: true, note: "What its topics begin with. Empty: it is told nothing." })}
      </div>
    </>
  );
}
