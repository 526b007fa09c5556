// From what a submitter asks for to jobs that the core can take: resolved, possible at all, within limits, with dependencies
// that exist.
import { createHash, randomBytes } from 'node:crypto';
import { LastcallError } from '../base/errors.ts';
import { newId } from '../base/id.ts';
import type { NewJob } from './core/events.ts';
import { canEverFit } from './core/explain.ts';
import { limitsOf } from './core/fair-share.ts';
import type { SchedulerState } from './core/state.ts';
import type { JobSpec } from './core/types.ts';
import { expand, type JobRequest, type RequestDefaults, resolveRequest } from './request.ts';
import type { Answered, SchedulerStore } from './store/port.ts';

export interface Submission {
  readonly jobs: readonly NewJob[];
  /** Of dependencies that are over: whether they completed. */
  readonly ended: Readonly<Record<string, boolean>>;
}

/** @throws LastcallError `usage` that names the field */
export async function prepareSubmission(
  state: SchedulerState,
  store: SchedulerStore,
  owner: string,
  requests: readonly JobRequest[],
  defaults: RequestDefaults,
  wallMs: number,
): Promise<Submission> {
  const specs = requests.flatMap((request) => resolved(state, owner, request, defaults, wallMs));
  requireRoom(state, owner, specs);
  const ended = await endedDependencies(state, store, specs);
  return {
    ended,
    jobs: specs.map((spec) => ({ id: newId('job', wallMs), spec, jitter: randomBytes(4).readUInt32BE() / 2 ** 32 })),
  };
}

/** Of a request: what tells whether the same key comes with the same words. */
export function requestHash(requests: readonly JobRequest[]): string {
  return createHash('sha256').update(JSON.stringify(requests)).digest('hex');
}

/** The jobs that the key gave before. @throws LastcallError `usage` if it was used for something else */
export function sameRequest(before: Answered, hash: string): readonly string[] {
  if (before.hash === hash) return before.jobs;
  throw new LastcallError('usage', {
    what: 'this key was used for another request',
    on: 'Idempotency-Key',
    todo: 'Use a new key for each request.',
  });
}

function resolved(
  state: SchedulerState,
  owner: string,
  request: JobRequest,
  defaults: RequestDefaults,
  wallMs: number,
): readonly JobSpec[] {
  const spec = resolveRequest(owner, request, defaults);
  if (canEverFit(state, spec)) return expand(spec, request.array, newId('job', wallMs));
  const { pool } = state;
  const { replicas } = spec;
  const { gpus, cpus, ports } = spec.request;
  throw new LastcallError('usage', {
    what: `this needs ${gpus * replicas} GPUs, ${cpus * replicas} CPUs, ${ports.length * replicas} ports, and the whole pool has ${pool.gpus.length} GPUs and ${pool.nodes.map((node) => node.cpus).join(' + ')} CPUs`,
    on: 'gpus',
    todo: 'Ask for less: it would wait for ever.',
  });
}

function requireRoom(state: SchedulerState, owner: string, specs: readonly JobSpec[]): void {
  const { queuedMax } = state.rules;
  const { queuedJobsMax } = limitsOf(state, owner);
  const full = state.queue.size + specs.length > queuedMax;
  const over = queuedJobsMax !== null && state.queue.countOf(owner) + specs.length > queuedJobsMax;
  if (!full && !over) return;
  throw new LastcallError('usage', {
    what: full
      ? `the queue holds ${queuedMax} jobs, which is the most`
      : `${owner} may have ${queuedJobsMax} jobs in the queue, which is the most`,
    todo: 'Wait until some have started, or cancel some.',
  });
}

async function endedDependencies(
  state: SchedulerState,
  store: SchedulerStore,
  specs: readonly JobSpec[],
): Promise<Readonly<Record<string, boolean>>> {
  const wanted = new Set(specs.flatMap((spec) => spec.after.map(({ job }) => job)));
  const unknown = [...wanted].filter((id) => !state.jobs.has(id));
  if (unknown.length === 0) return {};
  const outcomes = await store.outcomes(unknown);
  const missing = unknown.find((id) => !(id in outcomes));
  if (missing === undefined) return outcomes;
  throw new LastcallError('usage', {
    what: `there is no job ${missing}`,
    on: 'after',
    todo: 'Give ids of jobs, such as job_01J….',
  });
}
