// Extension by lease: a hook that makes progress may ask for more time, again and again, a bounded grant each time. The
// deadline moves only if nobody outside enforces one; otherwise the answer says so, and the last good state stands.
import { GRANT_MS_MAX, planReserves, reserveBeyondMs, marginMs } from './budget.ts';
import { childBudgetMs, parentWaitMs } from './children.ts';
import type { Draft } from './draft.ts';
import { moveDeadline } from './ending.ts';
import type { Ending, StageName, UnitState } from './types.ts';

export function askExtension(draft: Draft, hookId: string, askedMs: number): void {
  const { state, atMs } = draft;
  const hook = draft.hook(hookId);
  const { ending, stage } = state;
  const name = hook?.name ?? hookId;
  if (!ending || !stage || !hook || hook.stage !== stage.name || hook.state !== 'running') {
    return answer(draft, hookId, name, 0, 'the stage of this hook is not running');
  }
  if (atMs >= ending.deadlineAtMs) return answer(draft, hookId, name, 0, 'the deadline has passed');
  const wantedMs = leaseOf(askedMs);
  if (atMs + wantedMs <= stage.limitAtMs) return answer(draft, hookId, name, wantedMs, null);
  const refusal = reasonToRefuse(state, ending);
  if (refusal) return answer(draft, hookId, name, 0, refusal);

  const usedMs = ending.extendedByStage[stage.name] ?? 0;
  const leftMs = state.config.extensionMaxMs[stage.name] - usedMs;
  const reachMs = Math.min(wantedMs, stage.limitAtMs + leftMs - atMs);
  if (leftMs <= 0 || reachMs <= 0) {
    return answer(draft, hookId, name, 0, `${stage.name} may not be extended any further`);
  }
  moveLimit(draft, stage.name, reachMs);
  const grantedMs = Math.min(wantedMs, state.stage!.limitAtMs - atMs);
  const extended = usedMs + state.stage!.limitAtMs - stage.limitAtMs;
  state.ending = { ...state.ending!, extendedByStage: { ...ending.extendedByStage, [stage.name]: extended } };
  answer(draft, hookId, name, grantedMs, null);
}

/** Moves the deadline as far as the stage needs it for `reachMs` from now, and the stage's limit to there. */
function moveLimit(draft: Draft, name: StageName, reachMs: number): void {
  const { state, atMs } = draft;
  const { limitAtMs: beforeAtMs } = state.stage!;
  const { deadlineAtMs, extendedMs } = state.ending!;
  const neededAtMs = atMs + withReserves(state, name, reachMs);
  if (neededAtMs > deadlineAtMs) {
    state.ending = { ...state.ending!, extendedMs: extendedMs + neededAtMs - deadlineAtMs };
    moveDeadline(draft, neededAtMs, state.ending.budgetSource);
    if (state.config.extension === 'systemd') {
      const remainingMs = neededAtMs - atMs;
      draft.push({ type: 'tellPlatform', extendMs: remainingMs + marginMs(remainingMs) });
    }
  }
  // The cap of drain yields to a lease; the reserves behind it do not.
  const latestAtMs = state.ending!.deadlineAtMs - reservedBehind(state.ending!, name);
  const limitAtMs = Math.max(beforeAtMs, Math.min(atMs + reachMs, latestAtMs));
  state.stage = { ...state.stage!, limitAtMs };
}

/** At most GRANT_MS_MAX; what is no number of milliseconds asks for nothing. */
function leaseOf(askedMs: number): number {
  return askedMs > 0 ? Math.min(askedMs, GRANT_MS_MAX) : 0;
}

/** How much must be left until the deadline so that a stage may have `stageMs` and what comes after it its reserves. */
function withReserves(state: UnitState, name: StageName, stageMs: number): number {
  const planned = reserveBeyondMs(state.config, name === 'persist' ? 'persist' : 'drain', stageMs);
  return stageMs + Math.max(planned, reservedBehind(state.ending!, name));
}

function reservedBehind({ persistReserveMs, releaseReserveMs }: Ending, name: StageName): number {
  return name === 'persist' ? releaseReserveMs : persistReserveMs + releaseReserveMs;
}

/**
 * What a nested unit must have of its parent, in milliseconds from `atMs`, before it gives a hook `askedMs`: its own later
 * stages need time too, and it has to be over before its parent stops waiting. 0 if it has as much time already.
 */
export function leaseOfParentMs(state: UnitState, atMs: number, askedMs: number): number {
  const { ending, stage } = state;
  const wantedMs = leaseOf(askedMs);
  if (!ending || !stage || atMs + wantedMs <= stage.limitAtMs) return 0;
  const neededMs = withReserves(state, stage.name, wantedMs);
  return atMs + neededMs <= ending.deadlineAtMs ? 0 : parentWaitMs(neededMs);
}

/** How much of `grantedMs` that its parent waits from now a nested unit's stage may have. */
export function leaseWithinMs(state: UnitState, grantedMs: number): number {
  const budgetMs = childBudgetMs(grantedMs);
  if (!state.ending || !state.stage) return 0;
  const replanned = { ...state.ending, ...planReserves(state.config, budgetMs) };
  const { name } = state.stage;
  return budgetMs - Math.max(reservedBehind(replanned, name), reservedBehind(state.ending, name));
}

function reasonToRefuse(state: UnitState, ending: Ending): string | null {
  if (ending.deadlineIsOutside) return 'a notice sets the deadline';
  if (state.config.extension === 'refused') {
    const { platformMs, platformSource } = state.config;
    return platformMs === null
      ? 'the enclosing unit sets the deadline'
      : `${platformSource} enforces the deadline from outside`;
  }
  if (state.stage!.name !== 'drain' && state.stage!.name !== 'persist') return `${state.stage!.name} is never extended`;
  return null;
}

function answer(draft: Draft, hook: string, name: string, grantedMs: number, reason: string | null): void {
  draft.push({ type: 'answerExtension', hook, grantedMs, reason });
  draft.emit({ event: 'extended', hook: name, grantedMs, reason });
}
