// One simulated life: a unit with parts, work that comes and goes, and then whatever ends it, once or several times.
import { SeededRandom, type Random } from '../../../base/random.ts';
import { step } from '../../../lifecycle/core.ts';
import type { SignalName } from '../../../lifecycle/core/types.ts';
import { Kernel } from '../kernel.ts';
import { chance, drawUnit, spread } from './behaviour.ts';
import { SimulatedUnit, type StepFunction } from './unit.ts';

export interface LifeResult {
  readonly seed: number;
  readonly events: number;
  readonly violations: readonly string[];
}

/** No ending here takes longer, extensions included. */
const HORIZON_MS = 10 * 60_000;
const DISTURBANCES_MAX = 6;
const SIGNALS: readonly SignalName[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

/** Runs the life of `seed`. The structure, the work and the disturbances have random streams of their own. */
export function simulateLife(seed: number, stepFunction: StepFunction = step): LifeResult {
  const kernel = new Kernel();
  const structure = new SeededRandom(seed * 3 + 1);
  const work = new SeededRandom(seed * 3 + 2);
  const faults = new SeededRandom(seed * 3 + 3);
  const violations: string[] = [];
  try {
    const root = new SimulatedUnit(kernel, work, stepFunction, 'unit', drawUnit(structure, 2), () => {});
    planWork(kernel, work, root);
    planDisturbances(kernel, faults, root);
    const quiet = kernel.run(HORIZON_MS);
    if (!quiet) violations.push('4: something still happens after ten minutes');
    for (const unit of root.all()) {
      unit.checks.atTheEnd(unit.state.ending !== null, unit.state);
      violations.push(...unit.checks.violations);
    }
  } catch (error) {
    violations.push(`the core threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { seed, events: kernel.events, violations };
}

function planWork(kernel: Kernel, random: Random, root: SimulatedUnit): void {
  const units = [...root.all()];
  const offers = random.below(40);
  for (let index = 0; index < offers; index++) {
    const unit = units[random.below(units.length)]!;
    kernel.after(spread(random, 60_000), () => unit.offerWork());
  }
}

function planDisturbances(kernel: Kernel, random: Random, root: SimulatedUnit): void {
  const units = [...root.all()];
  let atMs = spread(random, 20_000);
  kernel.after(atMs, () => disturb(random, root));
  for (let count = random.below(DISTURBANCES_MAX); count > 0; count--) {
    atMs += chance(random, 0.5) ? spread(random, 1_000) : spread(random, 60_000);
    const target = chance(random, 0.8) ? root : units[random.below(units.length)]!;
    kernel.after(atMs, () => disturb(random, target));
  }
}

function disturb(random: Random, unit: SimulatedUnit): void {
  switch (random.below(8)) {
    case 0:
      return unit.feed({
        type: 'stopRequested',
        cause: { kind: 'api' },
        deadlineMs: chance(random, 0.5) ? null : spread(random, 100_000),
        mode: 'suspend',
      });
    case 1:
      return unit.feed({ type: 'notice', deadlineMs: spread(random, 120_000), provider: 'simulated' });
    case 2:
      return unit.feed({ type: 'workEnded', code: chance(random, 0.5) ? 0 : 1 + random.below(255), error: null });
    case 3:
      return unit.feed({ type: 'fatal', error: 'simulated', condition: chance(random, 0.5) ? null : 'fenced' });
    default:
      return unit.feed({ type: 'signal', name: SIGNALS[random.below(SIGNALS.length)]! });
  }
}
