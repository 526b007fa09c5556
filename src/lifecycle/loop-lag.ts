// How late the event loop runs its timers, as a histogram. A loop that is late cannot handle a signal in time, and a
// blocked one not at all, so this is what tells in advance whether an ending will be able to begin. While the loop is
// blocked nobody can scrape it; the delay is counted when it comes free.
import { systemClock } from '../base/clock.ts';
import type { MetricFamily } from './types.ts';

const SAMPLE_EVERY_MS = 100;

/** Upper bounds in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface LoopLag {
  family(unit: string): MetricFamily;
  close(): void;
}

/** Takes a sample every 100 ms, and does not keep the process alive. */
export function measureLoopLag(): LoopLag {
  const buckets = BOUNDS.map(() => 0);
  let count = 0;
  let sum = 0;
  let expectedAtMs = systemClock.monotonicMs() + SAMPLE_EVERY_MS;
  const timer = setInterval(() => {
    const now = systemClock.monotonicMs();
    const lag = Math.max(0, now - expectedAtMs) / 1_000;
    expectedAtMs = now + SAMPLE_EVERY_MS;
    count++;
    sum += lag;
    const bucket = BOUNDS.findIndex((bound) => lag <= bound);
    if (bucket >= 0) buckets[bucket]!++;
  }, SAMPLE_EVERY_MS);
  timer.unref();
  return {
    family: (unit) => ({
      name: 'lastcall_event_loop_lag_seconds',
      help: 'How late the event loop runs its timers.',
      type: 'histogram',
      samples: [
        ...cumulative(buckets).map((value, index) => ({
          labels: { unit, le: String(BOUNDS[index]) },
          suffix: '_bucket',
          value,
        })),
        { labels: { unit, le: '+Inf' }, suffix: '_bucket', value: count },
        { labels: { unit }, suffix: '_sum', value: sum },
        { labels: { unit }, suffix: '_count', value: count },
      ],
    }),
    close: () => clearInterval(timer),
  };
}

function cumulative(counts: readonly number[]): number[] {
  let total = 0;
  return counts.map((count) => (total += count));
}
