// What is due by now: limits of runs, leases that were not renewed, looks at quarantined resources, ends of back-offs.
import { stopping } from './commands.ts';
import { finalise, type Now } from './jobs.ts';
import { stopRun, tickRun } from './runs.ts';
import type { SchedulerState } from './state.ts';
import { FINAL_STATES } from './types.ts';

export function tick(state: SchedulerState, now: Now): void {
  for (let due = state.timers.take(now.atMs); due; due = state.timers.take(now.atMs)) {
    const run = due.kind === 'run' ? state.runs.get(due.id) : undefined;
    if (run) tickRun(state, run, now);
    if (due.kind === 'lease') leaseDue(state, due.id, now);
    if (due.kind === 'job' || due.kind === 'starving') state.placementDue = true;
    const resource = due.kind === 'resource' ? state.resources.get(due.id) : undefined;
    if (resource?.state === 'quarantined') state.effects.push({ type: 'check', resource: due.id });
  }
}

function leaseDue(state: SchedulerState, id: string, now: Now): void {
  const job = state.jobs.get(id);
  if (!job || FINAL_STATES.has(job.state) || job.leaseUntilMs === null || job.leaseUntilMs > now.atMs) return;
  state.tell({ event: 'lease_lost', job: id, owner: job.spec.owner, rule: job.spec.lease!.onLoss, wallMs: now.wallMs });
  if (job.spec.lease!.onLoss === 'detach') {
    job.leaseUntilMs = null;
    state.jobChanged(job);
    return;
  }
  const run = job.run === null ? undefined : state.runs.get(job.run);
  if (job.state === 'running' || job.state === 'stopping') {
    if (!run) return;
    stopping(state, run, now);
    return stopRun(state, run, 'lease', 'its lease', null, now);
  }
  finalise(state, job, 'cancelled', { reason: 'its client is gone', exitCode: null }, now);
  if (run && run.phase !== 'ending' && run.phase !== 'quarantined') {
    run.decided = true;
    stopRun(state, run, 'lease', 'its lease', null, now);
  }
}
