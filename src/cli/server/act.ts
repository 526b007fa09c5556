// Ends jobs, makes room, and looks after the pool.
import { LastcallError } from '../../base/errors.ts';
import { systemClock } from '../../base/clock.ts';
import type { JobView } from '../../scheduler/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { clientOf } from './client.ts';
import { jobsTable, poolText } from './render.ts';

export interface CancelWords {
  readonly label: string | undefined;
  readonly owner: string | undefined;
  readonly jobGrace: number | undefined;
  readonly force: boolean;
  readonly noWait: boolean;
}

/** How long one call waits for the end of a job; then it is asked again. */
const WAIT_S = 20;
const OPEN = 'queued,starting,running,stopping';
const BATCH_MAX = 1_000;

export async function cancel(
  ids: readonly string[],
  words: CancelWords,
  settings: Settings,
  output: Output,
): Promise<number> {
  const client = clientOf(settings);
  const { label, owner, jobGrace, force, noWait } = words;
  const isBatch = label !== undefined || owner !== undefined;
  if (isBatch === ids.length > 0) {
    throw new LastcallError('usage', {
      what: isBatch ? 'jobs are named and chosen at once' : 'no job is named',
      todo: 'Name jobs, or choose them by --label or --owner.',
    });
  }
  const chosen = isBatch
    ? (await client.jobs({ state: OPEN, label, owner, limit: BATCH_MAX })).jobs.map(({ id }) => id)
    : ids;
  const query = { grace: jobGrace === undefined ? undefined : `${jobGrace}ms`, force: force ? true : undefined };
  // All are told first: none waits for the ending of another.
  for (const id of chosen) await client.cancel(id, query);
  const ended = await Promise.all(
    chosen.map(async (id): Promise<JobView> => {
      for (;;) {
        const job = await client.cancel(id, noWait ? {} : { wait: `${WAIT_S}s` }, (WAIT_S + 10) * 1_000);
        if (noWait || ['completed', 'failed', 'cancelled'].includes(job.state)) return job;
      }
    }),
  );
  if (output.format === 'json') for (const job of ended) output.result(job, () => '');
  else output.result(null, () => jobsTable(ended, systemClock.wallMs()));
  return 0;
}

export async function preempt(id: string, settings: Settings, output: Output): Promise<number> {
  const job = await clientOf(settings).act(id, 'preempt');
  output.result(job, () => jobsTable([job], systemClock.wallMs()));
  return 0;
}

export async function pool(
  { check, clear }: { readonly check: string | undefined; readonly clear: string | undefined },
  settings: Settings,
  output: Output,
): Promise<number> {
  const client = clientOf(settings);
  if (check !== undefined) await client.resource(check, 'check');
  if (clear !== undefined) await client.resource(clear, 'clear');
  const found = await client.pool();
  output.result(found, () => poolText(found));
  return 0;
}
