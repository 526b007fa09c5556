// The scheduler as a unit of the lifecycle: each job that runs is a part of it, so that an ending asks all of them to end side
// by side, within what the unit has, and the report has a part for each.
import type { Unit } from '../lifecycle/index.ts';
import { FINAL_STATES } from './core/types.ts';
import type { Scheduler } from './scheduler.ts';
import type { OnStop } from './wind.ts';

/** Kept back of the unit's drain for the proof that everything came back. */
const PROOF_MS = 3_000;

export interface JoinOptions {
  /** What becomes of jobs that run when the unit ends. Default `cancel`. */
  readonly onStop?: OnStop | undefined;
}

/**
 * Joins a unit: its ending winds the scheduler down and closes it; an error of the store fails it.
 * With `cancel` all jobs are asked to end and proven gone; with `drain` they are waited for; with `leave` they go on under
 * their keepers, and the next scheduler takes them up. What still runs when the time is up is left like that in any case.
 */
export function joinUnit(scheduler: Scheduler, unit: Unit, { onStop = 'cancel' }: JoinOptions = {}): void {
  const parts = new Map<string, Unit>();
  const follow = (job: string) => {
    const known = parts.get(job);
    if ((known && known.phase !== 'ended') || unit.phase === 'stopping' || unit.phase === 'ended') return;
    const part = unit.part(job, { kind: 'job', optional: true, workOf: 'jobs', unfinishedWork: 'returned' });
    part.work.accept(job);
    part.onDrain('processes', async (context) => {
      // A run that is over needs no ending: its job may be queued again by now, and must not be cancelled for it.
      if (onStop === 'leave' || context.cause.kind === 'completed') return;
      if (onStop === 'cancel')
        await scheduler.cancel(job, { by: 'the scheduler', graceMs: graceOf(context.remainingMs()) });
      await released(scheduler, job, context.signal);
      settle(part, job, await scheduler.job(job).then(({ state }) => FINAL_STATES.has(state)));
    });
    parts.set(job, part);
    void part.ready();
  };
  const stop = scheduler.listen((event) => {
    const { job = '' } = event;
    if (event.event === 'job_starting') follow(job);
    const part = parts.get(job);
    if (event.event !== 'run_released' || !part || part.phase !== 'ready') return;
    parts.delete(job);
    settle(part, job, true);
    void part.complete();
  });
  for (const job of scheduler.running()) follow(job);
  // The jobs themselves are ended by their parts.
  unit.onIntake(
    'submits',
    async () =>
      await scheduler.wind(
        { policy: onStop === 'leave' ? 'leave' : 'drain', by: 'the scheduler', graceMs: null },
        AbortSignal.abort(),
      ),
  );
  unit.onRelease('scheduler', async () => {
    stop();
    await scheduler.close();
  });
  void scheduler.failed.then((error) => unit.fail(error));
}

function settle(part: Unit, job: string, over: boolean): void {
  if (part.work.inFlight === 0) return;
  if (over) part.work.finish(job);
  else part.work.giveBack(job);
}

function graceOf(remainingMs: number): number {
  return Math.max(0, remainingMs - Math.min(PROOF_MS, remainingMs / 2));
}

/** Settles when the job holds nothing any more, or the time is up. */
async function released(scheduler: Scheduler, job: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (!scheduler.holds(job)) resolve();
  };
  const stop = scheduler.listen(look);
  signal.addEventListener('abort', () => resolve(), { once: true });
  look();
  await promise;
  stop();
}
