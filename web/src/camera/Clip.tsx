import type { VNode } from "preact";

import { exportUrl } from "../api";
import { Icon } from "../parts/icons";
import { duration, spanText, fullTime } from "../time/format";
import type { Marks } from "../timeline/gesture";
import type { Camera } from "../wire";
import { clipProblem } from "./clipSpan";

interface ClipProps {
  camera: Camera;
  marks: Marks;
  onMark: (which: keyof Marks) => void;
  onClear: () => void;
}

/** Marks a span and exports it as MP4. */
export function Clip({ camera, marks, onMark, onClear }: ClipProps): VNode {
  const { inUs, outUs } = marks;
  const problem = clipProblem(marks);
  return (
    <section class="panel" aria-labelledby="clip-title">
      <h2 id="clip-title">Clip</h2>
      <div class="clip-marks">
        <button type="button" class="button button-small" onClick={() => onMark("inUs")}>
          Mark start <kbd>I</kbd>
        </button>
        <button type="button" class="button button-small" onClick={() => onMark("outUs")}>
          Mark end <kbd>O</kbd>
        </button>
      </div>
      {inUs !== null && outUs !== null && outUs > inUs ? (
        <p class="clip-span">
          {spanText(inUs, outUs)} <span class="muted whole">({duration(outUs - inUs)})</span>
        </p>
      ) : inUs !== null || outUs !== null ? (
        <p class="clip-span">
          {inUs !== null ? `Start: ${fullTime(inUs)}` : outUs !== null ? `End: ${fullTime(outUs)}` : null}
        </p>
      ) : null}
      {inUs === null && outUs === null ? (
        <p class="panel-note">Go to a moment on the timeline and mark it. The handles can be dragged.</p>
      ) : (
        <div class="clip-actions">
          {problem === null && inUs !== null && outUs !== null ? (
            <a class="button button-main button-small" href={exportUrl(camera.id, inUs, outUs)} download>
              <Icon name="download" /> Export MP4
            </a>
          ) : (
            <p class="panel-note" role="status">
              {problem}
            </p>
          )}
          <button type="button" class="button button-small button-plain" onClick={onClear}>
            Clear
          </button>
        </div>
      )}
      <p class="panel-note">A clip holds the view, as everybody sees it.</p>
    </section>
  );
}
