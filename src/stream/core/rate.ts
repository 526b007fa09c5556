// Records a second over the last few seconds, from totals that are seen now and then.

interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/** How far back the rate looks, milliseconds. */
const WINDOW_MS = 5_000;
/** Totals are kept at most this often. */
const SAMPLE_MS = 100;

export class RateMeter {
  readonly #samples: Sample[];

  constructor(atMs: number, total: number) {
    this.#samples = [{ atMs, total }];
  }

  /** The total grew to `total`. */
  see(atMs: number, total: number): void {
    const samples = this.#samples;
    const last = samples.at(-1)!;
    const before = samples.at(-2);
    if (before !== undefined && last.atMs - before.atMs < SAMPLE_MS) samples.pop();
    samples.push({ atMs, total });
    // One sample before the window stays, so that the window is covered.
    while (samples.length > 2 && samples[1]!.atMs < atMs - WINDOW_MS) samples.shift();
  }

  /** Per second, over the window that ends now. */
  at(nowMs: number): number {
    const samples = this.#samples;
    let oldest = 0;
    while (oldest + 1 < samples.length && samples[oldest + 1]!.atMs <= nowMs - WINDOW_MS) oldest += 1;
    const { atMs, total } = samples[oldest]!;
    return nowMs <= atMs ? 0 : ((samples.at(-1)!.total - total) / (nowMs - atMs)) * 1_000;
  }
}
