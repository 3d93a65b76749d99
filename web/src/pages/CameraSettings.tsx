import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";

import * as api from "../api";
import { ConfirmDialog } from "../parts/ConfirmDialog";
import { Field, FormError } from "../parts/Field";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";
import { PolicyChoice } from "../parts/PolicyChoice";
import { ProtectionMark } from "../parts/ProtectionMark";
import { go } from "../state/router";
import { cameraById, cameras } from "../state/server";
import { date } from "../time/format";
import type { Camera, CameraChange, Span } from "../wire";
import { hasPictures, protectionWord } from "../words";
import { credentialsOf } from "../add/cameraDraft";
import { Missing } from "./Missing";
import { PrivacyHours } from "./PrivacyHours";
import { useChange } from "./useChange";

export function CameraSettings({ id }: { id: number }): VNode {
  const camera = cameraById(id);
  if (camera) return <SettingsScreen camera={camera} />;
  return cameras.value ? <Missing text="There is no such camera. It may have been removed." /> : <Loading text="Loading the camera" />;
}

function SettingsScreen({ camera }: { camera: Camera }): VNode {
  return (
    <section class="page page-narrow">
      <p class="crumb">
        <a href={`/camera/${camera.id}`}>
          <Icon name="left" /> {camera.name}
        </a>
      </p>
      <h1>Settings</h1>
      <Rename camera={camera} />
      <Policy camera={camera} />
      <Source camera={camera} />
      {camera.kind === "rtsp" ? <Password camera={camera} /> : null}
      {camera.kind === "rtsp" ? <Sound camera={camera} /> : null}
      <PrivacyHours camera={camera} />
      <Switch camera={camera} />
      <Remove camera={camera} />
    </section>
  );
}

function Rename({ camera }: { camera: Camera }): VNode {
  const [name, setName] = useState(camera.name);
  const [saved, setSaved] = useState(false);
  const { run, busy, error } = useChange();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setSaved(await run(() => api.changeCamera(camera.id, { name: name.trim() })));
  };
  return (
    <form class="card" onSubmit={submit}>
      <h2>Name</h2>
      <Field
        label="Name"
        value={name}
        onValue={(next) => {
          setName(next);
          setSaved(false);
        }}
        input={{ required: true }}
      />
      <FormError text={error} />
      <div class="form-actions">
        <button type="submit" class="button button-main" disabled={busy || name.trim() === "" || name.trim() === camera.name}>
          Save
        </button>
        <span class="muted" role="status">
          {saved ? "Saved" : ""}
        </span>
      </div>
    </form>
  );
}

function Policy({ camera }: { camera: Camera }): VNode {
  const [policy, setPolicy] = useState(camera.policy);
  const [saved, setSaved] = useState(false);
  const { run, busy, error } = useChange();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setSaved(await run(() => api.changeCamera(camera.id, { policy })));
  };
  return (
    <form class="card" onSubmit={submit}>
      <h2>Purpose</h2>
      <PolicyChoice
        value={policy}
        onValue={(next) => {
          setPolicy(next);
          setSaved(false);
        }}
      />
      <FormError text={error} />
      <div class="form-actions">
        <button type="submit" class="button button-main" disabled={busy || policy === camera.policy}>
          Save
        </button>
        <span class="muted" role="status">
          {saved ? "Saved. It takes a few seconds." : ""}
        </span>
      </div>
      {camera.kept && policy === "counts-only" ? <KeptBefore camera={camera} kept={camera.kept} /> : null}
      {protectionWord(camera) ? (
        <dl class="facts card-protection">
          <dt>Protection</dt>
          <dd>
            <ProtectionMark camera={camera} />
          </dd>
        </dl>
      ) : null}
    </form>
  );
}

/** What becomes of the view that was kept before a camera kept counts only. */
function KeptBefore({ camera, kept }: { camera: Camera; kept: Span }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const { run, busy, error } = useChange();
  const remove = async (): Promise<void> => {
    if (await run(() => api.deleteKept(camera.id))) dialog.current?.close();
  };
  const since = date(kept.from_us);
  return (
    <div class="kept-before">
      <p class="card-note">
        What was kept before, since {since}, stays until its time is over, unless you delete it.
      </p>
      {camera.policy === "counts-only" ? (
        <button type="button" class="button button-small button-danger" onClick={() => dialog.current?.showModal()}>
          Delete what was kept
        </button>
      ) : null}
      <ConfirmDialog
        dialog={dialog}
        title={`Delete what was kept of ${camera.name}?`}
        action="Delete"
        acting="Deleting"
        busy={busy}
        error={error}
        onConfirm={remove}
      >
        Its view since {since} is deleted, and this cannot be undone. The camera goes on counting.
      </ConfirmDialog>
    </div>
  );
}

function Source({ camera }: { camera: Camera }): VNode {
  return (
    <div class="card">
      <h2>Source</h2>
      <dl class="facts facts-wide">
        <dt>Address</dt>
        <dd class="address">{camera.address}</dd>
        {camera.sub_address ? (
          <>
            <dt>Substream</dt>
            <dd class="address">{camera.sub_address}</dd>
          </>
        ) : null}
        {camera.kind === "rtsp" ? (
          <>
            <dt>Transport</dt>
            <dd>{camera.transport.toUpperCase()}</dd>
          </>
        ) : null}
      </dl>
      <p class="card-note">To read from another address, add it as a new camera: its views stay apart from these.</p>
      {hasPictures(camera) ? (
        <p>
          <a class="button button-small" href={`/camera/${camera.id}/aim`}>
            Aim the camera
          </a>
        </p>
      ) : null}
    </div>
  );
}

function Password({ camera }: { camera: Camera }): VNode {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [done, setDone] = useState("");
  const { run, busy, error } = useChange();
  const change = credentialsOf(username, password);
  // Whose password would it be?
  const incomplete = change === null || (change.username === undefined && !camera.has_credentials);
  const send = async (what: CameraChange, words: string): Promise<void> => {
    setDone("");
    if (!(await run(() => api.changeCamera(camera.id, what)))) return;
    setUsername("");
    setPassword("");
    setDone(words);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (change !== null) await send(change, "Saved. The camera is opened again.");
  };
  return (
    <form class="card" onSubmit={submit}>
      <h2>Password</h2>
      <p class="card-note">
        {camera.has_credentials
          ? "Set, and kept on the server only. Enter the new one after it was changed on the camera."
          : "None is set. Enter user name and password if the camera asks for them."}
      </p>
      <div class="field-row">
        <Field label="User name" optional={camera.has_credentials} value={username} onValue={setUsername} note={camera.has_credentials ? "Left empty, it stays as it is." : undefined} />
        <Field label="Password" value={password} onValue={setPassword} input={{ type: "password", autocomplete: "new-password" }} />
      </div>
      <FormError text={error} />
      <div class="form-actions">
        <button type="submit" class="button button-main" disabled={busy || incomplete}>
          Save
        </button>
        {camera.has_credentials ? (
          <button type="button" class="button button-plain" disabled={busy} onClick={() => send({ username: "" }, "Removed. The camera is opened again.")}>
            Remove password
          </button>
        ) : null}
        <span class="muted" role="status">
          {done}
        </span>
      </div>
    </form>
  );
}

function Sound({ camera }: { camera: Camera }): VNode {
  const { run, busy, error } = useChange();
  const turn = (): Promise<boolean> => run(() => api.changeCamera(camera.id, { sound: !camera.sound }));
  return (
    <div class="card">
      <h2>{camera.sound ? "Sound is kept" : "No sound is kept"}</h2>
      <p class="card-note">
        Sound is kept sealed with the original, for custodians alone, if the camera sends AAC. It is never in the view, live,
        in recordings or in exports.
        {camera.sound && camera.original.state === "off" ? " At the moment no original of this camera is kept, and so no sound." : null}
      </p>
      <p class="card-note card-warning">
        <Icon name="info" />
        <span>
          <strong>Recording speech needs a legal ground of its own in most countries</strong>, besides the one for pictures.
          {camera.sound
            ? " Make sure that you have it, and that people who may be heard are told."
            : " Turn it on only where you have it, and tell people who may be heard."}
        </span>
      </p>
      <FormError text={error} />
      <button type="button" class="button" disabled={busy} onClick={turn}>
        {camera.sound ? "Keep no sound" : "Keep sound"}
      </button>
      {camera.sound ? <p class="card-note card-after">What was kept before stays until its time is over.</p> : null}
    </div>
  );
}

function Switch({ camera }: { camera: Camera }): VNode {
  const { run, busy, error } = useChange();
  const turn = (): Promise<boolean> => run(() => api.changeCamera(camera.id, { enabled: !camera.enabled }));
  return (
    <div class="card">
      <h2>{camera.enabled ? "Switched on" : "Switched off"}</h2>
      <p class="card-note">
        {camera.enabled
          ? "While it is switched off nothing is shown and nothing is kept. The time becomes a gap with the cause “off on purpose”."
          : "Nothing is shown and nothing is kept. What was kept before stays until its time is over."}
      </p>
      <FormError text={error} />
      <button type="button" class="button" disabled={busy} onClick={turn}>
        {camera.enabled ? "Switch off" : "Switch on"}
      </button>
    </div>
  );
}

function Remove({ camera }: { camera: Camera }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const { run, busy, error } = useChange();
  const remove = async (): Promise<void> => {
    if (await run(() => api.removeCamera(camera.id))) {
      dialog.current?.close();
      go("/", "replace");
    }
  };
  return (
    <div class="card card-danger">
      <h2>Remove</h2>
      <p class="card-note">The camera and everything that is kept of its view are deleted.</p>
      <button type="button" class="button button-danger" onClick={() => dialog.current?.showModal()}>
        Remove this camera
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={`Remove ${camera.name}?`}
        action="Remove"
        acting="Removing"
        busy={busy}
        error={error}
        onConfirm={remove}
      >
        {camera.kept
          ? `Its view is kept since ${date(camera.kept.from_us)}. All of it is deleted, and this cannot be undone.`
          : "Nothing of its view is kept yet. This cannot be undone."}
      </ConfirmDialog>
    </div>
  );
}
