// What is written down of a stage when it is over: result, who was stuck, and what that means for the exit code.
import { cutChild, lateChildren } from './children.ts';
import type { Draft } from './draft.ts';
import { hooksOf, isSettled } from './hooks.ts';
import { STAGES, type Condition, type CurrentStage, type Hook, type StageName, type StageResult } from './types.ts';
import type { WorkLedger } from './work.ts';

/** How many pending items a warning or a record names. */
const NAMED_MAX = 20;

/** What a stage that failed or ran out of time means for the exit code. */
const STAGE_CONDITION: Readonly<Record<StageName, Condition>> = {
  announce: 'deregistration_failed',
  intake: 'drain_incomplete',
  drain: 'drain_incomplete',
  persist: 'persist_failed',
  release: 'release_unproven',
};

/** Names of unsettled hooks of a stage; in drain also of items in flight, in persist of children that are late. */
export function pendingNames(hooks: readonly Hook[], stage: StageName, work: WorkLedger): string[] {
  const names = unsettled(hooks, stage).map((hook) => hook.name);
  if (stage === 'drain') names.push(...work.pending(NAMED_MAX));
  return names;
}

function unsettled(hooks: readonly Hook[], stage: StageName): readonly Hook[] {
  const late = stage === 'persist' ? lateChildren(hooks) : [];
  return [...hooksOf(hooks, stage).filter((hook) => !isSettled(hook)), ...late];
}

/** Writes the record of a stage, aborts what is pending and leaves `state.stage` empty. */
export function recordStage(draft: Draft, stage: CurrentStage, result: StageResult, abortReason: string | null): void {
  const { state, atMs } = draft;
  const hooksBefore = state.hooks;
  const pending = unsettled(state.hooks, stage.name);
  for (const hook of pending) {
    if (hook.kind === 'child' && hook.state !== 'late' && state.ending!.killed === 'no') {
      cutChild(draft, hook);
      continue;
    }
    draft.updateHook(hook.id, { state: 'aborted' });
    if (hook.state === 'running') {
      draft.push({ type: 'abortHook', hook: hook.id, kind: hook.kind, reason: abortReason ?? 'the stage is over' });
    }
  }
  const stuck = pendingNames(hooksBefore, stage.name, state.work);
  const record = {
    name: stage.name,
    atMs: stage.startedAtMs - state.ending!.startedAtMs,
    tookMs: atMs - stage.startedAtMs,
    capMs: Math.max(0, stage.limitAtMs - stage.startedAtMs),
    result,
    stuck,
    error: stage.errors.length > 0 ? stage.errors.join('; ') : null,
  };
  state.stages = [...state.stages, record];
  state.stage = null;
  const unfinished = pending.filter((hook) => hook.finishes === true);
  if (unfinished.length > 0 && !state.ending!.forced) draft.condition('drain_incomplete');
  const failed = stage.errors.length > 0 || pending.length > unfinished.length;
  if (failed) applyCondition(draft, stage, pending.length > 0);
  if (stuck.length > 0) draft.emit({ event: 'stuck', stage: stage.name, stuck });
  draft.emit({ event: 'stage_ended', stage: stage.name, record });
}

/** A drain or announce that was given up on purpose is no failure of its own; the forced condition tells it. */
function applyCondition(draft: Draft, stage: CurrentStage, wasCut: boolean): void {
  const givenUp = draft.state.ending!.forced && (stage.name === 'announce' || stage.name === 'drain');
  if (wasCut && givenUp && stage.errors.length === 0) return;
  draft.condition(STAGE_CONDITION[stage.name]);
}

/** After a kill: the stages that were never reached are in the report too. */
export function skipRemainingStages(draft: Draft): void {
  const { state, atMs } = draft;
  for (const name of STAGES.slice(state.stages.length)) {
    const at = atMs - state.ending!.startedAtMs;
    const stuck = hooksOf(state.hooks, name)
      .filter((hook) => !isSettled(hook))
      .map((hook) => hook.name);
    state.stages = [...state.stages, { name, atMs: at, tookMs: 0, capMs: 0, result: 'skipped', stuck, error: null }];
  }
}
