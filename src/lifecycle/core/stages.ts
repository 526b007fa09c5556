// The five stages in turn: what may start, when a stage is over, what is said of it. `advance` is called after every
// event and goes as far as the state allows; it is the only place that moves from one stage to the next (invariant 3).
import { assert } from '../../base/assert.ts';
import { childBudgetMs, lateChildren } from './children.ts';
import type { Draft } from './draft.ts';
import { finish, killAll } from './ending.ts';
import { hooksOf, isFinishing, isSettled, startable } from './hooks.ts';
import { finishLimitOf, limitOf } from './limits.ts';
import { pendingNames, recordStage } from './records.ts';
import { STAGES, type UnitState } from './types.ts';

/** Goes on until something has to be waited for. */
export function advance(draft: Draft): void {
  const { state, atMs } = draft;
  for (let moves = 0; state.phase === 'stopping'; moves++) {
    assert(moves <= 3 * STAGES.length, 'stages do not come to rest');
    if (!state.stage) startNextStage(draft);
    if (state.phase !== 'stopping' || !state.stage) continue;
    startHooks(draft);
    if (state.stage.name === 'announce') endFinishing(draft);
    if (isOver(draft)) endStage(draft, 'over');
    else if (atMs >= state.ending!.deadlineAtMs) killAll(draft, 'deadline');
    else if (atMs >= state.stage.limitAtMs) endStage(draft, 'timeout');
    else break;
  }
  warnIfSlow(draft);
}

function startNextStage(draft: Draft): void {
  const { state, atMs } = draft;
  const name = STAGES[state.stages.length];
  if (!name) return finish(draft);
  const isLong = name === 'announce' && isFinishing(state);
  const limitAtMs = isLong
    ? finishLimitOf(state.ending!, state.config)
    : limitOf(state.ending!, state.config, name, atMs);
  const slowAtMs = atMs + Math.max(0, limitAtMs - atMs) / 2;
  state.stage = { name, startedAtMs: atMs, limitAtMs, slowAtMs, errors: [] };
  if (name === 'drain' && state.ending!.forced && state.work.inFlight > 0) draft.condition('forced');
  draft.emit({ event: 'stage_started', stage: name, capMs: Math.max(0, limitAtMs - atMs) });
}

function startHooks(draft: Draft): void {
  const { state, atMs } = draft;
  const stage = state.stage!;
  // What would be cut in the same moment is not begun.
  if (atMs >= stage.limitAtMs) return;
  const forcedDrain = state.ending!.forced && stage.name === 'drain';
  for (const hook of startable(state.hooks, stage.name)) {
    // Draining was given up: a child still has its persist and release to do, a plain hook has nothing left.
    if (forcedDrain && hook.kind === 'hook') continue;
    if (hook.finishes === true && state.ending!.mode !== 'drain') {
      draft.updateHook(hook.id, { state: 'done' });
      continue;
    }
    draft.updateHook(hook.id, { state: 'running' });
    const limitMs = stage.limitAtMs - atMs;
    const budgetMs = hook.kind === 'child' ? childBudgetMs(limitMs) : limitMs;
    draft.push({ type: 'startHook', hook: hook.id, kind: hook.kind, budgetMs });
    if (forcedDrain) {
      draft.push({ type: 'abortHook', hook: hook.id, kind: 'child', reason: 'draining was given up' });
    }
  }
}

/** What came in has come to its end: from now on announce lasts no longer than it does otherwise. */
function endFinishing({ state, atMs }: Draft): void {
  const { stage, ending, config } = state;
  if (stage === null || isFinishing(state)) return;
  const limitAtMs = Math.max(atMs, limitOf(ending!, config, 'announce', stage.startedAtMs));
  if (limitAtMs < stage.limitAtMs) state.stage = { ...stage, limitAtMs };
}

/** Whether nothing of the current stage has to be waited for any more. */
function isOver({ state, atMs }: Draft): boolean {
  const stage = state.stage!;
  const hooks = hooksOf(state.hooks, stage.name);
  const { forced } = state.ending!;
  if (stage.name === 'drain') {
    if (forced) return hooks.every((hook) => hook.kind === 'hook' || isSettled(hook));
    return state.work.inFlight === 0 && hooks.every(isSettled);
  }
  if (stage.name === 'persist') return hooks.every(isSettled) && lateChildren(state.hooks).length === 0;
  if (stage.name !== 'announce') return hooks.every(isSettled);
  if (forced) return true;
  return hooks.every(isSettled) && !(mustWaitForRouters(state) && atMs < stage.limitAtMs);
}

/**
 * Whether announce still waits although its hooks are done. With registrations, their acknowledgement is the proof
 * that routers noticed; without one, or if one failed, nobody can tell, and in Kubernetes a quiet pod proves nothing.
 */
function mustWaitForRouters(state: UnitState): boolean {
  const { announce, kubernetes } = state.config;
  if (announce === 'never' || !state.ending!.wasReady) return false;
  if (announce === 'always') return true;
  const registrations = hooksOf(state.hooks, 'announce').filter((hook) => hook.finishes !== true);
  if (!state.listening && registrations.length === 0) return false;
  const acknowledged = registrations.length > 0 && registrations.every((hook) => hook.state === 'done');
  return kubernetes || !acknowledged;
}

function endStage(draft: Draft, why: 'over' | 'timeout'): void {
  const { state } = draft;
  const stage = state.stage!;
  const hooks = hooksOf(state.hooks, stage.name);
  const pending = pendingNames(state.hooks, stage.name, state.work).length > 0;
  const worked = hooks.length > 0 || stage.startedAtMs < draft.atMs;
  // Announce that was waited out with nothing pending did what it should.
  if (pending) recordStage(draft, stage, 'timeout', why === 'timeout' ? 'time is up' : 'draining was given up');
  else recordStage(draft, stage, stage.errors.length > 0 ? 'error' : worked ? 'ok' : 'skipped', null);
}

/** Early warning at half of the stage's limit, once. */
function warnIfSlow(draft: Draft): void {
  const { state, atMs } = draft;
  const stage = state.stage;
  if (!stage || stage.slowAtMs === null || atMs < stage.slowAtMs) return;
  state.stage = { ...stage, slowAtMs: null };
  const pending = pendingNames(state.hooks, stage.name, state.work);
  if (pending.length > 0) draft.emit({ event: 'slow', stage: stage.name, pending });
}
