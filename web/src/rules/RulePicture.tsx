import type { VNode } from "preact";
import { useId } from "preact/hooks";

import type { Camera } from "../wire";
import { calibrationProblem } from "./calibration";
import { calibrationOf, drawn, has, type Draft } from "./draft";
import { Draw, ratioOf } from "./Draw";
import { GroundLines, Outline } from "./GroundLines";

/** What is drawn of a rule that has both. */
export type Aim = "points" | "zone";

interface RulePictureProps {
  camera: Camera;
  draft: Draft;
  aim: Aim;
  onAim: (aim: Aim) => void;
  onDraft: (change: Partial<Draft>) => void;
}

/** The picture of a rule, with all that is drawn on it. */
export function RulePicture({ camera, draft, aim, onAim, onDraft }: RulePictureProps): VNode {
  const what = drawn(draft);
  if (has(draft.kind, "calibration")) {
    return what === null ? <Points camera={camera} draft={draft} onDraft={onDraft} /> : <Both camera={camera} draft={draft} aim={aim} onAim={onAim} onDraft={onDraft} />;
  }
  if (what === null) return <p class="card card-note">This rule is about the whole picture: there is nothing to draw.</p>;
  return <Place key={what} camera={camera} draft={draft} onDraft={onDraft} />;
}

type PartProps = Pick<RulePictureProps, "camera" | "draft" | "onDraft">;

function Place({ camera, draft, onDraft }: PartProps): VNode {
  const { points } = draft.points;
  const ratio = ratioOf(camera);
  return (
    <Draw
      camera={camera}
      drawing={draft.drawing}
      name={draft.place.trim()}
      direction={draft.direction}
      onDrawing={(drawing) => onDraft({ drawing })}
      beneath={has(draft.kind, "calibration") && points.length > 2 ? <Outline corners={points} ratio={ratio} /> : null}
    />
  );
}

function Points({ camera, draft, onDraft }: PartProps): VNode {
  const calibration = calibrationOf(draft);
  const ratio = ratioOf(camera);
  const zone = drawn(draft) === "zone" ? draft.drawing.points : [];
  return (
    <Draw
      camera={camera}
      drawing={draft.points}
      name=""
      direction={null}
      onDrawing={(points) => onDraft({ points })}
      beneath={
        <>
          {zone.length > 2 ? <Outline corners={zone} ratio={ratio} /> : null}
          {calibration && calibrationProblem(calibration) === null ? <GroundLines calibration={calibration} ratio={ratio} lengths /> : null}
        </>
      }
    />
  );
}

function Both({ camera, draft, aim, onAim, onDraft }: RulePictureProps): VNode {
  const id = useId();
  const choices: [Aim, string][] = [
    ["points", "Draw the four points"],
    ["zone", "Draw the zone"],
  ];
  return (
    <>
      <fieldset class="choice-field draw-aim">
        <legend class="sr-only">What you draw</legend>
        {choices.map(([one, words]) => (
          <label key={one}>
            <input type="radio" name={id} checked={aim === one} onChange={() => onAim(one)} />
            {words}
          </label>
        ))}
      </fieldset>
      {aim === "zone" ? <Place key="zone" camera={camera} draft={draft} onDraft={onDraft} /> : <Points key="points" camera={camera} draft={draft} onDraft={onDraft} />}
    </>
  );
}
