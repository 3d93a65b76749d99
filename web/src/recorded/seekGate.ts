/** Lets seeks through one at a time, the newest wish first: what was wished for in between is never shown. */
export class SeekGate {
  private wish: number | null = null;
  private busySince: number | null = null;

  /** `patienceMs`: a seek that takes longer is overtaken by a newer wish. */
  constructor(private readonly patienceMs = 250) {}

  /** A place is wished for. Returns it if the seek may start now, else null: it is remembered. */
  request(place: number, nowMs: number): number | null {
    if (this.busySince !== null && nowMs - this.busySince < this.patienceMs) {
      this.wish = place;
      return null;
    }
    this.wish = null;
    this.busySince = nowMs;
    return place;
  }

  /** The seek has ended. Returns the newest wish if there is one; its seek starts now. */
  done(nowMs: number): number | null {
    this.busySince = null;
    const wish = this.wish;
    return wish === null ? null : this.request(wish, nowMs);
  }

  /** A remembered wish whose time has come because the seek before it took too long. */
  overdue(nowMs: number): number | null {
    return this.wish === null ? null : this.request(this.wish, nowMs);
  }

  forget(): void {
    this.wish = null;
    this.busySince = null;
  }
}
