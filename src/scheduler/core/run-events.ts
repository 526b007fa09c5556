// What keepers and the edge say of a run: its members started, ended or vanished, it is ready, signalled, killed, proven.
import { unreachable } from '../../base/assert.ts';
import type { SchedulerEvent } from './events.ts';
import type { Now } from './jobs.ts';
import { exitCodeOf } from './outcome.ts';
import { memberAlive, memberGone, releaseProved } from './runs.ts';
import type { SchedulerState } from './state.ts';
import type { Run } from './types.ts';

export type RunEvent = Extract<SchedulerEvent, { readonly run: string }>;

/** What its keepers and its edge say of a run. Of one that is closed nothing is of interest any more. */
export function applyToRun(state: SchedulerState, event: RunEvent, now: Now): void {
  const run = state.runs.get(event.run);
  if (!run) return;
  const member = 'member' in event ? run.members.find(({ name }) => name === event.member) : undefined;
  switch (event.type) {
    case 'spawned':
      if (member) memberAlive(state, run, member, now);
      return;
    case 'spawnFailed':
      state.tell({ event: 'spawn_failed', job: run.job, run: run.id, why: event.why, wallMs: now.wallMs });
      if (member) memberGone(state, run, member, { code: event.code, signal: null, reportCode: null }, now);
      return;
    case 'exited':
      state.tell({
        event: 'process_exited',
        job: run.job,
        run: run.id,
        member: event.member,
        code: exitCodeOf(event.exit),
        wallMs: now.wallMs,
      });
      if (member) memberGone(state, run, member, event.exit, now);
      return;
    case 'lost':
      state.tell({ event: 'job_lost', job: run.job, run: run.id, why: event.why, wallMs: now.wallMs });
      if (member) memberGone(state, run, member, null, now);
      return;
    case 'isReady':
      return becameReady(state, run, event.url, now);
    case 'completePosted':
      run.complete = true;
      state.runChanged(run);
      return;
    case 'signalled':
      state.intentDone(`${run.id}/signal`);
      if (run.stop) run.stop.signalled = true;
      state.runChanged(run);
      return;
    case 'killed':
      state.intentDone(`${run.id}/kill`);
      return;
    case 'proved':
      if (run.phase === 'ending') releaseProved(state, run, event, now);
      return;
    default:
      return unreachable(event, 'unknown event');
  }
}

function becameReady(state: SchedulerState, run: Run, url: string, now: Now): void {
  const job = state.jobs.get(run.job);
  if (!job || job.run !== run.id || job.state !== 'starting' || run.phase !== 'running') return;
  job.state = 'running';
  job.url = url;
  state.jobChanged(job);
  state.tell({ event: 'job_ready', job: job.id, run: run.id, owner: run.owner, url, wallMs: now.wallMs });
}
