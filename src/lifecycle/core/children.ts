// Nested units as hooks of their parent's drain: how much time each gets, and what becomes of one when drain's time is up.
// A child runs a reducer of its own; the parent only says when it has to end, by when, and when to give up draining.
import type { Draft } from './draft.ts';
import { limitOf } from './limits.ts';
import type { ChildFailure, Condition, Hook, UnitState } from './types.ts';

/** A child ends a little before its parent stops waiting, so that its report is always part of the parent's. */
const CHILD_MARGIN_MS_MAX = 100;
const CHILD_MARGIN_SHARE = 0.02;

/** What of the `limitMs` that a parent can wait is the child's. */
export function childBudgetMs(limitMs: number): number {
  const waitMs = Math.max(0, limitMs);
  return waitMs - Math.min(CHILD_MARGIN_MS_MAX, CHILD_MARGIN_SHARE * waitMs);
}

/** The other way round: how long a parent has to wait for a child that needs `budgetMs`. */
export function parentWaitMs(budgetMs: number): number {
  return budgetMs + Math.min(CHILD_MARGIN_MS_MAX, (budgetMs * CHILD_MARGIN_SHARE) / (1 - CHILD_MARGIN_SHARE));
}

/** The children that are still ending when persist has begun: drain's time was up for them. */
export function lateChildren(hooks: readonly Hook[]): readonly Hook[] {
  return hooks.filter((hook) => hook.state === 'late');
}

/** What went wrong with a child's ending went wrong with its parent's. But to be cut in time for it is not to be killed. */
export function uniteConditions(draft: Draft, ofChild: readonly Condition[]): void {
  for (const condition of ofChild) draft.condition(condition === 'killed' ? 'drain_incomplete' : condition);
}

/** How the work of a unit that has ended failed; null if it did not, or if its ending had been asked for before. */
export function failureOf({ ending, conditions, workEnd, failure, outcome }: UnitState): ChildFailure | null {
  const endedItself = workEnd !== null && !workEnd.asked && workEnd.code !== 0;
  if (!endedItself && ending?.failed !== true) return null;
  return { error: failure ?? `exit code ${outcome?.exitCode ?? 1}`, conditions, workEnd };
}

/**
 * The work of a part that the unit needs is the unit's: one that failed without being asked, and was not started again, is
 * work that failed, also if everything else ended well.
 */
export function takeOnFailures(draft: Draft): void {
  const { state } = draft;
  for (const { name, optional, failure } of state.hooks) {
    if (optional || failure === null) continue;
    state.workEnd ??= failure.workEnd;
    state.failure ??= `${name}: ${failure.error}`;
    uniteConditions(draft, failure.conditions);
    state.ending = { ...state.ending!, failed: true };
  }
}

/** The stage's limit came nearer: so does the one of every child that it waits for. */
export function limitChildren(draft: Draft, limitAtMs: number): void {
  const waitedFor = draft.state.stage?.name === 'persist' ? 'late' : 'running';
  for (const hook of draft.state.hooks) {
    if (hook.kind !== 'child' || hook.state !== waitedFor) continue;
    draft.push({ type: 'limitChild', hook: hook.id, budgetMs: childBudgetMs(limitAtMs - draft.atMs) });
  }
}

/**
 * Drain's time is up for a child: it gives up draining, and its persist and release run beside its parent's persist. One
 * that had to wait for others until now is asked to end only here.
 */
export function cutChild(draft: Draft, hook: Hook): void {
  const { state, atMs } = draft;
  const limitAtMs = limitOf(state.ending!, state.config, 'persist', atMs);
  if (hook.state === 'waiting') {
    const budgetMs = childBudgetMs(limitAtMs - atMs);
    draft.push({ type: 'startHook', hook: hook.id, kind: 'child', budgetMs });
  }
  draft.updateHook(hook.id, { state: 'late' });
  draft.push({ type: 'abortHook', hook: hook.id, kind: 'child', reason: 'time is up' });
}
