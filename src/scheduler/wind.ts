// The scheduler winds down: nothing is started any more, and what runs is ended, waited for, or left to its keepers.
import type { Parts } from './parts.ts';

export type OnStop = 'cancel' | 'drain' | 'leave';

export interface Winding {
  readonly policy: OnStop;
  readonly by: string;
  /** The most that each job may take; null = its own grace. */
  readonly graceMs: number | null;
}

/** Settles when no run is open any more (with `leave` at once), or `signal` is aborted. */
export async function wind({ driver, feed }: Parts, winding: Winding, signal: AbortSignal): Promise<void> {
  const done = Promise.withResolvers<void>();
  const look = () => {
    const open = [...driver.state.runs.values()].some(({ phase }) => phase !== 'quarantined');
    if (!open || winding.policy === 'leave') done.resolve();
  };
  const stop = feed.listen(look);
  if (signal.aborted) done.resolve();
  signal.addEventListener('abort', () => done.resolve(), { once: true });
  await driver.send({ type: 'closing', ...winding });
  look();
  await done.promise;
  stop();
}
