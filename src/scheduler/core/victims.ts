// Whom to ask to save and make room for a job of higher priority: preemptible runs of lower priority, the least important
// and among those the most recently started first, and no more than are needed.
import { giveBackRun } from './placement.ts';
import type { Room } from './room.ts';
import type { SchedulerState } from './state.ts';
import type { Job, Run } from './types.ts';

/** Runs whose end would let the job start, or none if that would not help. @param room free now; it is used up */
export function victimsFor(state: SchedulerState, job: Job, room: Room): readonly Run[] {
  const candidates = [...state.runs.values()]
    .filter((run) => run.phase === 'running' && run.stop === null && lower(state, run, job))
    .sort((a, b) => priorityOf(state, a) - priorityOf(state, b) || (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0));
  if (candidates.length === 0) return [];
  // What is ending already comes back without anybody being asked.
  for (const run of state.runs.values()) if (run.phase === 'ending') giveBackRun(state, room, run);
  if (room.fits(job.spec)) return [];
  const chosen: Run[] = [];
  for (const run of candidates) {
    giveBackRun(state, room, run);
    chosen.push(run);
    if (room.fits(job.spec)) return chosen.filter((victim) => isNeeded(state, job, room, victim));
  }
  return [];
}

/** Whether the job would not fit without this one; if it would, it is left alone. */
function isNeeded(state: SchedulerState, job: Job, room: Room, victim: Run): boolean {
  const without = room.copy();
  const slots = victim.members.map(({ node, gpus }) => ({ node, gpus }));
  const { spec } = state.job(victim.job);
  without.takeExactly(slots, spec);
  if (!without.fits(job.spec)) return true;
  room.takeExactly(slots, spec);
  return false;
}

function lower(state: SchedulerState, run: Run, job: Job): boolean {
  const spec = state.jobs.get(run.job)?.spec;
  return spec !== undefined && spec.preemptible && spec.priority < job.spec.priority;
}

function priorityOf(state: SchedulerState, run: Run): number {
  return state.job(run.job).spec.priority;
}
