import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { CameraFacts } from "../camera/CameraFacts";
import { Clip } from "../camera/Clip";
import { Controls } from "../camera/Controls";
import { Legend } from "../camera/Legend";
import { Stage } from "../camera/Stage";
import { useKeys } from "../camera/useKeys";
import { WindowChoice } from "../camera/WindowChoice";
import { CountsPanel } from "../counts/CountsPanel";
import { CoveragePanel } from "../coverage/CoveragePanel";
import { useMarks } from "../events/marks";
import { holdsOf } from "../holds/holds";
import { Dot } from "../parts/HealthMark";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";
import { Playback } from "../recorded/playback";
import { RulesPanel } from "../rules/RulesPanel";
import { holds, useHolds } from "../state/holds";
import { cameraById, cameras } from "../state/server";
import { nowUs } from "../time/clock";
import { HOUR, MINUTE, SECOND } from "../time/units";
import type { Marks } from "../timeline/gesture";
import { held, SHORTEST, showing, spanOf, upTo, type TimeWindow } from "../timeline/scale";
import { Timeline, type ScrubPhase } from "../timeline/Timeline";
import { useSpans } from "../timeline/useSpans";
import type { Camera } from "../wire";
import { hasPictures, isOn, offWords, POLICIES, worstHealth } from "../words";
import { Missing } from "./Missing";

export function CameraPage({ id, atUs }: { id: number; atUs: number | null }): VNode {
  const camera = cameraById(id);
  if (camera) return <CameraScreen camera={camera} startUs={atUs} />;
  if (!cameras.value) return <Loading text="Loading the camera" />;
  return <Missing text="There is no such camera. It may have been removed." />;
}

/** An hour, or ten minutes while so little is kept that an hour would show mostly nothing. */
function firstSpan(camera: Camera): number {
  return camera.kept && nowUs() - camera.kept.from_us > HOUR / 2 ? HOUR : SHORTEST;
}

/** Why there is no live picture to wait for, or null. */
function noLivePicture(camera: Camera): string | null {
  const off = offWords(camera, nowUs());
  if (off) return off.title;
  return hasPictures(camera) ? null : POLICIES[camera.policy].title;
}

const NO_MARKS: Marks = { inUs: null, outUs: null };

function CameraScreen({ camera, startUs }: { camera: Camera; startUs: number | null }): VNode {
  const video = useRef<HTMLVideoElement>(null);
  const playback = useMemo(() => new Playback(camera.id, () => video.current), [camera.id]);
  const [now, setNow] = useState(nowUs);
  const [window, setWindow] = useState<TimeWindow>(() => upTo(nowUs(), firstSpan(camera)));
  // The window moves on with the time until somebody moves it elsewhere.
  const [follows, setFollows] = useState(true);
  const [marks, setMarks] = useState<Marks>(NO_MARKS);
  const allHolds = holds.value;
  const { spans, loaded, failed } = useSpans(camera.id, window);
  const events = useMarks(camera.id, window);
  useHolds();
  const heldHere = useMemo(() => holdsOf(allHolds ?? [], camera.id), [allHolds, camera.id]);
  const oldestUs = camera.kept?.from_us ?? now - HOUR;

  useEffect(() => {
    if (startUs !== null) playback.show(startUs);
    return () => playback.close();
  }, [playback, startUs]);

  useEffect(() => {
    const timer = setInterval(() => {
      playback.tick();
      setNow(nowUs());
    }, 250);
    return () => clearInterval(timer);
  }, [playback]);

  const live = playback.mode.value === "live";
  const at = playback.atUs.value;
  useEffect(() => {
    // Not while it is in sight: the window pages only when the picture's moment has run out of it.
    if (follows) setWindow((w) => (live ? upTo(now, spanOf(w)) : at === null ? w : held(showing(w, at), oldestUs, now)));
  }, [follows, live, at, now, oldestUs]);

  const moveWindow = (next: TimeWindow): void => {
    const zooms = spanOf(next) !== spanOf(window);
    const wanted = held(next, oldestUs, now);
    const atEnd = wanted.toUs >= upTo(now, spanOf(wanted)).toUs - spanOf(wanted) * 0.01;
    setFollows(live ? atEnd : follows && zooms);
    setWindow(wanted);
  };
  const scrub = (us: number, phase: ScrubPhase): void => {
    setFollows(false);
    if (phase === "start") playback.beginScrub();
    if (phase !== "end" || playback.mode.value === "recorded") playback.show(us);
    if (phase === "end") {
      playback.endScrub();
      setFollows(true);
    }
  };
  const goLive = (): void => {
    playback.goLive();
    setFollows(true);
  };
  const jump = (us: number): void => {
    playback.show(us);
    setFollows(true);
  };
  const mark = (which: keyof Marks): void => {
    const us = at ?? now;
    const next = { ...marks, [which]: us };
    // A start after the end, or an end before the start, begins a new span.
    if (next.inUs !== null && next.outUs !== null && next.outUs <= next.inUs) {
      setMarks({ ...NO_MARKS, [which]: us });
    } else setMarks(next);
  };
  // Where no picture may be seen there is nothing to play, but for what was kept before that was so.
  const playable = hasPictures(camera) || camera.kept !== null;
  const keys = {
    ArrowLeft: (shift: boolean) => jump((at ?? now) - (shift ? MINUTE : 5 * SECOND)),
    ArrowRight: (shift: boolean) => (live ? undefined : jump((at ?? now) + (shift ? MINUTE : 5 * SECOND))),
    Home: () => jump(oldestUs),
    End: goLive,
    " ": () => playback.toggle(),
    ",": () => playback.step(-1),
    ".": () => playback.step(1),
    i: () => mark("inUs"),
    o: () => mark("outUs"),
    l: goLive,
  };
  useKeys(playable ? keys : {});

  return (
    <section class="camera">
      <header class="camera-head">
        <a class="icon-button" href="/" aria-label="Back to the wall">
          <Icon name="left" />
        </a>
        <h1>
          {isOn(camera) ? <Dot state={worstHealth(camera).state} /> : <Dot state="off" />}
          {camera.name}
        </h1>
        <a class="button button-small" href={`/camera/${camera.id}/settings`}>
          <Icon name="gear" /> <span class="wide-only">Settings</span>
        </a>
      </header>
      <div class="camera-main">
        <Stage camera={camera} playback={playback} video={video} spans={spans} nowUs={now} />
        {playable ? (
          <>
            <Controls playback={playback} absent={noLivePicture(camera)} nowUs={now} onLive={goLive} />
            <Timeline
              window={window}
              spans={spans}
              held={heldHere}
              events={events}
              nowUs={now}
              oldestUs={oldestUs}
              atUs={at ?? (live ? now : null)}
              live={live}
              marks={marks}
              onWindow={moveWindow}
              onScrub={scrub}
              onMarks={setMarks}
            />
            <div class="timeline-foot">
              <Legend empty={loaded && camera.kept === null} failed={failed} />
              <WindowChoice window={window} atUs={at ?? now} onWindow={moveWindow} />
            </div>
          </>
        ) : null}
      </div>
      <aside class="camera-side" aria-label="About this camera">
        {playable ? <Clip camera={camera} marks={marks} onMark={mark} onClear={() => setMarks(NO_MARKS)} /> : null}
        <RulesPanel camera={camera} />
        <CountsPanel camera={camera} />
        <CameraFacts camera={camera} held={heldHere} nowUs={now} />
        <CoveragePanel camera={camera} onMoment={playable ? jump : null} />
      </aside>
    </section>
  );
}
