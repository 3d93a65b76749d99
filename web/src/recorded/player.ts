/** Plays what is kept: an HLS playlist of half an hour around the chosen moment, loaded anew when that is left. */

import Hls, { type HlsConfig, type LevelDetails } from "hls.js/light";

import { playlistUrl } from "../api";
import { nowUs } from "../time/clock";
import { SECOND } from "../time/units";
import type { TimeWindow } from "../timeline/scale";
import { SeekGate } from "./seekGate";
import { mediaTimeOf, wallTimeOf, windowAround, type PlaylistEntry } from "./window";

export interface RecordedEvents {
  /** The picture on screen belongs to the moment asked for. */
  shown: () => void;
  /** Played or sought to the end of what is kept in this window; `wallUs` is the last moment shown. */
  ended: (wallUs: number) => void;
  failed: (sentence: string) => void;
}

const CONFIG: Partial<HlsConfig> = {
  // A worker made from a blob is against the content security policy; passing fMP4 through costs little.
  enableWorker: false,
  autoStartLoad: false,
  maxBufferLength: 16,
  maxMaxBufferLength: 60,
  backBufferLength: 30,
};
// A second window is asked for only when a scrubbing pointer rests for so long.
const REST_MS = 140;

export class RecordedPlayer {
  private hls: Hls | null = null;
  private window: TimeWindow | null = null;
  private details: LevelDetails | null = null;
  private wantedUs = 0;
  private wantsPlay = false;
  private timer = 0;
  private gateTimer = 0;
  private readonly gate = new SeekGate();
  private frameSeconds = 0.1;
  private lastFrame = -1;

  static supported(): boolean {
    return Hls.isSupported();
  }

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly camera: number,
    private readonly events: RecordedEvents,
  ) {
    video.muted = true;
    video.playsInline = true;
    video.disableRemotePlayback = true;
    video.addEventListener("seeked", this.sought);
    video.addEventListener("loadeddata", this.sought);
    video.addEventListener("ended", this.end);
    this.measureFrames();
  }

  destroy(): void {
    this.video.removeEventListener("seeked", this.sought);
    this.video.removeEventListener("loadeddata", this.sought);
    this.video.removeEventListener("ended", this.end);
    this.unload();
  }

  /** Shows the moment; of several in quick succession the last. */
  seek(atUs: number): void {
    this.wantedUs = atUs;
    const place = this.placeOf(atUs);
    if (place !== null) {
      clearTimeout(this.timer);
      this.goTo(place);
      return;
    }
    clearTimeout(this.timer);
    // The first window comes at once, so that the first click is answered without a wait.
    this.timer = window.setTimeout(() => this.load(), this.hls ? REST_MS : 0);
  }

  play(): void {
    this.wantsPlay = true;
    this.video.play().catch(() => undefined);
  }

  pause(): void {
    this.wantsPlay = false;
    this.video.pause();
  }

  set rate(rate: number) {
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
  }

  /** One frame on (1) or back (-1). */
  step(frames: 1 | -1): void {
    this.pause();
    // The middle of the frame wanted: on its edge, rounding would show its neighbour.
    const current = this.lastFrame >= 0 ? this.lastFrame : this.video.currentTime;
    this.video.currentTime = Math.max(0, current + (frames + 0.5) * this.frameSeconds);
  }

  /** Wall time of the picture on screen. */
  wallUs(): number | null {
    if (!this.details || this.video.readyState < 2 || this.video.seeking) return null;
    return wallTimeOf(this.entries(), this.video.currentTime);
  }

  private entries(): PlaylistEntry[] {
    return this.details?.fragments ?? [];
  }

  private placeOf(atUs: number): number | null {
    if (!this.window || !this.details || atUs < this.window.fromUs || atUs > this.window.toUs) return null;
    return mediaTimeOf(this.entries(), atUs);
  }

  private goTo(place: number): void {
    const now = this.gate.request(place, performance.now());
    if (now !== null) this.video.currentTime = now;
    clearTimeout(this.gateTimer);
    if (now === null) this.gateTimer = window.setTimeout(this.overdue, 250);
  }

  private readonly overdue = (): void => {
    const place = this.gate.overdue(performance.now());
    if (place !== null) this.video.currentTime = place;
  };

  private readonly sought = (): void => {
    const next = this.gate.done(performance.now());
    if (next !== null) this.video.currentTime = next;
    else this.events.shown();
  };

  private readonly end = (): void => {
    this.events.ended(wallTimeOf(this.entries(), this.video.duration) ?? this.wantedUs);
  };

  private load(): void {
    this.unload();
    const wanted = windowAround(this.wantedUs, nowUs());
    this.window = wanted;
    const hls = new Hls(CONFIG);
    this.hls = hls;
    hls.on(Hls.Events.LEVEL_LOADED, (_, data) => {
      const first = this.details === null;
      this.details = data.details;
      if (!first) return;
      const place = mediaTimeOf(this.entries(), this.wantedUs);
      if (place === null) {
        // Nothing is kept from here to the end of the window.
        this.events.ended(wanted.toUs - SECOND);
        return;
      }
      hls.startLoad(place);
      this.video.currentTime = place;
      if (this.wantsPlay) this.play();
    });
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (!data.fatal) return;
      const status = data.response?.code;
      this.unload();
      if (status === 404) this.events.failed("Nothing is kept at this time.");
      else this.events.failed("This time could not be loaded. Choose it again to retry.");
    });
    hls.attachMedia(this.video);
    hls.loadSource(playlistUrl(this.camera, wanted.fromUs, wanted.toUs));
  }

  private unload(): void {
    clearTimeout(this.timer);
    clearTimeout(this.gateTimer);
    this.gate.forget();
    this.hls?.destroy();
    this.hls = null;
    this.details = null;
    this.window = null;
    this.lastFrame = -1;
  }

  /** Learns how long a frame lasts from the pictures themselves, so that a step is a frame. */
  private measureFrames(): void {
    if (!("requestVideoFrameCallback" in this.video)) return;
    const note = (_: number, frame: VideoFrameCallbackMetadata): void => {
      const length = frame.mediaTime - this.lastFrame;
      if (this.lastFrame >= 0 && length > 0.01 && length < 1.1 && this.video.playbackRate <= 1) {
        this.frameSeconds = length;
      }
      this.lastFrame = frame.mediaTime;
      this.video.requestVideoFrameCallback(note);
    };
    this.video.requestVideoFrameCallback(note);
  }
}
