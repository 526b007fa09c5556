// Jobs: submit, list, see, end, run again. What belongs to somebody else is as if it were not there.
import { durationMs } from '../../base/duration.ts';
import { LastcallError } from '../../base/errors.ts';
import { FINAL_STATES, type JobState, type JobView, type Scheduler } from '../../scheduler/index.ts';
import { mayTouch } from '../access.ts';
import { idempotencyKey } from '../app.ts';
import type { Caller } from '../keys.ts';
import { ok, route, type Route } from '../route.ts';
import { cancelQuery, jobId, jobRequest, jobsQuery, noBody, reportQuery } from '../schemas.ts';

const LIMIT = 100;
const WAIT_MS_MAX = 600_000;

export function jobRoutes(scheduler: Scheduler): readonly Route[] {
  const own = (caller: Caller, id: string): Promise<JobView> => ownJob(scheduler, caller, id);
  return [
    route({
      method: 'POST',
      path: '/v1/jobs',
      role: 'user',
      summary: 'Submit a job; an array gives several',
      body: jobRequest,
      async handle({ caller, body, request }) {
        const jobs = await scheduler.submit([body], { owner: caller.owner, idempotencyKey: idempotencyKey(request) });
        return { status: 201, body: body.array ? { jobs } : jobs[0] };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/jobs',
      role: 'viewer',
      summary: 'List jobs, newest first',
      query: jobsQuery,
      async handle({ caller, query }) {
        const limit = query.limit ?? LIMIT;
        const jobs = await scheduler.jobs({
          owner: caller.role === 'admin' ? (query.owner ?? null) : caller.owner,
          states: statesOf(query.state),
          label: labelOf(query.label),
          before: query.cursor ?? null,
          limit: limit + 1,
        });
        const page = jobs.slice(0, limit);
        return ok({ jobs: page, cursor: jobs.length > limit ? page.at(-1)!.seq : null });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/jobs/{id}',
      role: 'viewer',
      summary: 'See a job; a queued one says why it waits',
      params: jobId,
      handle: async ({ caller, params }) => ok(await own(caller, params.id)),
    }),
    route({
      method: 'DELETE',
      path: '/v1/jobs/{id}',
      role: 'user',
      summary: 'Cancel a job in any state; again is the same. With ?wait= the answer has its final state',
      params: jobId,
      query: cancelQuery,
      async handle({ caller, params: { id }, query, request }) {
        await own(caller, id);
        const graceMs = query.grace === undefined ? undefined : durationMs(query.grace, 'grace');
        const waitMs = query.wait === undefined ? 0 : Math.min(WAIT_MS_MAX, durationMs(query.wait, 'wait'));
        let job = await scheduler.cancel(id, { by: caller.owner, graceMs, force: query.force });
        if (waitMs > 0) job = await scheduler.ended(id, waitMs, goneSignal(request.raw.socket));
        return { status: FINAL_STATES.has(job.state) ? 200 : 202, body: job };
      },
    }),
    ...(['preempt', 'requeue', 'complete'] as const).map((verb) =>
      route({
        method: 'POST',
        path: `/v1/jobs/{id}/${verb}`,
        role: 'user',
        summary: SUMMARIES[verb],
        params: jobId,
        body: noBody,
        async handle({ caller, params: { id } }) {
          const { state } = await own(caller, id);
          if (verb === 'requeue' && !FINAL_STATES.has(state)) throw runsAlready(id, state);
          return ok(await scheduler[verb](id, caller.owner));
        },
      }),
    ),
    route({
      method: 'POST',
      path: '/v1/jobs/{id}/lease',
      role: 'user',
      summary: 'The client is still there: renew its lease',
      params: jobId,
      body: noBody,
      async handle({ caller, params: { id } }) {
        await own(caller, id);
        return ok(await scheduler.renewLease(id));
      },
    }),
    route({
      method: 'GET',
      path: '/v1/jobs/{id}/report',
      role: 'viewer',
      summary: 'Shutdown report of the newest attempt, or of one',
      params: jobId,
      query: reportQuery,
      async handle({ caller, params: { id }, query }) {
        await own(caller, id);
        const report = await scheduler.report(id, query.attempt ?? null);
        if (report !== null) return ok(report);
        throw new LastcallError('not_found', {
          what: 'there is no report yet',
          on: id,
          todo: 'Wait until it has ended.',
        });
      },
    }),
  ];
}

const SUMMARIES = {
  preempt: 'Ask a running job to save and give back what it holds; it is queued again',
  requeue: 'Run a job that is over once more, from its checkpoint directory',
  complete: 'End a service well',
};

/** The job, if the caller may touch it. @throws LastcallError `not_found` */
export async function ownJob(scheduler: Scheduler, caller: Caller, id: string): Promise<JobView> {
  const job = await scheduler.job(id);
  if (mayTouch(caller, job.owner)) return job;
  throw new LastcallError('not_found', {
    what: 'there is no such job',
    on: id,
    todo: 'lastcall jobs lists those there are.',
  });
}

/** Aborts when the client is gone: nobody waits any more. */
export function goneSignal(socket: { once(event: 'close', run: () => void): unknown }): AbortSignal {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  return gone.signal;
}

const STATES: readonly string[] = ['queued', 'starting', 'running', 'stopping', 'completed', 'failed', 'cancelled'];

function statesOf(text: string | undefined): readonly JobState[] {
  const words = text?.split(',').filter((word) => word !== '') ?? [];
  const unknown = words.find((word) => !STATES.includes(word));
  if (unknown === undefined) return words as JobState[];
  throw new LastcallError('usage', {
    what: `${JSON.stringify(unknown)} is no state of a job`,
    on: 'state',
    todo: `There are: ${STATES.join(', ')}.`,
  });
}

function labelOf(text: string | undefined): readonly [string, string] | null {
  if (text === undefined) return null;
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new LastcallError('usage', { what: 'this is no label', on: 'label', todo: 'Write it as name=value.' });
}

function runsAlready(id: string, state: JobState): LastcallError {
  // 409 rather than 400: whoever asks to run a task again learns that somebody has (docs/reconcile.md).
  return new LastcallError('cancelled', {
    what: `it is ${state}`,
    on: id,
    todo: 'Only a job that is over can be run again.',
  });
}
