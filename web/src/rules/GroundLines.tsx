import type { VNode } from "preact";

import type { Calibration, Pair } from "../wire";
import { gridOf, lengthsOf } from "./calibration";
import { metresWords } from "./ground";

/** Squares of metres over the ground, and how long its sides are: whether that fits what is seen, a person sees at once. */
export function GroundLines({ calibration, ratio, lengths }: { calibration: Calibration; ratio: number; lengths: boolean }): VNode {
  return (
    <>
      <svg class="draw-lines draw-grid" viewBox={`0 0 ${ratio * 1000} 1000`} preserveAspectRatio="none" aria-hidden="true">
        {gridOf(calibration).lines.map(([[x1, y1], [x2, y2]], index) => (
          <line key={index} x1={x1 * ratio * 1000} y1={y1 * 1000} x2={x2 * ratio * 1000} y2={y2 * 1000} />
        ))}
      </svg>
      {lengths
        ? lengthsOf(calibration).map(({ at: [x, y], metres }, index) => (
            <span key={index} class="draw-length" style={{ left: `${x * 100}%`, top: `${y * 100}%` }} aria-hidden="true">
              {metresWords(metres)}
            </span>
          ))
        : null}
    </>
  );
}

/** Something that is drawn already, while something else is. */
export function Outline({ corners, ratio }: { corners: readonly Pair[]; ratio: number }): VNode {
  return (
    <svg class="draw-lines draw-other" viewBox={`0 0 ${ratio * 1000} 1000`} preserveAspectRatio="none" aria-hidden="true">
      <polygon points={corners.map(([x, y]) => `${x * ratio * 1000},${y * 1000}`).join(" ")} />
    </svg>
  );
}
