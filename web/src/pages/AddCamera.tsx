import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import * as api from "../api";
import { Field, FormError } from "../parts/Field";
import { Icon } from "../parts/icons";
import { PolicyChoice } from "../parts/PolicyChoice";
import { go } from "../state/router";
import { refreshCameras } from "../state/server";
import type { ProbedStream } from "../wire";
import { kindOf, streamWords } from "../words";
import { BLANK, sourceOf, type CameraDraft } from "./cameraDraft";

type Test =
  | { kind: "none" }
  | { kind: "running" }
  | { kind: "found"; streams: ProbedStream[] }
  | { kind: "failed"; sentence: string };

const KIND_WORDS = {
  rtsp: "A network camera.",
  usb: "A camera on the machine that runs watchglass.",
  file: "A video file on the machine that runs watchglass, played as if it were live.",
};

export function AddCamera(): VNode {
  const [draft, setDraft] = useState<CameraDraft>(BLANK);
  const [test, setTest] = useState<Test>({ kind: "none" });
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const set = (change: Partial<CameraDraft>): void => {
    setDraft((before) => ({ ...before, ...change }));
    // What was found belongs to what was entered then.
    if (Object.keys(change).some((key) => key !== "name" && key !== "policy")) {
      running.current?.abort();
      setTest({ kind: "none" });
    }
    setError(null);
  };
  const kind = kindOf(draft.url);
  const counts = draft.policy === "counts-only";
  const runTest = async (): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    setTest({ kind: "running" });
    try {
      setTest({ kind: "found", streams: await api.probe(sourceOf(draft), abort.signal) });
    } catch (failure) {
      if (abort.signal.aborted) return;
      setTest({ kind: "failed", sentence: failure instanceof Error ? failure.message : "The test failed." });
    }
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const camera = await api.addCamera({ name: draft.name.trim(), policy: draft.policy, ...sourceOf(draft) });
      await refreshCameras();
      go(counts ? `/camera/${camera.id}` : `/camera/${camera.id}/aim`);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "The camera could not be added.");
      setBusy(false);
    }
  };

  return (
    <section class="page page-narrow">
      <h1>Add a camera</h1>
      <form class="card" onSubmit={submit}>
        <Field label="Name" value={draft.name} onValue={(name) => set({ name })} note="Where it stands, as in Front door." input={{ required: true, autofocus: true }} />
        <Field
          label="Address"
          value={draft.url}
          onValue={(url) => set({ url })}
          note={kind ? KIND_WORDS[kind] : "rtsp://192.0.2.10/stream1, a path such as /home/me/street.mp4, or /dev/video0."}
          input={{ required: true, inputMode: "url" }}
        />
        {kind === "rtsp" || kind === null ? <NetworkFields draft={draft} set={set} /> : null}
        <PolicyChoice value={draft.policy} onValue={(policy) => set({ policy })} />
        <div class="test-row">
          <button type="button" class="button" disabled={draft.url.trim() === "" || test.kind === "running"} onClick={runTest}>
            {test.kind === "running" ? "Testing" : "Test"}
          </button>
          <TestResult test={test} />
        </div>
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
      <p class="aside">
        The test shows which streams there are, never a picture.{" "}
        {counts
          ? "With counts only there is no picture to aim by either: choose another first, aim, and then change it in the settings."
          : "After adding you aim the camera with its plate: the empty background, learnt from the video."}
      </p>
    </section>
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

function TestResult({ test }: { test: Test }): VNode {
  return (
    <div class="test-result" role="status">
      {test.kind === "running" ? <p class="muted">Asking the camera. This may take some seconds.</p> : null}
      {test.kind === "failed" ? <p class="form-error">{test.sentence}</p> : null}
      {test.kind === "found" ? (
        <ul class="found">
          {test.streams.map((stream) => (
            <li key={stream.role}>
              <Icon name="check" />
              <span>
                <strong>{stream.role === "main" ? "Main stream" : "Substream"}</strong>: {streamWords(stream)}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
