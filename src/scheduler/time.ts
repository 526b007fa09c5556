// Scheduler time: milliseconds that only grow, also across restarts and boots, so that stored deadlines stay what they are.
// Within a boot it follows the monotonic clock and a step of the wall clock changes nothing; across boots only the wall
// clock knows how long it took.
import { thisProcess } from '../base/process-identity.ts';
import type { TimeAnchor } from './store/port.ts';

export interface TimeSource {
  /** Since boot, the same in every process of the machine. */
  monotonicMs(): number;
  wallMs(): number;
  bootId(): string;
}

export const systemTime: TimeSource = {
  monotonicMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  wallMs: () => Date.now(),
  bootId: () => thisProcess().bootId,
};

export class SchedulerTime {
  readonly #source: TimeSource;
  readonly #offsetMs: number;

  constructor(source: TimeSource, anchor: TimeAnchor | null) {
    this.#source = source;
    const monotonicMs = source.monotonicMs();
    this.#offsetMs = startsAt(source, anchor, monotonicMs) - monotonicMs;
  }

  now(): { readonly atMs: number; readonly wallMs: number } {
    return { atMs: this.#source.monotonicMs() + this.#offsetMs, wallMs: this.#source.wallMs() };
  }

  anchor(): TimeAnchor {
    const monotonicMs = this.#source.monotonicMs();
    return {
      bootId: this.#source.bootId(),
      atMs: monotonicMs + this.#offsetMs,
      monotonicMs,
      wallMs: this.#source.wallMs(),
    };
  }
}

function startsAt(source: TimeSource, anchor: TimeAnchor | null, monotonicMs: number): number {
  if (anchor === null) return 0;
  const sameBoot = anchor.bootId === source.bootId() && monotonicMs >= anchor.monotonicMs;
  const passedMs = sameBoot ? monotonicMs - anchor.monotonicMs : source.wallMs() - anchor.wallMs;
  return anchor.atMs + Math.max(0, passedMs);
}
