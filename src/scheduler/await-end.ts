// Waiting for the end of a job, for as long as somebody is willing to.
import { FINAL_STATES } from './core/types.ts';
import type { Feed } from './feed.ts';
import type { JobView } from './views.ts';

const TIMER_MS_MAX = 2 ** 31 - 1;

/** The job once it is over, or as it is after `waitMs`, or when `signal` is aborted. */
export async function awaitEnd(
  feed: Feed,
  id: string,
  look: () => Promise<JobView>,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<JobView> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(waitMs, TIMER_MS_MAX));
  timer.unref();
  // Listened for before the first look, so that an end between the two is not missed.
  const stop = feed.listen((event) => event.event === 'job_ended' && event.job === id && resolve());
  const giveUp = () => resolve();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    if (!FINAL_STATES.has((await look()).state)) await promise;
    return await look();
  } finally {
    clearTimeout(timer);
    stop();
    signal?.removeEventListener('abort', giveUp);
  }
}
