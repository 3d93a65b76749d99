/** Asks again and again while the page is seen: at once, then `everyMs` after each answer, slower while it fails. */

import { Backoff } from "../live/backoff";

export class Poll {
  private timer = 0;
  private running = false;
  private asking = false;
  private readonly backoff: Backoff;

  constructor(
    private readonly ask: () => Promise<boolean>,
    private readonly everyMs: number,
  ) {
    this.backoff = new Backoff(everyMs, Math.max(10_000, everyMs));
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    document.addEventListener("visibilitychange", this.seen);
    void this.now();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
  }

  /** Asks at once, and counts the time from here. */
  async now(): Promise<void> {
    if (this.asking) return;
    clearTimeout(this.timer);
    this.asking = true;
    const well = await this.ask();
    this.asking = false;
    if (well) this.backoff.reset();
    // `stop` may have been called while the answer was under way.
    if (this.running && !document.hidden) {
      this.timer = window.setTimeout(() => void this.now(), well ? this.everyMs : this.backoff.next());
    }
  }

  private readonly seen = (): void => {
    clearTimeout(this.timer);
    if (!document.hidden) void this.now();
  };
}
