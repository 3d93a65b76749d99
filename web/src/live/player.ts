/** Plays a camera's live view: WebSocket in, Media Source Extensions out, close to the live edge. */

import { liveUrl } from "../api";
import { Backoff } from "./backoff";
import { edgeMove, trimOf, wallOf, type BufferedRange, type ClockPair } from "./liveEdge";
import { MessageReader, StepQueue, type LiveFormat, type Step } from "./messages";

export type LiveStatus =
  | { kind: "connecting" }
  | { kind: "playing" }
  | { kind: "paused"; reason: string }
  | { kind: "lost" }
  | { kind: "unsupported" };

// More than this waiting means that we cannot keep up: start again at the live edge.
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
// A connection that says nothing for so long is dead, whatever the socket thinks.
const SILENCE_MS = 15_000;

/** iPhones have only the managed form. */
function mediaSourceClass(): typeof MediaSource | null {
  const known = globalThis as { MediaSource?: typeof MediaSource; ManagedMediaSource?: typeof MediaSource };
  return known.MediaSource ?? known.ManagedMediaSource ?? null;
}

export class LivePlayer {
  private socket: WebSocket | null = null;
  private media: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private objectUrl = "";
  private reader = new MessageReader();
  private readonly queue = new StepQueue();
  private readonly backoff = new Backoff();
  private clock: ClockPair | null = null;
  private timer = 0;
  private watch = 0;
  private running = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly camera: number,
    private readonly onStatus: (status: LiveStatus) => void,
  ) {
    video.muted = true;
    video.playsInline = true;
    // Without this Safari refuses a ManagedMediaSource.
    video.disableRemotePlayback = true;
  }

  start(): void {
    if (this.running) return;
    if (!mediaSourceClass()) {
      this.onStatus({ kind: "unsupported" });
      return;
    }
    this.running = true;
    this.video.addEventListener("error", this.again);
    this.video.addEventListener("playing", this.shows);
    this.connect();
  }

  stop(): void {
    this.running = false;
    this.video.removeEventListener("error", this.again);
    this.video.removeEventListener("playing", this.shows);
    this.close();
  }

  /** Wall time of the picture on screen; null until the server has paired the clocks. */
  wallUs(): number | null {
    return this.clock && this.video.readyState >= 2 ? wallOf(this.clock, this.video.currentTime) : null;
  }

  private connect(): void {
    this.onStatus({ kind: "connecting" });
    this.openMedia();
    const socket = new WebSocket(liveUrl(this.camera));
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.receive(event.data);
    socket.onclose = this.again;
    this.socket = socket;
    this.listen();
  }

  private openMedia(): void {
    const Source = mediaSourceClass();
    if (!Source) return;
    const media = new Source();
    media.addEventListener("sourceopen", this.pump, { once: true });
    this.media = media;
    this.objectUrl = URL.createObjectURL(media);
    this.video.src = this.objectUrl;
  }

  private close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    if (this.socket) {
      this.socket.onmessage = null;
      this.socket.onclose = null;
      this.socket.close();
    }
    this.buffer?.removeEventListener("updateend", this.settle);
    this.socket = null;
    this.buffer = null;
    this.media = null;
    this.clock = null;
    this.queue.clear();
    this.reader = new MessageReader();
    if (this.objectUrl) {
      URL.revokeObjectURL(this.objectUrl);
      this.objectUrl = "";
      this.video.removeAttribute("src");
      this.video.load();
    }
  }

  private readonly again = (): void => {
    if (!this.running) return;
    this.close();
    this.onStatus({ kind: "lost" });
    this.timer = window.setTimeout(() => this.connect(), this.backoff.next());
  };

  private readonly shows = (): void => {
    this.backoff.reset();
    this.onStatus({ kind: "playing" });
  };

  /** Start again unless the server says something soon. */
  private listen(): void {
    clearTimeout(this.watch);
    this.watch = window.setTimeout(this.again, SILENCE_MS);
  }

  private receive(message: string | ArrayBuffer): void {
    this.listen();
    try {
      const step = this.reader.read(message);
      if (!step) return;
      this.queue.push(step);
    } catch {
      this.again();
      return;
    }
    if (this.queue.bytes > MOST_WAITING_BYTES) this.again();
    else this.pump();
  }

  /** Takes steps in order until one keeps the SourceBuffer busy; `updateend` comes back here. */
  private readonly pump = (): void => {
    while (this.media?.readyState === "open" && !this.buffer?.updating) {
      const step = this.queue.next();
      if (!step) return;
      try {
        this.take(step);
      } catch {
        // Quota, a codec that is not supported, an element in error: only a new start helps.
        this.again();
        return;
      }
    }
  };

  private take(step: Step): void {
    switch (step.kind) {
      case "format":
        this.reset(step.format);
        break;
      case "init":
        this.buffer?.appendBuffer(step.data);
        break;
      case "chunk":
        this.buffer?.appendBuffer(step.data);
        if (this.video.readyState >= 3) this.shows();
        break;
      case "clock":
        this.clock = step.clock;
        break;
      case "paused":
        // Nothing comes until the camera is back, and the server need not say so again.
        clearTimeout(this.watch);
        this.onStatus({ kind: "paused", reason: step.reason });
        break;
    }
  }

  /** A new run: its media time begins anew, so nothing of the old one may stay. */
  private reset(format: LiveFormat): void {
    const mime = `video/mp4; codecs="${format.codec}"`;
    this.clock = null;
    if (!this.buffer) {
      if (!this.media) return;
      this.buffer = this.media.addSourceBuffer(mime);
      this.buffer.addEventListener("updateend", this.settle);
      return;
    }
    this.buffer.abort();
    this.buffer.changeType(mime);
    if (this.buffer.buffered.length > 0) this.buffer.remove(0, Infinity);
  }

  private readonly settle = (): void => {
    const buffer = this.buffer;
    if (!buffer || this.media?.readyState !== "open") return;
    const ranges = rangesOf(buffer.buffered);
    const move = edgeMove(ranges, this.video.currentTime);
    if (move.kind === "seek") this.video.currentTime = move.to;
    else if (this.video.playbackRate !== move.rate) this.video.playbackRate = move.rate;
    if (ranges.length > 0 && this.video.paused) this.video.play().catch(() => undefined);
    const old = trimOf(ranges, this.video.currentTime);
    if (old) buffer.remove(old.start, old.end);
    this.pump();
  };
}

export function rangesOf(buffered: TimeRanges): BufferedRange[] {
  return Array.from({ length: buffered.length }, (_, i) => ({ start: buffered.start(i), end: buffered.end(i) }));
}
