import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { useAimPicture } from "../live/useAimPicture";
import { Dot, HealthWords } from "../parts/HealthMark";
import { Loading } from "../parts/Loading";
import { go } from "../state/router";
import { cameraById, cameras } from "../state/server";
import { percent } from "../time/format";
import type { Camera } from "../wire";
import { hasPictures, sentence, worstHealth } from "../words";
import { Missing } from "./Missing";

export function Aim({ id }: { id: number }): VNode {
  const camera = cameraById(id);
  if (camera && !hasPictures(camera)) {
    return <Missing text="There is no aiming picture: this camera keeps counts only. Its settings say what else may be seen." />;
  }
  if (camera) return <AimScreen camera={camera} />;
  return cameras.value ? <Missing text="There is no such camera. It may have been removed." /> : <Loading text="Loading the camera" />;
}

function AimScreen({ camera }: { camera: Camera }): VNode {
  const { state } = camera.view;
  const formed = state === "shown";
  const picture = useAimPicture(camera.id, state !== "waiting" && state !== "paused");
  const formedBefore = useRef(formed);
  useEffect(() => {
    // Only when the plate becomes ready in front of somebody; whoever comes later came to aim.
    if (formed && !formedBefore.current) go(`/camera/${camera.id}`, "replace");
    formedBefore.current = formed;
  }, [formed, camera.id]);
  const health = worstHealth(camera);
  return (
    <section class="page aim">
      <h1>Aim {camera.name}</h1>
      <div class="aim-grid">
        <div class="aim-picture">
          {picture ? (
            <img src={picture} alt={`Plate of ${camera.name} as it forms, a few pixels wide`} />
          ) : (
            <div class="standin">
              <strong>No aiming picture yet</strong>
              <span>It comes with the first frames.</span>
            </div>
          )}
        </div>
        <div class="aim-text">
          <div class="aim-progress" role="status">
            <h2>{headline(camera)}</h2>
            {state === "learning" ? <progress max={1} value={camera.view.progress} aria-label="Plate learnt" /> : null}
            {camera.view.reason && !formed ? <p>{sentence(camera.view.reason)}</p> : null}
            <p class="aim-health">
              <Dot state={health.state} /> <HealthWords health={health} />
            </p>
          </div>
          <h2>Why there is no sharp picture</h2>
          <p>
            watchglass has no raw picture for anybody, not even for set-up. What you see is the plate: the empty background,
            learnt from the video. Until it has formed, the picture is at most 64 pixels wide and people in it are covered.
          </p>
          <p>
            It is enough to turn the camera the right way.
            {formed ? null : " When the plate is ready, the live view opens by itself."}
          </p>
          <p>Turn the camera now rather than later: after a move the plate is learnt anew.</p>
          <p class="form-actions">
            <a class="button" href={`/camera/${camera.id}`}>
              {formed ? "Open the live view" : "Skip to the live view"}
            </a>
            <a class="button button-plain" href={`/camera/${camera.id}/settings`}>
              Settings
            </a>
          </p>
        </div>
      </div>
    </section>
  );
}

function headline(camera: Camera): string {
  if (!camera.enabled) return "This camera is switched off";
  if (camera.resting) return "These are the camera's privacy hours";
  switch (camera.view.state) {
    case "shown":
      return "The plate is ready";
    case "learning":
      return `Learning the plate, ${percent(camera.view.progress)}`;
    case "covered":
      return "Covered";
    case "paused":
      return "Paused";
    case "waiting":
      return "Waiting for the first frame";
  }
}
