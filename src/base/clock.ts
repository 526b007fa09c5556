// Time as a value. Decisions get `atMs` inside their events; edges hold a Clock. Nothing else reads the machine's time.

/** What an edge needs of time. Milliseconds throughout. */
export interface Clock {
  /** Monotonic milliseconds (fractional), never set back; only differences mean something. */
  monotonicMs(): number;
  /** Wall-clock milliseconds since 1970-01-01T00:00:00Z; may jump. */
  wallMs(): number;
  /** Calls `run` once after `delayMs` (at least); returns how to cancel it. Does not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
}

/** Longest delay that setTimeout takes; beyond it Node fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, Math.ceil(delayMs)), TIMER_MS_MAX));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A wall-clock instant as RFC 3339 in UTC with milliseconds. */
export function rfc3339(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
