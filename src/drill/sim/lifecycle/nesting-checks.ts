// What must hold between a unit and the parts inside it: a part is over before its parent stops waiting, what came of it
// counts for its parent, and a parent that did not wait for a part does not call that a success.
import type { Condition } from '../../../lifecycle/core/types.ts';
import type { SimulatedUnit } from './unit.ts';

/** Rounding of sums of milliseconds. */
const EPSILON_MS = 1e-6;

/** Whenever all effects were carried out: its deadline never lies behind what its parent waits for. */
export function checkPartDeadline({ parent, state, checks }: SimulatedUnit): void {
  const stage = parent?.unit.state.stage;
  if (!stage || !state.ending || state.phase === 'ended') return;
  const hook = parent.unit.hooks.find((candidate) => candidate.id === parent.hook);
  if (hook?.state !== (stage.name === 'persist' ? 'late' : 'running')) return;
  const lateMs = state.ending.deadlineAtMs - stage.limitAtMs;
  checks.require(lateMs <= EPSILON_MS, `nesting: may be over ${lateMs} ms after its parent stops waiting`);
}

/** After `part` is over and its parent was told. */
export function checkEndOfPart(part: SimulatedUnit): void {
  const parent = part.parent!.unit;
  if (parent.state.phase !== 'stopping') return;
  const { conditions } = parent.state;
  // A part that was cut in time for its parent is not the end of that by force.
  const told = (condition: Condition) => conditions.includes(condition === 'killed' ? 'drain_incomplete' : condition);
  const missing = part.state.conditions.filter((condition) => !told(condition));
  part.checks.require(missing.length === 0, `nesting: the parent does not know of ${missing.join(', ')}`);
}

/** Whenever the parent moved on. */
export function checkParts(unit: SimulatedUnit): void {
  const { stage, outcome } = unit.state;
  const parts = unit.hooks.filter((hook) => hook.kind === 'child');
  if (stage?.name === 'persist' || stage?.name === 'release') {
    const waiting = parts.filter((part) => part.state === 'waiting' || part.state === 'running');
    unit.checks.require(waiting.length === 0, `nesting: ${stage.name} began, and a part was never cut`);
  }
  // At this moment those that are still open have not been cut yet.
  if (outcome?.exitCode === 0) {
    unit.checks.require(
      unit.children().every((part) => part.ended),
      'nesting: a part was cut, and that is called a success',
    );
  }
}
