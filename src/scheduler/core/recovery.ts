// Taking up again after a restart. Nothing that was intended is repeated blindly: what was found of each process tree is
// fed in as if it had just been seen, and only then is what the lifecycle still wants of each run asked for again.
import type { MemberFinding } from './events.ts';
import { queueAgain, type Now } from './jobs.ts';
import { openWish } from './ending.ts';
import { carryOut, memberAlive, memberGone, releaseProved, unitFor } from './runs.ts';
import { treeOf } from './resources.ts';
import type { SchedulerState } from './state.ts';
import { FINAL_STATES, type Member, type Run } from './types.ts';

/**
 * @param signalled runs whose signal was sent, or may have been
 * @param findings by `RUN/MEMBER`, for every member that was not known to be gone
 */
export function recover(
  state: SchedulerState,
  findings: Readonly<Record<string, MemberFinding>>,
  signalled: readonly string[],
  now: Now,
): void {
  for (const id of signalled) {
    // It died between the signal and the word of it.
    const run = state.runs.get(id);
    if (run?.stop) run.stop.signalled = true;
  }
  grantTime(state, now);
  for (const run of state.runs.values()) {
    if (run.phase === 'quarantined') {
      armChecks(state, run, now);
      continue;
    }
    // Findings may end the run, and the lifecycle's wishes then come by themselves.
    const wishBefore = openWish(unitFor(state, run));
    const effectsBefore = state.effects.length;
    for (const member of run.members) take(state, run, member, findings[`${run.id}/${member.name}`], now);
    if (!state.runs.has(run.id)) continue;
    // Re-adopted jobs go on as they were, and so do their limits.
    armLimits(state, run);
    const wish = openWish(unitFor(state, run));
    const asked = state.effects.slice(effectsBefore).some((effect) => 'run' in effect && effect.type !== 'probe');
    if (wish !== null && wish === wishBefore && !asked) carryOut(state, run, [wish], now);
    probeAgain(state, run);
  }
  state.placementDue = true;
}

function take(state: SchedulerState, run: Run, member: Member, finding: MemberFinding | undefined, now: Now): void {
  if (member.state === 'gone' || finding === undefined) return;
  switch (finding.kind) {
    case 'alive':
      return memberAlive(state, run, member, now);
    case 'exited':
      return memberGone(state, run, member, finding.exit, now);
    case 'never':
      return neverStarted(state, run, member, now);
    case 'lost':
      state.tell({ event: 'job_lost', job: run.job, run: run.id, why: finding.why, wallMs: now.wallMs });
      return memberGone(state, run, member, null, now);
    case 'unknown':
      // Never retried without proof or the operator's word (scheduler.md, 3): the job holds what it has.
      if (!state.runs.has(run.id) || run.phase === 'quarantined') return;
      return releaseProved(state, run, { tree: 'unproven', unproven: { [treeOf(run)]: finding.why } }, now);
  }
}

/** The spawn was revoked in time: the attempt does not count. */
function neverStarted(state: SchedulerState, run: Run, member: Member, now: Now): void {
  const job = state.jobs.get(run.job);
  if (job && job.state === 'starting' && job.run === run.id && !run.decided) {
    run.decided = true;
    queueAgain(state, job, 'the scheduler was restarted before it had begun', null, {}, now);
    job.resume = job.attempt > 1;
    state.jobChanged(job);
  }
  memberGone(state, run, member, null, now);
}

/** Leases were suspended while nobody could renew them: each gets one more whole term. */
function grantTime(state: SchedulerState, { atMs }: Now): void {
  for (const job of state.jobs.values()) {
    if (FINAL_STATES.has(job.state)) continue;
    const { lease, interestMs } = job.spec;
    if (lease && job.leaseUntilMs !== null) {
      job.leaseUntilMs = atMs + lease.ttlMs;
      state.timers.arm({ atMs: job.leaseUntilMs, kind: 'lease', id: job.id });
    }
    if (interestMs !== null) job.interestUntilMs = atMs + interestMs;
    if (job.notBeforeMs !== null) state.timers.arm({ atMs: job.notBeforeMs, kind: 'job', id: job.id });
  }
}

function armChecks(state: SchedulerState, run: Run, now: Now): void {
  for (const resource of state.resources.values()) {
    if (resource.run !== run.id || resource.state !== 'quarantined') continue;
    state.timers.arm({ atMs: Math.min(resource.checkAtMs ?? now.atMs, now.atMs), kind: 'resource', id: resource.id });
  }
}

/** Stored deadlines go on counting: what became due meanwhile is due at once. */
function armLimits(state: SchedulerState, run: Run): void {
  const unit = unitFor(state, run);
  if (unit.wakeAtMs !== null) state.timers.arm({ atMs: unit.wakeAtMs, kind: 'run', id: run.id });
  const spec = state.jobs.get(run.job)?.spec;
  if (!spec || run.phase !== 'running' || run.startedAtMs === null) return;
  if (spec.timeoutMs !== null) state.timers.arm({ atMs: run.startedAtMs + spec.timeoutMs, kind: 'run', id: run.id });
  if (spec.readiness) state.timers.arm({ atMs: run.startedAtMs + spec.readiness.withinMs, kind: 'run', id: run.id });
}

function probeAgain(state: SchedulerState, run: Run): void {
  const job = state.jobs.get(run.job);
  const waits = job?.spec.readiness && job.state === 'starting' && run.phase === 'running';
  const asked = state.effects.some((effect) => effect.type === 'probe' && effect.run === run.id);
  if (waits && !asked) state.effects.push({ type: 'probe', run: run.id });
}
