import type { VNode } from "preact";
import { useCallback, useState } from "preact/hooks";

import { getCoverage } from "../api";
import { nowUs } from "../time/clock";
import { moment } from "../time/format";
import { DAY } from "../time/units";
import { gapDetail, gapTitle } from "../timeline/describe";
import type { Camera, CameraCoverage } from "../wire";
import { listed, type ListedGap } from "./shares";
import { Strip } from "./Strip";
import { useAgain } from "./useAgain";

const DAYS = 14;
const AGAIN_MS = 30_000;
const FEW = 4;
const MOST = 100;

interface PanelProps {
  camera: Camera;
  /** Goes to a moment of the recording; null where there is none. */
  onMoment: ((us: number) => void) | null;
}

/** How much of the last days was kept of a camera, and why not all. */
export function CoveragePanel({ camera, onMoment }: PanelProps): VNode {
  const ask = useCallback(
    (signal: AbortSignal) => getCoverage(camera.id, nowUs() - (DAYS - 1) * DAY, nowUs() + 1, signal),
    [camera.id],
  );
  const { value, failed } = useAgain(ask, AGAIN_MS);
  return (
    <section class="panel" aria-labelledby="coverage-title">
      <h2 id="coverage-title">Coverage</h2>
      {value ? <Covered coverage={value} onMoment={onMoment} /> : <p class="panel-note">{failed ? "It could not be loaded. Trying again." : "Loading"}</p>}
    </section>
  );
}

function Covered({ coverage, onMoment }: { coverage: CameraCoverage; onMoment: PanelProps["onMoment"] }): VNode {
  const [all, setAll] = useState(false);
  const gaps = listed(coverage.view_gaps, coverage.original_gaps);
  const shown = gaps.slice(0, all ? MOST : FEW);
  return (
    <>
      <Strip days={coverage.days} shares={coverage} />
      <h3>Gaps</h3>
      {gaps.length === 0 ? (
        <p class="panel-note">None in these days.</p>
      ) : (
        <ul class="gaps">
          {shown.map((gap) => (
            <GapRow key={`${gap.from_us} ${gap.kinds.join()}`} gap={gap} onMoment={onMoment} />
          ))}
        </ul>
      )}
      {gaps.length > FEW ? (
        <button type="button" class="button button-small button-plain" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show ${Math.min(gaps.length, MOST) - FEW} more`}
        </button>
      ) : null}
    </>
  );
}

function GapRow({ gap, onMoment }: { gap: ListedGap; onMoment: PanelProps["onMoment"] }): VNode {
  const now = nowUs();
  const what = gap.kinds.length === 2 ? "View and original" : gap.kinds[0] === "view" ? "View" : "Original";
  const when = moment(gap.from_us, now);
  return (
    <li class={gap.cause === "off" ? "gap gap-off" : "gap"}>
      <span class={gap.cause === "off" ? "swatch swatch-off" : "swatch swatch-gap"} aria-hidden="true" />
      <div>
        <p>
          {onMoment ? (
            <button type="button" class="link" title="Show on the timeline" onClick={() => onMoment(gap.from_us)}>
              <time>{when}</time>
            </button>
          ) : (
            <time>{when}</time>
          )}{" "}
          {gapTitle(gap, now)} <span class="muted whole">{what}</span>
        </p>
        <p class="muted">{gapDetail(gap)}</p>
      </div>
    </li>
  );
}
