// What happens to a unit from outside, once or several times, in any order: whatever ends it, shortens or hurries the
// ending, and what a program still does meanwhile.
import type { Random } from '../../../base/random.ts';
import type { Condition, SignalName } from '../../../lifecycle/core/types.ts';
import type { Kernel } from '../kernel.ts';
import { drawHook, drawUnit, type Temper } from './behaviour.ts';
import { chance, pick, spread } from './draw.ts';
import type { SimulatedUnit } from './unit.ts';

const DISTURBANCES_MAX = 6;
const SIGNALS: readonly SignalName[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];
/** A missing dependency is told only by its exit code if nothing else went wrong, so it comes more often. */
const FATAL: readonly (Condition | null)[] = [
  null,
  null,
  ...(['dependency', 'dependency', 'dependency'] as const),
  ...(['fenced', 'refused', 'internal', 'persist_failed'] as const),
];

type Disturbance = (random: Random, unit: SimulatedUnit, kernel: Kernel, temper: Temper) => void;

/** By how often they come. */
const DISTURBANCES: readonly (readonly [number, Disturbance])[] = [
  [9, (random, unit) => void unit.feed({ type: 'signal', name: pick(random, SIGNALS) })],
  [3, stop],
  [3, notice],
  [
    2,
    (random, unit) =>
      void unit.feed({ type: 'workEnded', code: chance(random, 0.5) ? 0 : 1 + random.below(255), error: null }),
  ],
  [3, fail],
  [1, (random, _unit, kernel) => kernel.block(spread(random, 60_000))],
  [2, (random, unit, _kernel, temper) => unit.addHook(drawHook(random, temper, unit.hooks.length))],
  [1, checkpoint],
  [2, stopPart],
  [2, failPart],
  [2, beginPartAgain],
];

/** The first comes to the whole unit; how many follow is a matter of temper. */
export function planDisturbances(kernel: Kernel, random: Random, temper: Temper, root: SimulatedUnit): void {
  let atMs = spread(random, 20_000);
  kernel.after(atMs, () => draw(random)(random, root, kernel, temper));
  // Something ends every life.
  kernel.after(60_000, () => void root.feed({ type: 'signal', name: 'SIGTERM' }));
  if (!chance(random, temper.disturbed)) return;
  const units = [...root.all()];
  for (let count = random.below(DISTURBANCES_MAX); count > 0; count--) {
    atMs += chance(random, 0.5) ? spread(random, 1_000) : spread(random, 60_000);
    const target = chance(random, 0.8) ? root : pick(random, units);
    kernel.after(atMs, () => draw(random)(random, target, kernel, temper));
  }
}

function draw(random: Random): Disturbance {
  let left = random.below(DISTURBANCES.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, disturbance] of DISTURBANCES) {
    if (left < weight) return disturbance;
    left -= weight;
  }
  return stop;
}

function stop(random: Random, unit: SimulatedUnit): void {
  const deadlineMs = chance(random, 0.5) ? null : spread(random, 100_000);
  const mode = chance(random, 0.4) ? 'drain' : 'suspend';
  unit.feed({ type: 'stopRequested', cause: { kind: 'api' }, deadlineMs, mode });
}

function notice(random: Random, unit: SimulatedUnit): void {
  unit.feed({ type: 'notice', deadlineMs: spread(random, 120_000), provider: 'simulated' });
}

function checkpoint(random: Random, unit: SimulatedUnit): void {
  unit.feed({
    type: 'checkpointed',
    checkpoint: { id: 'ckpt', verified: true, stepsBack: random.below(3), position: {} },
  });
}

function stopPart(random: Random, unit: SimulatedUnit): void {
  const parts = unit.children();
  if (parts.length > 0) stop(random, pick(random, parts));
}

function fail(random: Random, unit: SimulatedUnit): void {
  unit.feed({ type: 'fatal', error: 'simulated', condition: pick(random, FATAL) });
}

function failPart(random: Random, unit: SimulatedUnit): void {
  const parts = unit.children();
  if (parts.length > 0) fail(random, pick(random, parts));
}

function beginPartAgain(random: Random, unit: SimulatedUnit, _kernel: Kernel, temper: Temper): void {
  const part = unit.children().find((child) => child.ended);
  if (part) unit.beginAgain(part.parent!.hook, { ...drawUnit(random, temper, 0), config: part.state.config });
}
