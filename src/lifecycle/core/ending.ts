// How an ending begins, is hurried, and is over. Invariant 4: whatever happens, `finish` is reached by the deadline.
import { assert } from '../../base/assert.ts';
import { announceCapMs, planReserves, planTotal } from './budget.ts';
import { lateChildren, limitChildren, takeOnFailures } from './children.ts';
import type { Draft } from './draft.ts';
import { isFinishing, isSettled } from './hooks.ts';
import { decideExit, decideOutcome } from './outcome.ts';
import { finishLimitOf, limitOf } from './limits.ts';
import { recordStage, skipRemainingStages } from './records.ts';
import type { BudgetSource, Cause, Condition, StopMode } from './types.ts';

export interface EndingRequest {
  readonly cause: Cause;
  readonly mode: StopMode;
  /** Budget from now; null = as configured. */
  readonly requestMs: number | null;
  /** A limit that stands outside of us, such as a preemption notice after its margin. */
  readonly outsideMs: number | null;
}

export function beginEnding(draft: Draft, request: EndingRequest): void {
  const { state, atMs } = draft;
  assert(state.ending === null, 'an ending begins once');
  const planned = planTotal(state.config, request.requestMs);
  const shorter = request.outsideMs !== null && request.outsideMs < planned.totalMs;
  const totalMs = shorter ? request.outsideMs : planned.totalMs;
  const source: BudgetSource = shorter ? 'notice' : planned.source;
  if (state.phase === 'starting') draft.push({ type: 'abortStart' });
  state.ending = {
    cause: request.cause,
    mode: request.mode,
    startedAtMs: atMs,
    deadlineAtMs: atMs + totalMs,
    budgetSource: source,
    totalMs,
    extendedMs: 0,
    extendedByStage: {},
    deadlineIsOutside: request.outsideMs !== null,
    ...planReserves(state.config, totalMs),
    announceLimitAtMs: atMs + announceCapMs(state.config, totalMs),
    forced: false,
    killed: 'no',
    failed: false,
    wasReady: state.readyAtMs !== null,
  };
  state.phase = 'stopping';
  draft.push({ type: 'setDeadline', atMs: state.ending.deadlineAtMs });
  draft.emit({ event: 'stopping', cause: request.cause, budgetMs: totalMs });
}

/** The deadline becomes the earlier of the two; reserves and the current stage's limit are planned again. */
export function shortenTo(draft: Draft, deadlineAtMs: number, source: BudgetSource, why: string): void {
  const { state, atMs } = draft;
  const ending = state.ending;
  assert(ending, 'only an ending has a deadline');
  if (source === 'notice') state.ending = { ...ending, deadlineIsOutside: true };
  if (deadlineAtMs >= ending.deadlineAtMs) return;
  moveDeadline(draft, deadlineAtMs, source);
  draft.emit({ event: 'replanned', remainingMs: Math.max(0, deadlineAtMs - atMs), why });
}

/** Sets the deadline and plans reserves and limits again from what remains. */
export function moveDeadline(draft: Draft, deadlineAtMs: number, source: BudgetSource): void {
  const { state, atMs } = draft;
  const ending = state.ending;
  assert(ending, 'only an ending has a deadline');
  const earlier = deadlineAtMs < ending.deadlineAtMs;
  const next = {
    ...ending,
    deadlineAtMs,
    budgetSource: source,
    ...planReserves(state.config, deadlineAtMs - atMs),
  };
  state.ending = next;
  draft.push({ type: 'setDeadline', atMs: deadlineAtMs });
  const stage = state.stage;
  if (!stage) return;
  const planned =
    stage.name === 'announce' && isFinishing(state)
      ? finishLimitOf(next, state.config)
      : limitOf(next, state.config, stage.name, stage.startedAtMs);
  // A notice never makes a limit later; a lease never makes it earlier.
  const limitAtMs = earlier ? Math.min(stage.limitAtMs, planned) : Math.max(stage.limitAtMs, planned);
  const slowAtMs = stage.slowAtMs === null ? null : stage.startedAtMs + (limitAtMs - stage.startedAtMs) / 2;
  state.stage = { ...stage, limitAtMs, slowAtMs };
  if (limitAtMs < stage.limitAtMs) limitChildren(draft, limitAtMs);
}

/** Second signal: draining is given up; persist and release still run. */
export function force(draft: Draft): void {
  const { state } = draft;
  const ending = state.ending;
  if (!ending || ending.forced) return;
  state.ending = { ...ending, forced: true };
  if (state.stage?.name !== 'drain') return;
  const running = state.hooks.some(
    (hook) => hook.stage === 'drain' && hook.kind === 'hook' && hook.state === 'running',
  );
  if (running || state.work.inFlight > 0) draft.condition('forced');
  for (const hook of state.hooks) {
    if (hook.stage === 'drain' && hook.kind === 'child' && hook.state === 'running') {
      draft.push({ type: 'abortHook', hook: hook.id, kind: 'child', reason: 'draining was given up' });
    }
  }
}

/** Third signal, or the deadline: nothing more is waited for. */
export function killAll(draft: Draft, why: 'signal' | 'deadline'): void {
  const { state } = draft;
  const ending = state.ending;
  assert(ending, 'only an ending can be cut');
  state.ending = { ...ending, killed: why };
  const { stage } = state;
  if (why === 'deadline') draft.condition('killed');
  else draft.condition('forced');
  const unsaved = state.hooks.some((hook) => hook.stage === 'persist' && !isSettled(hook));
  if (unsaved || lateChildren(state.hooks).length > 0) draft.condition('persist_failed');
  if (stage) recordStage(draft, stage, 'timeout', 'time is up');
  skipRemainingStages(draft);
  finish(draft);
}

/** Books what is open, decides outcome and exit code, and asks for the report and the exit. */
export function finish(draft: Draft): void {
  const { state, atMs } = draft;
  const ending = state.ending;
  assert(ending, 'only an ending can be over');
  const { work } = state;
  work.settleRest(state.config.unfinishedWork);
  for (const condition of closingConditions(draft)) draft.condition(condition);
  takeOnFailures(draft);
  const exit = decideExit(state.conditions, state.workEnd);
  state.outcome = { outcome: decideOutcome(state, state.ending!), ...exit, endedAtMs: atMs };
  state.phase = 'ended';
  state.stage = null;
  draft.push({ type: 'writeReport' });
  if (ending.killed === 'signal') draft.push({ type: 'kill', target: 'everything', after: 'writeReport' });
  draft.emit({ event: 'ended', outcome: state.outcome.outcome, exitCode: exit.exitCode });
  draft.push({ type: 'exit', code: exit.exitCode, after: 'writeReport' });
}

function closingConditions(draft: Draft): Condition[] {
  const { state } = draft;
  const { counts } = state.work;
  const found: Condition[] = [];
  if (counts.lost + counts.unknown > 0) found.push('lost');
  if (counts.returned > 0) found.push('returned');
  if (state.released.proven === false) found.push('release_unproven');
  if (state.ending?.cause.kind === 'preemption' && !state.conditions.includes('persist_failed'))
    found.push('preempted');
  return found;
}
