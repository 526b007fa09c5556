// One simulated life: a unit with parts, work that comes and goes, and then whatever ends it, once or several times.
import { SeededRandom, type Random } from '../../../base/random.ts';
import { step } from '../../../lifecycle/core.ts';
import { Kernel } from '../kernel.ts';
import { drawTemper, drawUnit } from './behaviour.ts';
import { checkCut } from './cut-check.ts';
import { planDisturbances } from './disturbances.ts';
import { chance, pick, spread } from './draw.ts';
import { SimulatedUnit, type StepFunction } from './unit.ts';

export interface LifeResult {
  readonly seed: number;
  readonly events: number;
  readonly violations: readonly string[];
  /** How each unit of this life ended: outcomes, exit codes, results of stages. */
  readonly seen: readonly string[];
}

/** No ending here takes longer, extensions and blocked loops included. */
const HORIZON_MS = 20 * 60_000;
const TIMER_LATE_MS_MAX = 50;

/** Runs the life of `seed`. The structure, the work and the disturbances have random streams of their own. */
export function simulateLife(seed: number, stepFunction: StepFunction = step): LifeResult {
  const kernel = new Kernel();
  const structure = new SeededRandom(seed * 3 + 1);
  const work = new SeededRandom(seed * 3 + 2);
  const faults = new SeededRandom(seed * 3 + 3);
  const violations: string[] = [];
  const seen: string[] = [];
  const temper = drawTemper(structure);
  const timerLateMsMax = chance(structure, 0.5) ? 0 : TIMER_LATE_MS_MAX;
  const life = { kernel, random: work, step: stepFunction, workLeft: temper.workLeft, timerLateMsMax };
  try {
    const root = new SimulatedUnit(life, 'unit', drawUnit(structure, temper, structure.below(3)), null);
    planWork(kernel, work, root);
    planDisturbances(kernel, faults, temper, root);
    planLooks(kernel, faults, root);
    const quiet = kernel.run(HORIZON_MS);
    if (!quiet) violations.push('4: something still happens after twenty minutes');
    for (const unit of root.all()) {
      unit.checks.atTheEnd(unit.state.ending !== null, unit.state);
      violations.push(...unit.checks.violations);
      seen.push(...seenOf(unit));
    }
  } catch (error) {
    violations.push(`the core threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { seed, events: kernel.events, violations, seen };
}

function planWork(kernel: Kernel, random: Random, root: SimulatedUnit): void {
  const units = [...root.all()];
  const offers = random.below(40);
  for (let index = 0; index < offers; index++) {
    const unit = pick(random, units);
    kernel.after(spread(random, 60_000), () => unit.offerWork());
  }
}

/** The watchdog's report of some moments. */
function planLooks(kernel: Kernel, random: Random, root: SimulatedUnit): void {
  for (let looks = random.below(3); looks > 0; looks--) {
    kernel.after(spread(random, 60_000), () => checkCut(root, kernel.nowMs));
  }
}

function seenOf({ state }: SimulatedUnit): readonly string[] {
  const { outcome, ending } = state;
  if (!outcome || !ending) return ['never ended'];
  const { exitCodeFrom, exitCode } = outcome;
  return [
    `outcome ${outcome.outcome}`,
    `exit code ${exitCodeFrom === 'work' && exitCode !== 0 ? 'of the work' : exitCode}`,
    `cause ${ending.cause.kind}`,
    `killed ${ending.killed}`,
    ...state.stages.map(({ name, result }) => `${name} ${result}`),
    ...(ending.extendedMs > 0 ? ['extended'] : []),
    ...(ending.deadlineIsOutside ? ['noticed'] : []),
    ...(ending.wasReady ? [] : ['never ready']),
    ...(state.hooks.some((hook) => hook.kind === 'child' && hook.state === 'aborted') ? ['part cut'] : []),
  ];
}
