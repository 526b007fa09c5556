// Whether a queued job may be placed at all now, and if not, why. What only time or somebody else can change is looked at
// here; whether there is room for it is placement's question.
import { limitsOf } from './fair-share.ts';
import type { SchedulerState } from './state.ts';
import type { Job } from './types.ts';

export type Hindrance =
  | { readonly kind: 'dependency'; readonly jobs: readonly string[] }
  | { readonly kind: 'backoff'; readonly untilMs: number }
  /** Its submitter has not asked for it for a while. */
  | { readonly kind: 'nobody_waits' }
  /** Its last run has not been proven gone, and the job must not run twice. */
  | { readonly kind: 'last_run'; readonly run: string }
  | { readonly kind: 'array'; readonly atOnceMax: number }
  | { readonly kind: 'owner_gpus'; readonly max: number }
  | { readonly kind: 'owner_jobs'; readonly max: number }
  | { readonly kind: 'runs'; readonly max: number };

/** What this pass has started already, by owner and array. */
export interface Started {
  readonly gpus: ReadonlyMap<string, number>;
  readonly runs: ReadonlyMap<string, number>;
  readonly arrays: ReadonlyMap<string, number>;
  readonly total: number;
}

export const NOTHING_STARTED: Started = { gpus: new Map(), runs: new Map(), arrays: new Map(), total: 0 };

export function hindranceOf(state: SchedulerState, job: Job, atMs: number, started: Started): Hindrance | null {
  const { spec } = job;
  if (job.waitsFor.length > 0) return { kind: 'dependency', jobs: job.waitsFor };
  if (job.run !== null) return { kind: 'last_run', run: job.run };
  if (job.notBeforeMs !== null && job.notBeforeMs > atMs) return { kind: 'backoff', untilMs: job.notBeforeMs };
  if (job.interestUntilMs !== null && job.interestUntilMs <= atMs) return { kind: 'nobody_waits' };
  if (spec.array) {
    const running = (state.arrayRuns.get(spec.array.id) ?? 0) + (started.arrays.get(spec.array.id) ?? 0);
    if (running >= spec.array.atOnceMax) return { kind: 'array', atOnceMax: spec.array.atOnceMax };
  }
  const { runningGpusMax, runningJobsMax } = limitsOf(state, spec.owner);
  const use = state.ownerUse.get(spec.owner);
  if (runningGpusMax !== null) {
    const gpus = (use?.gpus ?? 0) + (started.gpus.get(spec.owner) ?? 0) + spec.request.gpus * spec.replicas;
    if (gpus > runningGpusMax) return { kind: 'owner_gpus', max: runningGpusMax };
  }
  if (runningJobsMax !== null && (use?.runs ?? 0) + (started.runs.get(spec.owner) ?? 0) >= runningJobsMax) {
    return { kind: 'owner_jobs', max: runningJobsMax };
  }
  if (state.runs.size + started.total >= state.rules.runsMax) return { kind: 'runs', max: state.rules.runsMax };
  return null;
}
