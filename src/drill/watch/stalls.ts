// How long the drill's own event loop stood still: what it timed meanwhile is not to be believed.
const TICK_MS = 10;

export class StallWatch {
  longestMs = 0;
  #lastMs = performance.now();
  readonly #timer = setInterval(() => {
    const nowMs = performance.now();
    this.longestMs = Math.max(this.longestMs, nowMs - this.#lastMs - TICK_MS);
    this.#lastMs = nowMs;
  }, TICK_MS);

  stop(): void {
    clearInterval(this.#timer);
  }
}
