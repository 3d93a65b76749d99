/** Waits between attempts: doubling from `first` to `most` milliseconds, with a share of chance so that many
 * players do not all come back in the same moment. */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly first = 500,
    private readonly most = 8_000,
    private readonly chance: () => number = Math.random,
  ) {}

  next(): number {
    const wait = Math.min(this.most, this.first * 2 ** this.failures);
    this.failures += 1;
    return wait * (0.75 + 0.25 * this.chance());
  }

  reset(): void {
    this.failures = 0;
  }
}
