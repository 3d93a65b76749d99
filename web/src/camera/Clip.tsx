import type { VNode } from "preact";
import { useState } from "preact/hooks";

import { exportUrl } from "../api";
import { spanProblem } from "../holds/holds";
import { SetHold } from "../holds/SetHold";
import { Icon } from "../parts/icons";
import { dateAndTime, duration, spanText, fullTime } from "../time/format";
import type { Marks } from "../timeline/gesture";
import type { Camera, Hold } from "../wire";
import { clipProblem } from "./clipSpan";

interface ClipProps {
  camera: Camera;
  marks: Marks;
  onMark: (which: keyof Marks) => void;
  onClear: () => void;
}

/** Marks a span, exports it as MP4, and has it kept. */
export function Clip({ camera, marks, onMark, onClear }: ClipProps): VNode {
  const { inUs, outUs } = marks;
  const marked = inUs !== null || outUs !== null;
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
      {marked ? (
        <div class="clip-marked">
          <p class="clip-span">
            {inUs !== null && outUs !== null && outUs > inUs ? (
              <>
                {spanText(inUs, outUs)} <span class="muted whole">({duration(outUs - inUs)})</span>
              </>
            ) : inUs !== null ? (
              `Start: ${fullTime(inUs)}`
            ) : outUs !== null ? (
              `End: ${fullTime(outUs)}`
            ) : null}
          </p>
          <button type="button" class="button button-small button-plain" onClick={onClear}>
            Clear
          </button>
        </div>
      ) : (
        <p class="panel-note">Go to a moment on the timeline and mark it. The handles can be dragged.</p>
      )}
      {marked ? <Actions camera={camera} marks={marks} /> : null}
      <p class="panel-note">A clip holds the view, as everybody sees it.</p>
    </section>
  );
}

/** What can be done with what is marked. */
function Actions({ camera, marks }: { camera: Camera; marks: Marks }): VNode {
  const { inUs, outUs } = marks;
  const [asking, setAsking] = useState(false);
  const [set, setSet] = useState<{ hold: Hold; of: Marks } | null>(null);
  const problem = clipProblem(marks);
  // Other marks, another span: that one is not held for that.
  const hold = set?.of.inUs === inUs && set.of.outUs === outUs ? set.hold : null;
  return (
    <>
      {problem === null && inUs !== null && outUs !== null ? (
        <a class="button button-main button-small" href={exportUrl(camera.id, inUs, outUs)} download>
          <Icon name="download" /> Export MP4
        </a>
      ) : (
        <p class="panel-note" role="status">
          {problem}
        </p>
      )}
      {spanProblem(inUs, outUs) === null ? (
        <button type="button" class="button button-small" onClick={() => setAsking(true)}>
          <Icon name="keep" /> Keep this footage
        </button>
      ) : null}
      <div role="status" class="clip-said">
        {hold ? (
          <p class="clip-held">
            <Icon name="check" />
            <span>
              Held until {dateAndTime(hold.until_us)}. <a href="/holds">See all holds</a>
            </span>
          </p>
        ) : null}
      </div>
      {asking ? (
        <SetHold
          wanted={{ camera: camera.id, fromUs: inUs, toUs: outUs }}
          cameras={[camera]}
          onSet={(done) => setSet({ hold: done, of: marks })}
          onClosed={() => setAsking(false)}
        />
      ) : null}
    </>
  );
}
