import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { nowUs } from "../time/clock";
import type { Camera } from "../wire";
import { isOn, offWords, sentence, viewWords } from "../words";
import { LivePlayer, type LiveStatus } from "./player";
import { Standin } from "./Standin";
import { useSeen } from "./useSeen";

interface LiveViewProps {
  camera: Camera;
  /** Told once the player exists, and null when it is gone. */
  onPlayer?: (player: LivePlayer | null) => void;
  children?: ComponentChildren;
}

/** A camera's live view with what there is to say about it. Plays only while it can be seen. */
export function LiveView({ camera, onPlayer, children }: LiveViewProps): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const seen = useSeen(frame);
  const [status, setStatus] = useState<LiveStatus>({ kind: "connecting" });
  const active = seen && isOn(camera);
  useEffect(() => {
    if (!active || !video.current) return undefined;
    const player = new LivePlayer(video.current, camera.id, setStatus);
    player.start();
    onPlayer?.(player);
    return () => {
      player.stop();
      onPlayer?.(null);
    };
  }, [active, camera.id, onPlayer]);
  return (
    <div class="picture" ref={frame}>
      <video ref={video} muted playsInline aria-label={`Live view of ${camera.name}`} tabIndex={-1} />
      <LiveNote camera={camera} status={status} />
      {children}
    </div>
  );
}

/** Over the picture: why there is none, or why it is not the street. */
function LiveNote({ camera, status }: { camera: Camera; status: LiveStatus }): VNode | null {
  const off = offWords(camera, nowUs());
  if (off) return <Standin title={off.title} detail={off.detail} />;
  const words = viewWords(camera.view);
  const playing = status.kind === "playing";
  if (camera.view.state === "learning") {
    return (
      <div class={playing ? "note-chip" : "standin"}>
        <strong>{words?.title}</strong>
        <progress max={1} value={camera.view.progress} aria-label="Plate learnt" />
        {playing ? null : <span>{words?.detail || "The picture stays covered until the plate is ready."}</span>}
      </div>
    );
  }
  if (status.kind === "unsupported") {
    return <Standin title="This browser cannot play live video" detail="It has no Media Source Extensions." />;
  }
  if (status.kind === "paused" || camera.view.state === "paused") {
    const reason = status.kind === "paused" && status.reason ? sentence(status.reason) : (words?.detail ?? "");
    return <Standin title="Paused" detail={reason} />;
  }
  if (camera.view.state === "waiting" && words) return <Standin title={words.title} detail={words.detail} />;
  if (camera.view.state === "covered" && words) {
    if (!playing) return <Standin title={words.title} detail={words.detail} />;
    return (
      <div class="note-chip">
        <strong>{words.title}.</strong> {words.detail}
      </div>
    );
  }
  if (status.kind === "lost") return <Standin title="Live view lost" detail="Connecting again." />;
  if (status.kind === "connecting") return <Standin title="Connecting" detail="" quiet />;
  return null;
}
