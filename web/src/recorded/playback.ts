/** What the camera page plays: the live view, or a moment of the past. One object a page. */

import { signal } from "@preact/signals";

import { getTimeline } from "../api";
import type { LivePlayer } from "../live/player";
import { nowUs } from "../time/clock";
import { SECOND } from "../time/units";
import { nextKept } from "../timeline/spans";
import type { RecordedPlayer } from "./player";

export const SPEEDS = [0.5, 1, 2, 4, 8] as const;
// Nearer to now than this, the live view is the better picture.
const NEARLY_LIVE = 10 * SECOND;

export class Playback {
  readonly mode = signal<"live" | "recorded">("live");
  /** Wall time of the picture, or of the moment that is being looked for. */
  readonly atUs = signal<number | null>(null);
  readonly playing = signal(true);
  readonly rate = signal(1);
  /** True once the recorded picture may replace the live one. */
  readonly recordedShown = signal(false);
  readonly looking = signal(false);
  readonly problem = signal<string | null>(null);

  private live: LivePlayer | null = null;
  private recorded: RecordedPlayer | null = null;
  private opening: Promise<RecordedPlayer | null> | null = null;
  private scrubbing = false;
  private closed = false;

  constructor(
    private readonly camera: number,
    private readonly video: () => HTMLVideoElement | null,
  ) {}

  readonly onLivePlayer = (player: LivePlayer | null): void => {
    this.live = player;
  };

  /** Called a few times a second: the clock follows the picture. */
  tick(): void {
    if (this.mode.value === "live") {
      this.atUs.value = this.live?.wallUs() ?? null;
      return;
    }
    if (this.scrubbing || this.looking.value || !this.playing.value) return;
    const wallUs = this.recorded?.wallUs() ?? null;
    if (wallUs !== null) this.atUs.value = wallUs;
  }

  goLive(): void {
    this.close();
    this.closed = false;
    this.mode.value = "live";
    this.playing.value = true;
    this.rate.value = 1;
    this.recordedShown.value = false;
    this.looking.value = false;
    this.problem.value = null;
    this.atUs.value = null;
  }

  /** Shows a moment; at or after now that is the live view. */
  show(us: number): void {
    if (us >= nowUs() - SECOND) {
      this.goLive();
      return;
    }
    this.mode.value = "recorded";
    this.atUs.value = us;
    this.looking.value = true;
    this.problem.value = null;
    void this.player().then((player) => {
      if (!player || this.mode.value !== "recorded") return;
      if (this.atUs.value !== null) player.seek(this.atUs.value);
      if (this.playing.value && !this.scrubbing) player.play();
    });
  }

  beginScrub(): void {
    this.scrubbing = true;
    this.recorded?.pause();
  }

  endScrub(): void {
    this.scrubbing = false;
    if (this.mode.value === "recorded" && this.playing.value) this.recorded?.play();
  }

  /** Moves by seconds from the picture on screen. */
  move(us: number): void {
    this.show((this.atUs.value ?? nowUs()) + us);
  }

  toggle(): void {
    if (this.mode.value === "live") {
      // A live picture cannot be held: what is held is its moment in the recording.
      this.playing.value = false;
      this.show((this.atUs.value ?? nowUs()) - SECOND);
      return;
    }
    this.playing.value = !this.playing.value;
    if (this.playing.value) this.recorded?.play();
    else this.recorded?.pause();
  }

  setRate(rate: number): void {
    this.rate.value = rate;
    if (this.recorded) this.recorded.rate = rate;
  }

  step(frames: 1 | -1): void {
    if (this.mode.value === "live") {
      this.toggle();
      return;
    }
    this.playing.value = false;
    this.recorded?.step(frames);
  }

  close(): void {
    this.closed = true;
    this.recorded?.destroy();
    this.recorded = null;
    this.opening = null;
  }

  /** The player for recordings is fetched when first needed: the wall does without. */
  private player(): Promise<RecordedPlayer | null> {
    this.opening ??= this.open();
    return this.opening;
  }

  private async open(): Promise<RecordedPlayer | null> {
    this.closed = false;
    const { RecordedPlayer: Player } = await import("./player");
    const video = this.video();
    if (!video || this.isClosed()) return null;
    if (!Player.supported()) {
      this.problem.value = "This browser cannot play recordings.";
      return null;
    }
    const player = new Player(video, this.camera, {
      shown: () => this.shown(),
      ended: (wallUs) => void this.ended(wallUs),
      failed: (said) => {
        this.looking.value = false;
        this.problem.value = said;
      },
    });
    player.rate = this.rate.value;
    this.recorded = player;
    return player;
  }

  private isClosed(): boolean {
    return this.closed;
  }

  private shown(): void {
    this.recordedShown.value = true;
    const stepped = !this.looking.value && !this.playing.value && !this.scrubbing;
    this.looking.value = false;
    const wallUs = this.recorded?.wallUs() ?? null;
    if (stepped && wallUs !== null) this.atUs.value = wallUs;
  }

  /** The window is played to its end: go on with what is kept next, or with the live view. */
  private async ended(wallUs: number): Promise<void> {
    this.looking.value = false;
    if (!this.playing.value || this.scrubbing) return;
    const now = nowUs();
    let next: number | null = null;
    if (wallUs < now - NEARLY_LIVE) {
      const abort = new AbortController();
      const later = await getTimeline(this.camera, wallUs, now, abort.signal).catch(() => null);
      next = later ? nextKept(later.kept, wallUs + SECOND) : null;
    }
    if (this.mode.value !== "recorded" || this.isClosed()) return;
    if (next === null || next > now - NEARLY_LIVE) this.goLive();
    else this.show(next);
  }
}
