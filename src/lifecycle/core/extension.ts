// Extension by lease: a hook that makes progress may ask for more time, again and again, a bounded grant each time. The
// deadline moves only if nobody outside enforces one; otherwise the answer says so, and the last good state stands.
import { GRANT_MS_MAX, reserveBeyondMs, marginMs } from './budget.ts';
import type { Draft } from './draft.ts';
import { moveDeadline } from './ending.ts';
import type { Ending, UnitState } from './types.ts';

export function askExtension(draft: Draft, hookId: string, askedMs: number): void {
  const { state, atMs } = draft;
  const hook = draft.hook(hookId);
  const { ending, stage } = state;
  if (!ending || !stage || !hook || hook.stage !== stage.name || hook.state !== 'running') {
    return answer(draft, hookId, hook?.name ?? hookId, 0, 'the stage of this hook is not running');
  }
  const wantedMs = Math.min(Math.max(0, askedMs), GRANT_MS_MAX);
  if (atMs + wantedMs <= stage.limitAtMs) return answer(draft, hookId, hook.name, wantedMs, null);
  const refusal = reasonToRefuse(state, ending);
  if (refusal) return answer(draft, hookId, hook.name, 0, refusal);

  const stageName = stage.name === 'persist' ? 'persist' : 'drain';
  const usedMs = ending.extendedByStage[stage.name] ?? 0;
  const leftMs = state.config.extensionMaxMs[stage.name] - usedMs;
  const neededMs = atMs + wantedMs + reserveBeyondMs(state.config, stageName, wantedMs) - ending.deadlineAtMs;
  const movedMs = Math.min(Math.max(0, neededMs), leftMs);
  if (movedMs <= 0 && neededMs > 0) {
    return answer(draft, hookId, hook.name, 0, `${stage.name} may not be extended any further`);
  }
  state.ending = {
    ...ending,
    extendedMs: ending.extendedMs + movedMs,
    extendedByStage: { ...ending.extendedByStage, [stage.name]: usedMs + movedMs },
  };
  moveDeadline(draft, ending.deadlineAtMs + movedMs, ending.budgetSource);
  if (state.stage && stage.name === 'drain') {
    // The cap of drain yields to a lease; the reserves behind it do not.
    const beforePersist = state.ending.deadlineAtMs - state.ending.persistReserveMs - state.ending.releaseReserveMs;
    state.stage = {
      ...state.stage,
      limitAtMs: Math.min(Math.max(state.stage.limitAtMs, atMs + wantedMs), beforePersist),
    };
  }
  const grantedMs = Math.min(wantedMs, state.stage!.limitAtMs - atMs);
  if (state.config.extension === 'systemd') {
    const remainingMs = state.ending.deadlineAtMs - atMs;
    draft.push({ type: 'tellPlatform', extendMs: remainingMs + marginMs(remainingMs) });
  }
  answer(draft, hookId, hook.name, grantedMs, null);
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
