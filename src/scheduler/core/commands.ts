// What people, clients and the scheduler itself ask of a job. Each may come in any state, and again.
import type { SchedulerEvent } from './events.ts';
import { finalise, queueAgain, type Now } from './jobs.ts';
import { stopRun } from './runs.ts';
import type { SchedulerState } from './state.ts';
import { FINAL_STATES, type Job, type Run } from './types.ts';

export function cancel(state: SchedulerState, event: SchedulerEvent & { type: 'cancelled' }, now: Now): void {
  const job = state.jobs.get(event.job);
  if (!job) return;
  const { by, force } = event;
  const run = job.run === null ? undefined : state.runs.get(job.run);
  if (job.state === 'queued' || job.state === 'starting') {
    const starting = job.state === 'starting';
    finalise(state, job, 'cancelled', { reason: `cancelled by ${by}`, exitCode: null }, now);
    if (!starting || !run) return;
    run.decided = true;
    state.runChanged(run);
  }
  if (!run) return;
  if (job.state === 'running') stopping(state, run, now);
  if (run.phase === 'ending' && job.state !== 'stopping' && !force) return;
  stopRun(state, run, 'cancel', by, event.graceMs, now);
  if (force) stopRun(state, run, 'force', by, 0, now);
}

export function preempt(state: SchedulerState, run: Run, by: string, graceMs: number | null, now: Now): void {
  if (run.phase !== 'running' || run.stop) return;
  const job = state.job(run.job);
  // A service that is not ready has nothing to save, but it is asked in the same way.
  if (!FINAL_STATES.has(job.state)) stopping(state, run, now);
  stopRun(state, run, 'preempt', by, graceMs, now);
}

export function requeue(state: SchedulerState, id: string, by: string, record: Job | null, now: Now): void {
  const job = state.jobs.get(id) ?? record;
  if (!job || !FINAL_STATES.has(job.state)) return;
  job.endedWallMs = null;
  job.exitCode = null;
  job.failures = 0;
  queueAgain(state, job, `run again by ${by}`, null, {}, now);
}

export function renew(state: SchedulerState, id: string, now: Now): void {
  const job = state.jobs.get(id);
  if (!job?.spec.lease || job.leaseUntilMs === null) return;
  // Not stored: a restart grants a whole term anyway.
  job.leaseUntilMs = now.atMs + job.spec.lease.ttlMs;
  state.timers.arm({ atMs: job.leaseUntilMs, kind: 'lease', id });
}

export function close(state: SchedulerState, event: SchedulerEvent & { type: 'closing' }, now: Now): void {
  const { policy, by, graceMs } = event;
  state.open = false;
  state.closing = policy;
  if (policy !== 'cancel') return;
  for (const run of state.runs.values()) {
    if (run.phase !== 'running' && run.phase !== 'starting') continue;
    stopping(state, run, now);
    const ownMs = state.job(run.job).spec.graceMs;
    stopRun(state, run, 'shutdown', by, graceMs === null ? ownMs : Math.min(ownMs, graceMs), now);
  }
}

export function stopping(state: SchedulerState, run: Run, now: Now): void {
  const job = state.job(run.job);
  if (FINAL_STATES.has(job.state) || job.state === 'stopping' || job.run !== run.id || job.state === 'queued') return;
  job.state = 'stopping';
  state.jobChanged(job);
  state.tell({ event: 'job_stopping', job: job.id, run: run.id, owner: run.owner, wallMs: now.wallMs });
}

export function withRun(state: SchedulerState, id: string, act: (run: Run) => void): void {
  const job = state.jobs.get(id);
  const run = job?.run == null ? undefined : state.runs.get(job.run);
  if (run && job!.state !== 'queued') act(run);
}
