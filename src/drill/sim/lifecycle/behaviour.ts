// What a simulated unit is made of, drawn from a seed: its options, hooks and how each behaves, nested units. Each life
// has a temper, so that endings which go well are as frequent as those in which everything breaks.
import type { Random } from '../../../base/random.ts';
import { STAGES, type HookSpec, type ReleaseRecord, type UnitConfig } from '../../../lifecycle/core/types.ts';
import { drawConfig, drawPartConfig } from './config.ts';
import { chance, pick, spread } from './draw.ts';

/** How likely things go wrong, and how long they take. */
export interface Temper {
  readonly hang: number;
  readonly fail: number;
  readonly unproven: number;
  /** Work that is never settled, or not well. */
  readonly workLeft: number;
  /** How often several things happen to the unit while it ends. */
  readonly disturbed: number;
  readonly settleMsMax: number;
}

const TEMPERS: readonly Temper[] = [
  { hang: 0, fail: 0, unproven: 0, workLeft: 0, disturbed: 0.1, settleMsMax: 1_000 },
  { hang: 0, fail: 0.05, unproven: 0.3, workLeft: 0.05, disturbed: 0.3, settleMsMax: 4_000 },
  { hang: 0.03, fail: 0.1, unproven: 0.1, workLeft: 0.2, disturbed: 0.5, settleMsMax: 15_000 },
  { hang: 0.1, fail: 0.15, unproven: 0.1, workLeft: 0.5, disturbed: 0.9, settleMsMax: 40_000 },
];

export function drawTemper(random: Random): Temper {
  return pick(random, TEMPERS);
}

/** How a hook behaves once started. */
export interface HookBehaviour {
  /** Milliseconds until it settles by itself; null = hangs. */
  readonly settleMs: number | null;
  readonly fails: boolean;
  /** Milliseconds after an abort until it settles; null = ignores the abort. */
  readonly afterAbortMs: number | null;
  /** Asks for this much more, every so often, while it runs. */
  readonly extend: { readonly everyMs: number; readonly askMs: number } | null;
  /** Blocks the event loop for so long when it starts; 0 = not. */
  readonly blockMs: number;
  /** What it tells when it settles. */
  readonly released: ReleaseRecord | null;
}

export interface HookPlan {
  readonly spec: HookSpec;
  readonly behaviour: HookBehaviour;
}

export interface UnitPlan {
  readonly config: UnitConfig;
  readonly hooks: readonly HookPlan[];
  readonly children: readonly { readonly spec: HookSpec; readonly plan: UnitPlan }[];
  readonly readyAfterMs: number;
  readonly listening: boolean;
}

export function drawUnit(random: Random, temper: Temper, depth: number): UnitPlan {
  return drawInside(random, temper, depth, drawConfig(random));
}

function drawInside(random: Random, temper: Temper, depth: number, config: UnitConfig): UnitPlan {
  const hooks = Array.from({ length: random.below(8) }, (_, index) => drawHook(random, temper, index));
  const childCount = depth > 0 ? random.below(3) : 0;
  const children = Array.from({ length: childCount }, (_, index) => ({
    spec: drawPart(random, index),
    plan: drawInside(random, temper, depth - 1, drawPartConfig(random, config)),
  }));
  const readyAfterMs = chance(random, 0.8) ? 0 : random.below(5_000);
  return { config, hooks, children, readyAfterMs, listening: chance(random, 0.4) };
}

function drawPart(random: Random, index: number): HookSpec {
  return {
    id: `child-${index}`,
    name: `part:${index}`,
    stage: 'drain',
    dependsOn: index > 0 && chance(random, 0.3) ? ['child-0'] : [],
    kind: 'child',
    optional: chance(random, 0.5),
  };
}

/** @param index of those of the unit so far */
export function drawHook(random: Random, temper: Temper, index: number): HookPlan {
  const stage = pick(random, STAGES);
  const dependsOn = index > 0 && chance(random, 0.3) ? [`hook-${random.below(index)}`] : [];
  const finishes = stage === 'announce' && chance(random, 0.5);
  return {
    spec: { id: `hook-${index}`, name: `${stage} ${index}`, stage, dependsOn, kind: 'hook', optional: false, finishes },
    behaviour: {
      settleMs: chance(random, temper.hang) ? null : spread(random, temper.settleMsMax),
      fails: chance(random, temper.fail),
      afterAbortMs: chance(random, 0.3) ? null : spread(random, 2_000),
      extend: chance(random, 0.2) ? { everyMs: 200 + spread(random, 20_000), askMs: drawAskMs(random) } : null,
      blockMs: chance(random, temper.hang / 2) ? spread(random, 100_000) : 0,
      released: stage === 'release' && chance(random, temper.unproven) ? drawReleased(random) : null,
    },
  };
}

function drawAskMs(random: Random): number {
  return chance(random, 0.1) ? pick(random, [Number.NaN, Infinity, -1]) : spread(random, 60_000);
}

function drawReleased(random: Random): ReleaseRecord {
  const proven = pick(random, [true, false, 'swept'] as const);
  return { proven, processes: { ended: random.below(5), survivors: [] }, gpus: [], ports: [], quarantined: [] };
}
