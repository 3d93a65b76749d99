import type { VNode } from "preact";
import { useState } from "preact/hooks";

import { Field, FormError } from "../parts/Field";
import { PolicyChoice } from "../parts/PolicyChoice";
import { kindOf } from "../words";
import { AfterAdding } from "./AfterAdding";
import { BLANK, sourceOf, type CameraDraft } from "./cameraDraft";
import { StreamTest, useStreamTest } from "./StreamTest";
import { useAdding } from "./useAdding";

const KIND_WORDS = {
  rtsp: "A network camera.",
  usb: "A camera on the machine that runs watchglass.",
  file: "A video file on the machine that runs watchglass, played as if it were live.",
};

/** A camera whose stream's address a person knows; a file; a USB camera. */
export function ByHand(): VNode {
  const [draft, setDraft] = useState<CameraDraft>(BLANK);
  const test = useStreamTest();
  const { add, busy, error, clear } = useAdding();

  const set = (change: Partial<CameraDraft>): void => {
    setDraft((before) => ({ ...before, ...change }));
    if (Object.keys(change).some((key) => key !== "name" && key !== "policy")) test.forget();
    clear();
  };
  const kind = kindOf(draft.url);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    await add({ name: draft.name.trim(), policy: draft.policy, ...sourceOf(draft) });
  };

  return (
    <>
      <form class="card" onSubmit={submit}>
        <h2>Add by hand</h2>
        <p class="card-note">By the address of its stream, from a file, or a USB camera.</p>
        <Field label="Name" value={draft.name} onValue={(name) => set({ name })} note="Where it stands, as in Front door." input={{ required: true }} />
        <Field
          label="Address"
          value={draft.url}
          onValue={(url) => set({ url })}
          note={kind ? KIND_WORDS[kind] : "rtsp://192.0.2.10/stream1, a path such as /home/me/street.mp4, or /dev/video0."}
          input={{ required: true, inputMode: "url" }}
        />
        {kind === "rtsp" || kind === null ? <NetworkFields draft={draft} set={set} /> : null}
        <PolicyChoice value={draft.policy} onValue={(policy) => set({ policy })} />
        <StreamTest state={test} source={draft.url.trim() === "" ? null : sourceOf(draft)} />
        <FormError text={error} />
        <div class="form-actions">
          <button type="submit" class="button button-main" disabled={busy || draft.name.trim() === "" || draft.url.trim() === ""}>
            {busy ? "Adding" : "Add camera"}
          </button>
          <a class="button button-plain" href="/">
            Cancel
          </a>
        </div>
      </form>
      <AfterAdding counts={draft.policy === "counts-only"} />
    </>
  );
}

interface NetworkProps {
  draft: CameraDraft;
  set: (change: Partial<CameraDraft>) => void;
}

function NetworkFields({ draft, set }: NetworkProps): VNode {
  return (
    <>
      <Field
        label="Substream address"
        optional
        value={draft.subUrl}
        onValue={(subUrl) => set({ subUrl })}
        note="The camera's small stream. Watching it instead of the main stream saves much work."
        input={{ inputMode: "url" }}
      />
      <div class="field-row">
        <Field label="User name" optional value={draft.username} onValue={(username) => set({ username })} input={{ autocomplete: "off" }} />
        <Field
          label="Password"
          optional
          value={draft.password}
          onValue={(password) => set({ password })}
          input={{ type: "password", autocomplete: "new-password" }}
        />
      </div>
      <fieldset class="field choice-field">
        <legend>Transport</legend>
        {(["tcp", "udp"] as const).map((transport) => (
          <label key={transport}>
            <input
              type="radio"
              name="transport"
              checked={draft.transport === transport}
              onChange={() => set({ transport })}
            />
            <span>{transport === "tcp" ? "TCP: nothing is lost on the way (recommended)" : "UDP: only where the camera needs it"}</span>
          </label>
        ))}
      </fieldset>
    </>
  );
}
