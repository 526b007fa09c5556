// Whether the application behind a front can be spoken to. While it starts, or starts again, requests wait for it, so
// that a restart drops none; what is more than the bound, or waits for too long, is told to come again.
export type AppState = 'starting' | 'ready';

/** Requests that wait at most; each holds a connection of its client. */
const WAITING_MAX = 1_000;

export class App {
  #state: AppState = 'starting';
  readonly #waiting = new Set<() => void>();

  get state(): AppState {
    return this.#state;
  }

  /** There is no room for one more to wait. */
  get isFull(): boolean {
    return this.#waiting.size >= WAITING_MAX;
  }

  /** `resume` is called once when the application is ready. Returns how to withdraw. */
  wait(resume: () => void): () => void {
    this.#waiting.add(resume);
    return () => void this.#waiting.delete(resume);
  }

  /** As `wait`, and also when `ms` have passed. */
  waitAtMost(ms: number, resume: () => void): () => void {
    const timer = setTimeout(() => {
      withdraw();
      resume();
    }, ms);
    const withdraw = this.wait(() => {
      clearTimeout(timer);
      resume();
    });
    return () => {
      clearTimeout(timer);
      withdraw();
    };
  }

  ready(): void {
    this.#state = 'ready';
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resume of waiting) resume();
  }

  /** It ended, or does not answer: what comes now waits. */
  gone(): void {
    this.#state = 'starting';
  }
}
