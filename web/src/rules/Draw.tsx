import type { ComponentChildren, TargetedKeyboardEvent, TargetedPointerEvent, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { LiveView } from "../live/LiveView";
import { useAimPicture } from "../live/useAimPicture";
import { Standin } from "../live/Standin";
import type { Camera, Direction, Pair } from "../wire";
import { hasPictures } from "../words";
import { pointIn } from "./draft";
import { closed, keyed, moved, nextPlace, swapped, withPoint, without, type Drawing, type Step } from "./drawing";
import { arrowOf, placeWords } from "./geometry";

interface DrawProps {
  camera: Camera;
  drawing: Drawing;
  name: string;
  /** Which way is meant; null: both. Of a tripwire alone. */
  direction: Direction | null;
  onDrawing: (drawing: Drawing) => void;
  /** What else is shown on the picture, under what is drawn. */
  beneath?: ComponentChildren;
}

/** Draws a zone, a tripwire or points of the ground on the view: never on a raw picture, which nobody has. */
export function Draw({ camera, drawing, name, direction, onDrawing, beneath }: DrawProps): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const focus = useRef<number | null>(null);
  const ratio = ratioOf(camera);
  useEffect(() => {
    if (focus.current === null) return;
    const corner = frame.current?.querySelectorAll<HTMLElement>(".draw-corner")[focus.current];
    if (!corner) return; // this is of a render before the one that draws it
    corner.focus();
    focus.current = null;
  });
  const take = ({ drawing: next, problem: said }: Step): void => {
    setProblem(said);
    if (next !== drawing) onDrawing(next);
  };
  const add = (point: Pair): void => {
    const step = withPoint(drawing, point, name);
    focus.current = step.drawing === drawing ? null : drawing.points.length;
    take(step);
  };
  const remove = (index: number): void => {
    focus.current = Math.max(0, index - 1);
    take(without(drawing, index, name));
  };
  const press = (event: TargetedPointerEvent<HTMLElement>): void => {
    if (event.button !== 0 || drawing.closed || !frame.current) return;
    event.preventDefault();
    add(pointIn(frame.current.getBoundingClientRect(), event.clientX, event.clientY));
  };
  return (
    <div class="draw-area">
      <div class="draw" ref={frame} style={{ "--ratio": String(ratio) }} data-open={!drawing.closed} role="group" aria-label={LABELS[drawing.what]}>
        <Background camera={camera} />
        {beneath}
        <div class="draw-surface" onPointerDown={press} />
        <Lines drawing={drawing} direction={direction} ratio={ratio} bad={problem !== null} />
        {drawing.points.map((point, index) => (
          <Corner
            key={index}
            drawing={drawing}
            index={index}
            point={point}
            chosen={index === chosen}
            frame={() => frame.current}
            onChosen={() => setChosen(index)}
            onMove={(next) => take(moved(drawing, index, next, name))}
            onPress={() => (drawing.what === "zone" && index === 0 && !drawing.closed ? take(closed(drawing, name)) : undefined)}
            onRemove={() => remove(index)}
          />
        ))}
      </div>
      <Tools drawing={drawing} name={name} chosen={chosen} onAdd={add} onStep={take} onRemove={remove} onDrawing={onDrawing} />
      <p class="field-note">{hintOf(drawing)}</p>
      <div role="alert">{problem ? <p class="form-error draw-problem">{problem}</p> : null}</div>
    </div>
  );
}

/** The view; while that is covered, the plate as far as it has formed; never anything else. */
function Background({ camera }: { camera: Camera }): VNode {
  const covered = camera.view.state === "learning" || camera.view.state === "covered";
  const plate = useAimPicture(camera.id, hasPictures(camera) && covered);
  if (!hasPictures(camera)) {
    return (
      <div class="picture">
        <Standin title="There is no picture" detail="This camera keeps counts only. Place it by the picture's edges." />
      </div>
    );
  }
  if (plate === null) return <LiveView camera={camera} />;
  return (
    <div class="picture">
      <img class="draw-plate" src={plate} alt={`Plate of ${camera.name}, as far as it has formed`} />
      <div class="note-chip">
        <strong>The view is covered.</strong> This is the plate, the empty scene, as far as it has formed.
      </div>
    </div>
  );
}

const LABELS = { zone: "Zone on the view", tripwire: "Line on the view", calibration: "Ground on the view" };
const MOVES = { zone: "a corner", tripwire: "an end", calibration: "a point" };

export const ratioOf = ({ view }: Camera): number => (view.width > 0 && view.height > 0 ? view.width / view.height : 16 / 9);

function hintOf({ what, points, closed: whole }: Drawing): string {
  if (whole) return `Drag ${MOVES[what]} to move it, or choose it and use the arrow keys; with Shift they go further.`;
  if (what === "calibration") {
    return points.length === 0
      ? "Click four points on flat ground one after another around it: the corners of something whose lengths you know, such as lane markings. As far apart as can be: 20 m and more along the road."
      : `Click point ${points.length + 1}, going round.`;
  }
  if (what === "tripwire") return points.length === 0 ? "Click where the line begins, then where it ends." : "Click where the line ends.";
  if (points.length === 0) return "Click its corners one after another. Draw it on the ground, where feet and wheels are.";
  return points.length < 3 ? "Click the next corner." : "Click the next corner, or the first one again to close the zone.";
}

interface LinesProps {
  drawing: Drawing;
  direction: Direction | null;
  ratio: number;
  bad: boolean;
}

function Lines({ drawing: { what, points, closed: whole }, direction, ratio, bad }: LinesProps): VNode {
  const [first, second] = points;
  const path = points.map(([x, y]) => `${x * ratio * 1000},${y * 1000}`).join(" ");
  return (
    <svg class="draw-lines" data-what={what} viewBox={`0 0 ${ratio * 1000} 1000`} preserveAspectRatio="none" data-bad={bad} aria-hidden="true">
      {what !== "tripwire" && whole ? <polygon points={path} /> : <polyline points={path} />}
      {what === "tripwire" && first && second ? (
        <>
          {direction === "backward" ? null : <Arrow ends={[first, second]} ratio={ratio} />}
          {direction === "forward" ? null : <Arrow ends={[second, first]} ratio={ratio} backward />}
        </>
      ) : null}
    </svg>
  );
}

const ARROW = 0.13;

function Arrow({ ends, ratio, backward = false }: { ends: [Pair, Pair]; ratio: number; backward?: boolean }): VNode {
  const [from, to] = arrowOf(ends, ratio, ARROW);
  const [dx, dy] = [(to[0] - from[0]) * 1000, (to[1] - from[1]) * 1000];
  const [x, y] = [to[0] * 1000, to[1] * 1000];
  // A third of the arrow's length is its head.
  const wing = (side: 1 | -1): string => `${x - dx * 0.33 + side * dy * 0.24},${y - dy * 0.33 - side * dx * 0.24}`;
  return (
    <g class={backward ? "draw-arrow draw-backward" : "draw-arrow"}>
      <line x1={from[0] * 1000} y1={from[1] * 1000} x2={x - dx * 0.2} y2={y - dy * 0.2} />
      <polygon points={`${x},${y} ${wing(1)} ${wing(-1)}`} />
    </g>
  );
}

interface CornerProps {
  drawing: Drawing;
  index: number;
  point: Pair;
  chosen: boolean;
  frame: () => HTMLElement | null;
  onChosen: () => void;
  onMove: (point: Pair) => void;
  onPress: () => void;
  onRemove: () => void;
}

function Corner({ drawing, index, point, chosen, frame, onChosen, onMove, onPress, onRemove }: CornerProps): VNode {
  const drags = useRef(false);
  const drag = (event: TargetedPointerEvent<HTMLElement>): void => {
    const box = frame()?.getBoundingClientRect();
    if (!box || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    // A hand that clicks may shake.
    const [x, y] = [point[0] * box.width + box.left, point[1] * box.height + box.top];
    if (!drags.current && Math.hypot(event.clientX - x, event.clientY - y) < 6) return;
    drags.current = true;
    onMove(pointIn(box, event.clientX, event.clientY));
  };
  const key = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    const next = keyed(point, event.key, event.shiftKey, drawing.what === "calibration");
    if (next) onMove(next);
    else if (event.key === "Delete" || event.key === "Backspace") onRemove();
    else return;
    event.preventDefault();
  };
  return (
    <button
      type="button"
      class="draw-corner"
      data-what={drawing.what}
      data-chosen={chosen}
      data-closes={drawing.what === "zone" && index === 0 && !drawing.closed && drawing.points.length >= 3}
      style={{ left: `${point[0] * 100}%`, top: `${point[1] * 100}%` }}
      aria-label={`${pointWord(drawing.what, index)}, ${placeWords(point)}`}
      onFocus={onChosen}
      onPointerDown={(event) => {
        drags.current = false;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={drag}
      onClick={() => (drags.current ? undefined : onPress())}
      onKeyDown={key}
    >
      {drawing.what === "calibration" ? <span class="draw-number">{index + 1}</span> : null}
    </button>
  );
}

function pointWord(what: Drawing["what"], index: number): string {
  if (what === "tripwire") return index === 0 ? "First end" : "Second end";
  return `${what === "zone" ? "Corner" : "Point"} ${index + 1}`;
}

interface ToolsProps {
  drawing: Drawing;
  name: string;
  chosen: number | null;
  onAdd: (point: Pair) => void;
  onStep: (step: Step) => void;
  onRemove: (index: number) => void;
  onDrawing: (drawing: Drawing) => void;
}

function addWords({ what, points }: Drawing): string {
  if (what === "zone") return "Add a corner";
  if (what === "calibration") return `Add point ${points.length + 1}`;
  return points.length === 0 ? "Add the first end" : "Add the second end";
}

function Tools({ drawing, name, chosen, onAdd, onStep, onRemove, onDrawing }: ToolsProps): VNode {
  const zone = drawing.what === "zone";
  const last = drawing.points.length - 1;
  const aim = zone && chosen !== null && chosen <= last ? chosen : last;
  return (
    <div class="draw-tools">
      {drawing.closed ? null : (
        <button type="button" class="button button-small" onClick={() => onAdd(nextPlace(drawing, name))}>
          {addWords(drawing)}
        </button>
      )}
      {zone && !drawing.closed && drawing.points.length >= 3 ? (
        <button type="button" class="button button-small" onClick={() => onStep(closed(drawing, name))}>
          Close the zone
        </button>
      ) : null}
      {drawing.what === "tripwire" && drawing.closed ? (
        <button type="button" class="button button-small" onClick={() => onDrawing(swapped(drawing))}>
          Swap directions
        </button>
      ) : null}
      {drawing.what !== "tripwire" && last >= 0 ? (
        <button type="button" class="button button-small" onClick={() => onRemove(aim)}>
          Remove {zone ? "corner" : "point"} {aim + 1}
        </button>
      ) : null}
      {last >= 0 ? (
        <button type="button" class="button button-small button-plain" onClick={() => onDrawing({ ...drawing, points: [], closed: false })}>
          Draw anew
        </button>
      ) : null}
    </div>
  );
}
