// Outcome word and exit code (lifecycle.md, "Outcome and exit code"). How the work ended and how the ending went are
// two things: a clean-up that fails shows in the exit code and never rewrites the outcome of the work (invariant 8).
import type { Condition, Ending, Outcome, UnitState, WorkEnd } from './types.ts';

/** First that applies, in the order of lifecycle.md. The work's own code stands between `returned` and `dependency`. */
const ENDING_CODES: readonly (readonly [Condition | 'work', number])[] = [
  ['fenced', 107],
  ['refused', 106],
  ['internal', 110],
  ['killed', 105],
  ['persist_failed', 101],
  ['forced', 104],
  ['lost', 100],
  ['preempted', 108],
  ['returned', 100],
  ['drain_incomplete', 100],
  ['work', 0],
  ['dependency', 109],
  ['release_unproven', 102],
  ['deregistration_failed', 103],
];

export interface ExitDecision {
  readonly exitCode: number;
  readonly exitCodeFrom: 'work' | 'ending';
}

export function decideExit(conditions: readonly Condition[], workEnd: WorkEnd | null): ExitDecision {
  if (workEnd && !workEnd.asked && workEnd.code !== 0) return { exitCode: workEnd.code, exitCodeFrom: 'work' };
  for (const [name, code] of ENDING_CODES) {
    if (name === 'work') {
      if (workEnd && workEnd.code !== 0) return { exitCode: workEnd.code, exitCodeFrom: 'work' };
    } else if (conditions.includes(name)) {
      return { exitCode: code, exitCodeFrom: 'ending' };
    }
  }
  return { exitCode: 0, exitCodeFrom: workEnd ? 'work' : 'ending' };
}

export function decideOutcome(state: UnitState, ending: Ending): Outcome {
  const has = (condition: Condition) => state.conditions.includes(condition);
  const { counts } = state.work;
  if (has('fenced')) return 'fenced';
  if (has('refused') || (has('dependency') && !ending.wasReady)) return 'refused';
  const workFailed = state.workEnd !== null && state.workEnd.code !== 0;
  if (workFailed && !state.workEnd.asked) return 'failed';
  if (ending.failed || has('internal') || has('dependency')) return 'failed';
  if (ending.killed !== 'no' || has('killed')) return 'killed';
  if (has('forced')) return 'forced';
  if (counts.lost > 0 || counts.unknown > 0 || has('lost')) return 'incomplete';
  if (has('preempted')) return 'preempted';
  if (counts.returned > 0 || has('returned')) return 'handed_back';
  // A drain hook that keeps no accounts did not finish: what became of its work is not known (invariant 9).
  if (has('drain_incomplete')) return 'incomplete';
  if (workFailed) return 'failed';
  return 'clean';
}
