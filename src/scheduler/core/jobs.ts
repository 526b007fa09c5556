// What becomes of a job: submitted, final, queued again. Runs are in runs.ts; a job may be final while its run still gives
// back what it holds.
import type { NewJob } from './events.ts';
import type { SchedulerState } from './state.ts';
import { FINAL_STATES, type Job, type Run } from './types.ts';
import type { Verdict } from './outcome.ts';

/** A dependency that did not end as it should have (architecture.md, "Exit codes"). */
const DEPENDENCY_CODE = 109;

export interface Now {
  readonly atMs: number;
  readonly wallMs: number;
}

export function submit(
  state: SchedulerState,
  { id, spec, jitter }: NewJob,
  ended: Readonly<Record<string, boolean>>,
  { atMs, wallMs }: Now,
): void {
  // The same request again, after an answer that was lost.
  if (state.jobs.has(id)) return;
  const job: Job = {
    id,
    seq: (state.seq += 1),
    spec,
    state: 'queued',
    jitter,
    submittedAtMs: atMs,
    submittedWallMs: wallMs,
    attempt: 0,
    failures: 0,
    preemptions: 0,
    run: null,
    notBeforeMs: null,
    waitsFor: spec.after.map(({ job: on }) => on).filter((on) => isLive(state, on)),
    leaseUntilMs: spec.lease ? atMs + spec.lease.ttlMs : null,
    interestUntilMs: spec.interestMs === null ? null : atMs + spec.interestMs,
    resume: false,
    startedWallMs: null,
    endedWallMs: null,
    reason: null,
    exitCode: null,
    url: null,
  };
  state.addJob(job);
  state.queue.add(job);
  for (const on of job.waitsFor) state.dependOn(id, on);
  if (job.leaseUntilMs !== null) state.timers.arm({ atMs: job.leaseUntilMs, kind: 'lease', id });
  state.tell({ event: 'job_submitted', job: id, owner: spec.owner, name: spec.name, wallMs });
  state.placementDue = true;
  const missed = spec.after.find(({ job: on, on: rule }) => rule === 'success' && endedBadly(state, on, ended));
  if (missed) failDependency(state, job, missed.job, { atMs, wallMs });
}

export function finalise(
  state: SchedulerState,
  job: Job,
  to: 'completed' | 'failed' | 'cancelled',
  why: { readonly reason: string | null; readonly exitCode: number | null },
  now: Now,
): void {
  if (FINAL_STATES.has(job.state)) return;
  state.queue.remove(job);
  stopWaiting(state, job);
  job.state = to;
  job.reason = why.reason;
  job.exitCode = why.exitCode;
  job.endedWallMs = now.wallMs;
  job.url = null;
  job.leaseUntilMs = null;
  state.jobChanged(job);
  const { id, spec } = job;
  state.tell({
    event: 'job_ended',
    job: id,
    owner: spec.owner,
    state: to,
    reason: why.reason,
    exitCode: why.exitCode,
    wallMs: now.wallMs,
  });
  const waiting = state.dependants.get(id);
  state.dependants.delete(id);
  for (const dependant of waiting ?? []) dependencyEnded(state, state.job(dependant), job, now);
  state.forgetIfOver(job);
  state.placementDue = true;
}

/** Carries out what the end of a run means, once. */
export function apply(state: SchedulerState, job: Job, run: Run, verdict: Verdict, now: Now): void {
  run.decided = true;
  state.runChanged(run);
  if (FINAL_STATES.has(job.state) || job.run !== run.id || job.state === 'queued') return;
  if (verdict.to === 'queued') {
    job.preemptions += 1;
    return queueAgain(state, job, verdict.reason, null, { saved: verdict.saved }, now);
  }
  if (verdict.to !== 'failed') return finalise(state, job, verdict.to, verdict, now);
  job.failures += 1;
  const { max, backoffMs, backoffMsMax } = job.spec.retries;
  if (!verdict.retry || job.failures > max) return finalise(state, job, 'failed', verdict, now);
  // Half of it is spread, so that what failed together does not come back together.
  const delayMs = Math.min(backoffMsMax, backoffMs * 2 ** (job.failures - 1)) * (0.5 + job.jitter / 2);
  job.exitCode = verdict.exitCode;
  queueAgain(state, job, verdict.reason, now.atMs + delayMs, { failures: job.failures }, now);
}

/** @param notBeforeMs null = at once */
export function queueAgain(
  state: SchedulerState,
  job: Job,
  reason: string,
  notBeforeMs: number | null,
  marks: Readonly<Record<string, unknown>>,
  now: Now,
): void {
  job.state = 'queued';
  job.resume = true;
  job.reason = reason;
  job.url = null;
  job.notBeforeMs = notBeforeMs;
  if (notBeforeMs !== null) state.timers.arm({ atMs: notBeforeMs, kind: 'job', id: job.id });
  state.jobs.set(job.id, job);
  state.queue.add(job);
  state.jobChanged(job);
  state.tell({ event: 'job_requeued', job: job.id, owner: job.spec.owner, reason, ...marks, wallMs: now.wallMs });
  state.placementDue = true;
}

function dependencyEnded(state: SchedulerState, job: Job, on: Job, now: Now): void {
  job.waitsFor = job.waitsFor.filter((id) => id !== on.id);
  state.jobChanged(job);
  const needed = job.spec.after.some((after) => after.job === on.id && after.on === 'success');
  if (needed && on.state !== 'completed') failDependency(state, job, on.id, now);
  state.placementDue = true;
}

function failDependency(state: SchedulerState, job: Job, on: string, now: Now): void {
  finalise(state, job, 'cancelled', { reason: `${on} did not complete`, exitCode: DEPENDENCY_CODE }, now);
}

function stopWaiting(state: SchedulerState, job: Job): void {
  for (const id of job.waitsFor) {
    const waiting = state.dependants.get(id);
    waiting?.delete(job.id);
    if (waiting?.size === 0) state.dependants.delete(id);
  }
  job.waitsFor = [];
}

function isLive(state: SchedulerState, id: string): boolean {
  const job = state.jobs.get(id);
  return job !== undefined && !FINAL_STATES.has(job.state);
}

function endedBadly(state: SchedulerState, id: string, ended: Readonly<Record<string, boolean>>): boolean {
  const job = state.jobs.get(id);
  if (job) return FINAL_STATES.has(job.state) && job.state !== 'completed';
  return ended[id] !== true;
}
