import type { VNode } from "preact";

import { Icon } from "../parts/icons";
import { SPEEDS, type Playback } from "../recorded/playback";
import { clockTime, dayName, duration } from "../time/format";
import { SECOND } from "../time/units";

// A live picture older than this says so. Two seconds are ordinary, and the two clocks may differ by as much.
const LATE = 6 * SECOND;

interface ControlsProps {
  playback: Playback;
  /** Whether there is a live picture to wait for, or why there is none. */
  absent: string | null;
  nowUs: number;
  onLive: () => void;
}

/** Play, step, speed, live; and the wall time of the picture. */
export function Controls({ playback, absent, nowUs, onLive }: ControlsProps): VNode {
  const live = playback.mode.value === "live";
  const playing = live || playback.playing.value;
  const at = playback.atUs.value;
  return (
    <div class="controls" role="group" aria-label="Playback">
      <button type="button" class="icon-button" aria-label="One frame back (,)" title="One frame back (,)" onClick={() => playback.step(-1)}>
        <Icon name="back" />
      </button>
      <button
        type="button"
        class="icon-button icon-button-main"
        aria-label={playing ? "Pause (space)" : "Play (space)"}
        title={playing ? "Pause (space)" : "Play (space)"}
        onClick={() => playback.toggle()}
      >
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="One frame on (.)"
        title="One frame on (.)"
        disabled={live}
        onClick={() => playback.step(1)}
      >
        <Icon name="forward" />
      </button>
      <p class="picture-time">
        {at === null ? (
          <span class="muted">{!live ? "" : (absent ?? "Waiting for a picture")}</span>
        ) : (
          <>
            <span class="picture-day">{dayName(at)}</span> <time>{clockTime(at)}</time>
            {live && nowUs - at > LATE ? <span class="late">{duration(nowUs - at)} late</span> : null}
          </>
        )}
      </p>
      <label class="speed">
        <span class="sr-only">Speed</span>
        <select
          value={String(playback.rate.value)}
          disabled={live}
          onChange={(event) => playback.setRate(Number(event.currentTarget.value))}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={String(speed)}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="button button-small live-button" aria-pressed={live && absent === null} onClick={onLive} title="Live (L)">
        <span class="live-dot" aria-hidden="true" /> Live
      </button>
    </div>
  );
}
