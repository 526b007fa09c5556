// A run from its reservation to the proof of its release. It is started by intents, ended by the stages of the lifecycle
// (ending.ts), and closed only when everything that it held has been shown to be free.
import { happen, openWish, proofMs, unitOf, type Unit, type Wish } from './ending.ts';
import type { CauseKind } from '../../lifecycle/core/types.ts';
import { charge } from './fair-share.ts';
import { apply, finalise, type Now } from './jobs.ts';
import { decisiveExit, endedWell, exitCodeOf, verdictOf } from './outcome.ts';
import { endOf, type Start } from './placement.ts';
import { hold, holdingsOf, settle, takePorts, treeOf } from './resources.ts';
import type { SchedulerState } from './state.ts';
import type { Exit, Member, Run, RunHappening, StopReason } from './types.ts';

export function startRun(state: SchedulerState, { job, slots }: Start, now: Now): void {
  const { spec } = job;
  state.queue.remove(job);
  job.attempt += 1;
  const taken = new Set<number>();
  const mains = slots.map(({ node, gpus }, index): Member => {
    const ports = takePorts(state, spec.request.ports, taken);
    const { cpus, memoryBytes } = spec.request;
    return { name: `main.${index}`, role: 'main', node, gpus, ports, cpus, memoryBytes, state: 'spawning', exit: null };
  });
  const beside = spec.companions.map(({ name }): Member => {
    const idle = { gpus: [], ports: {}, cpus: 0, memoryBytes: 0 };
    return { name: `with.${name}`, role: 'companion', node: slots[0]!.node, ...idle, state: 'spawning', exit: null };
  });
  const run: Run = {
    id: `${job.id}/${job.attempt}`,
    job: job.id,
    owner: spec.owner,
    attempt: job.attempt,
    gpus: spec.request.gpus * spec.replicas,
    phase: 'starting',
    members: [...beside, ...mains],
    reservedAtMs: now.atMs,
    startedAtMs: null,
    expectedEndMs: endOf(state, spec, now.atMs),
    stop: null,
    complete: false,
    decided: false,
    treeProven: false,
    happenings: [],
    preemptedFor: null,
  };
  job.state = 'starting';
  job.run = run.id;
  state.jobChanged(job);
  state.addRun(run);
  hold(state, run, 'reserved');
  state.units.set(run.id, unitOf(job, run, state.rules.releaseMs));
  state.tell({ event: 'job_starting', job: job.id, run: run.id, owner: spec.owner, wallMs: now.wallMs });
  for (const member of run.members) {
    const intent = state.intend(run, 'spawn', member.name);
    state.effects.push({ type: 'spawn', run: run.id, member: member.name, intent });
  }
}

/** Its process is there: found by its keeper's word, at first or after a restart. */
export function memberAlive(state: SchedulerState, run: Run, member: Member, now: Now): void {
  state.intentDone(`${run.id}/spawn/${member.name}`);
  if (member.state === 'spawning') member.state = 'alive';
  state.runChanged(run);
  if (run.phase === 'starting' && run.members.every(({ state }) => state !== 'spawning')) begun(state, run, now);
}

export function memberGone(state: SchedulerState, run: Run, member: Member, exit: Exit | null, now: Now): void {
  state.intentDone(`${run.id}/spawn/${member.name}`);
  if (member.state === 'gone') return;
  // One that was over before it was seen to be there has been there.
  if (run.phase === 'starting' && run.members.every((other) => other === member || other.state !== 'spawning')) {
    begun(state, run, now);
  }
  member.state = 'gone';
  member.exit = exit;
  state.runChanged(run);
  const mains = run.members.filter(({ role }) => role === 'main');
  if (mains.every((main) => main.state === 'gone')) {
    if (run.decided) endedLate(state, run, now);
    decide(state, run, now);
    if (run.phase !== 'ending' && run.phase !== 'quarantined') endByItself(state, run, now);
  } else if (run.phase !== 'ending' && run.phase !== 'quarantined') {
    // A gang is all or none, and nobody works without the companion that was asked for.
    if (member.role === 'companion' || exitCodeOf(exit) !== 0) stopRun(state, run, 'member', member.name, null, now);
  }
  settleProcesses(state, run, now);
}

/** Joins an ending that runs. @param graceMs null: the job's own */
export function stopRun(
  state: SchedulerState,
  run: Run,
  reason: StopReason,
  by: string,
  graceMs: number | null,
  now: Now,
): void {
  const job = state.job(run.job);
  if (run.stop || run.phase === 'ending' || run.phase === 'quarantined') return joinStop(state, run, reason, by, now);
  // Nothing polite can be said to what may not be there yet.
  const atOnce = reason === 'force' || run.phase === 'starting';
  run.stop = { reason, by, atMs: now.atMs, graceMs: atOnce ? 0 : (graceMs ?? job.spec.graceMs), signalled: false };
  run.phase = 'ending';
  run.expectedEndMs = now.atMs + run.stop.graceMs + state.rules.releaseMs;
  state.runChanged(run);
  carryOut(state, run, book(state, run, { type: 'stop', text: CAUSES[reason] ?? 'api', atMs: now.atMs }), now);
}

/** As the shutdown report names it. */
const CAUSES: Readonly<Partial<Record<StopReason, CauseKind>>> = {
  preempt: 'preemption',
  lease: 'lease',
  timeout: 'deadline',
};

export function tickRun(state: SchedulerState, run: Run, now: Now): void {
  const job = state.jobs.get(run.job);
  const unit = state.units.get(run.id);
  if (!job || !unit) return;
  if (unit.wakeAtMs !== null && unit.wakeAtMs <= now.atMs) {
    carryOut(state, run, book(state, run, { type: 'tick', atMs: now.atMs }), now);
  }
  if (run.phase !== 'running' || run.startedAtMs === null) return;
  const { readiness, timeoutMs } = job.spec;
  if (timeoutMs !== null && now.atMs >= run.startedAtMs + timeoutMs) {
    job.state = 'stopping';
    state.jobChanged(job);
    return stopRun(state, run, 'timeout', 'its time limit', null, now);
  }
  if (readiness && job.state === 'starting' && now.atMs >= run.startedAtMs + readiness.withinMs) {
    stopRun(state, run, 'not_ready', 'its readiness limit', null, now);
  }
}

/** The result of the proof, or null: there was none within the time. */
export function releaseProved(
  state: SchedulerState,
  run: Run,
  proof: { readonly tree: 'proven' | 'swept' | 'unproven'; readonly unproven: Readonly<Record<string, string>> },
  now: Now,
): void {
  const unproven = { ...proof.unproven };
  // From here on there is an answer: what comes too late for the report does not ask for another.
  run.phase = 'quarantined';
  if (proof.tree === 'unproven') {
    const why = unproven[treeOf(run)] ?? 'its processes could not be shown to be gone';
    // Whatever still runs may use anything that the run had.
    for (const id of [treeOf(run), ...holdingsOf(run)]) unproven[id] ??= why;
  } else {
    for (const member of run.members) member.state = 'gone';
    state.releaseCounted(run);
  }
  decide(state, run, now);
  charge(state, run, now.atMs);
  state.intentDone(`${run.id}/release`);
  state.intentDone(`${run.id}/kill`);
  settle(state, run, unproven, now);
  const list = Object.keys(unproven);
  state.runChanged(run);
  const text = proof.tree === 'swept' && list.length === 0 ? 'swept' : 'proven';
  const ended = run.members.filter((member) => member.state === 'gone').length;
  carryOut(state, run, book(state, run, { type: 'proved', atMs: now.atMs, text, list, value: ended }), now);
  const { id, job } = run;
  state.tell({
    event: 'run_released',
    run: id,
    job,
    owner: run.owner,
    proof: proof.tree,
    quarantined: list,
    wallMs: now.wallMs,
  });
  closeIfFree(state, run);
}

/** Forgets a run once nothing that it held is in question any more. */
export function closeIfFree(state: SchedulerState, run: Run): void {
  const open = [treeOf(run), ...holdingsOf(run)].some((id) => state.resources.get(id)?.run === run.id);
  if (!open && run.treeProven) state.closeRun(run);
}

/** Books a happening with the run's unit. */
export function book(state: SchedulerState, run: Run, happening: RunHappening): readonly Wish[] {
  const unit = unitFor(state, run);
  const wishes = happen(unit, state.job(run.job), run, happening, state.rules.releaseMs);
  state.runChanged(run);
  if (unit.wakeAtMs !== null) state.timers.arm({ atMs: unit.wakeAtMs, kind: 'run', id: run.id });
  return wishes;
}

export function unitFor(state: SchedulerState, run: Run): Unit {
  let unit = state.units.get(run.id);
  if (!unit) state.units.set(run.id, (unit = unitOf(state.job(run.job), run, state.rules.releaseMs)));
  return unit;
}

export function carryOut(state: SchedulerState, run: Run, wishes: readonly Wish[], now: Now): void {
  for (const wish of wishes) {
    if (wish === 'signal') settleProcesses(state, run, now);
    if (wish === 'signal' && run.members.some((member) => member.state !== 'gone')) signal(state, run);
    if (wish === 'prove') prove(state, run, now);
    if (wish === 'over') over(state, run, now);
  }
}

function begun(state: SchedulerState, run: Run, now: Now): void {
  const job = state.job(run.job);
  run.phase = 'running';
  run.startedAtMs = now.atMs;
  run.expectedEndMs = endOf(state, job.spec, now.atMs);
  hold(state, run, 'used');
  carryOut(state, run, book(state, run, { type: 'ready', atMs: now.atMs }), now);
  if (job.state !== 'starting' || job.run !== run.id) return;
  const { readiness, timeoutMs } = job.spec;
  job.startedWallMs = now.wallMs;
  if (readiness) {
    state.effects.push({ type: 'probe', run: run.id });
    state.timers.arm({ atMs: now.atMs + readiness.withinMs, kind: 'run', id: run.id });
  } else job.state = 'running';
  if (timeoutMs !== null) state.timers.arm({ atMs: now.atMs + timeoutMs, kind: 'run', id: run.id });
  state.jobChanged(job);
  state.tell({ event: 'job_started', job: job.id, run: run.id, owner: run.owner, wallMs: now.wallMs });
}

/** All main members have ended without having been asked. */
function endByItself(state: SchedulerState, run: Run, now: Now): void {
  run.phase = 'ending';
  run.expectedEndMs = now.atMs + state.rules.releaseMs;
  const value = exitCodeOf(decisiveExit(run)) ?? 1;
  carryOut(state, run, book(state, run, { type: 'ended', atMs: now.atMs, value }), now);
}

function joinStop(state: SchedulerState, run: Run, reason: StopReason, by: string, now: Now): void {
  const again = run.stop && ['preempt', 'member', 'timeout', 'not_ready'].includes(run.stop.reason);
  if (again && ['cancel', 'force', 'lease', 'shutdown'].includes(reason)) {
    run.stop!.reason = reason;
    run.stop!.by = by;
    state.runChanged(run);
  }
  if (reason !== 'force' || run.phase !== 'ending') return;
  carryOut(state, run, book(state, run, { type: 'force', atMs: now.atMs }), now);
}

function settleProcesses(state: SchedulerState, run: Run, now: Now): void {
  if (run.phase !== 'ending' || run.members.some((member) => member.state !== 'gone')) return;
  if (openWish(unitFor(state, run)) !== 'signal') return;
  const wishes = book(state, run, { type: 'gone', atMs: now.atMs });
  carryOut(state, run, wishes, now);
}

/** It was given up, and has ended well after all before it was run again: then its work is done. */
function endedLate(state: SchedulerState, run: Run, now: Now): void {
  const job = state.jobs.get(run.job);
  if (job?.state !== 'queued' || job.run !== run.id || !endedWell(job, run)) return;
  finalise(state, job, 'completed', { reason: null, exitCode: 0 }, now);
}

function decide(state: SchedulerState, run: Run, now: Now): void {
  if (run.decided) return;
  const job = state.job(run.job);
  const verdict = verdictOf(job, run);
  apply(state, job, run, verdict, now);
  if (verdict.to !== 'queued' || verdict.saved) return;
  carryOut(state, run, book(state, run, { type: 'unsaved', atMs: now.atMs, text: verdict.reason }), now);
}

function signal(state: SchedulerState, run: Run): void {
  const { reason, graceMs } = run.stop ?? { reason: 'complete' as const, graceMs: state.job(run.job).spec.graceMs };
  const intent = state.intend(run, 'signal');
  state.effects.push({ type: 'signal', run: run.id, intent, reason, graceMs });
}

function prove(state: SchedulerState, run: Run, now: Now): void {
  hold(state, run, 'releasing');
  if (run.members.some((member) => member.state !== 'gone')) {
    state.effects.push({ type: 'kill', run: run.id, intent: state.intend(run, 'kill') });
  }
  state.intend(run, 'release');
  state.effects.push({ type: 'prove', run: run.id, withinMs: proofMs(unitFor(state, run), now.atMs) });
}

function over(state: SchedulerState, run: Run, now: Now): void {
  const job = state.job(run.job);
  state.effects.push({ type: 'report', run, job, unit: unitFor(state, run).state });
  if (run.phase === 'quarantined') return;
  // The deadline came before any answer: nothing is proven.
  releaseProved(state, run, { tree: 'unproven', unproven: { [treeOf(run)]: 'no proof within its time' } }, now);
}
