// Whether the application behind a front can be spoken to. While it starts, or starts again, requests wait for it, so
// that a restart drops none; what is more than the bound, or waits for too long, is told to come again.
export type AppState = 'starting' | 'ready';

/** Requests that wait at most; each holds a connection of its client. */
const WAITING_MAX = 1_000;
/** How often whoever can only be asked is asked, while something waits. */
const ASK_EVERY_MS = 25;

export class App {
  readonly #isUp: (() => boolean) | null;
  #state: AppState = 'starting';
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  /** @param isUp asked instead of being told by `ready` and `gone` */
  constructor(isUp: (() => boolean) | null = null) {
    this.#isUp = isUp;
  }

  get state(): AppState {
    if (this.#isUp === null) return this.#state;
    return this.#isUp() ? 'ready' : 'starting';
  }

  /** There is no room for one more to wait. */
  get isFull(): boolean {
    return this.#waiting.size >= WAITING_MAX;
  }

  /** `resume` is called once when the application is ready. Returns how to withdraw. */
  wait(resume: () => void): () => void {
    this.#waiting.add(resume);
    if (this.#isUp !== null) this.#timer ??= setInterval(() => this.#ask(), ASK_EVERY_MS).unref();
    return () => {
      this.#waiting.delete(resume);
      if (this.#waiting.size === 0) this.#stopAsking();
    };
  }

  ready(): void {
    this.#state = 'ready';
    this.#resumeAll();
  }

  /** It ended, or does not answer: what comes now waits. */
  gone(): void {
    this.#state = 'starting';
  }

  #ask(): void {
    if (this.state === 'ready') this.#resumeAll();
  }

  #resumeAll(): void {
    this.#stopAsking();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resume of waiting) resume();
  }

  #stopAsking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
