import type { RefObject, VNode } from "preact";

import { CountsView } from "../live/CountsView";
import { LiveView } from "../live/LiveView";
import type { Playback } from "../recorded/playback";
import { describe } from "../timeline/describe";
import { placeAt } from "../timeline/spans";
import type { Camera, TimelineSpans } from "../wire";
import { hasPictures } from "../words";

interface StageProps {
  camera: Camera;
  playback: Playback;
  video: RefObject<HTMLVideoElement | null>;
  spans: TimelineSpans;
  nowUs: number;
}

/** The big picture, or numbers in its place: live, or recorded above it once its first picture is there. */
export function Stage({ camera, playback, video, spans, nowUs }: StageProps): VNode {
  const recorded = playback.mode.value === "recorded";
  const shown = recorded && playback.recordedShown.value;
  const ratio = camera.view.width > 0 && camera.view.height > 0 ? camera.view.width / camera.view.height : 16 / 9;
  return (
    <div class="stage" style={{ "--ratio": String(ratio) }}>
      {shown ? null : hasPictures(camera) ? (
        <LiveView camera={camera} onPlayer={playback.onLivePlayer} />
      ) : (
        <CountsView camera={camera} />
      )}
      <div class="picture recorded" hidden={!recorded} data-shown={shown}>
        <video ref={video} muted playsInline aria-label={`Recorded view of ${camera.name}`} tabIndex={-1} />
        {recorded ? <RecordedNote playback={playback} spans={spans} nowUs={nowUs} /> : null}
      </div>
    </div>
  );
}

function RecordedNote({ playback, spans, nowUs }: Pick<StageProps, "playback" | "spans" | "nowUs">): VNode | null {
  const at = playback.atUs.value;
  if (playback.problem.value !== null) return <Note title="No picture" detail={playback.problem.value} />;
  if (at === null) return null;
  const place = placeAt(spans, at, nowUs);
  if (place === "gap" || (place === "nothing" && !playback.playing.value)) {
    const { title, detail } = describe(spans, at, nowUs);
    return <Note title={title} detail={detail} />;
  }
  if (playback.looking.value) return <span class="picture-line" aria-hidden="true" />;
  return null;
}

function Note({ title, detail }: { title: string; detail: string }): VNode {
  return (
    <div class="standin">
      <strong>{title}</strong>
      {detail ? <span>{detail}</span> : null}
    </div>
  );
}
