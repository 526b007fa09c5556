// What a simulated unit is made of, drawn from a seed: its options, hooks and how each behaves, nested units.
import type { Random } from '../../../base/random.ts';
import { platformBudget, type Platform } from '../../../lifecycle/core/budget.ts';
import { STAGES, type HookSpec, type StageName, type UnitConfig } from '../../../lifecycle/core/types.ts';

/** How a hook behaves once started. */
export interface HookBehaviour {
  /** Milliseconds until it settles by itself; null = hangs. */
  readonly settleMs: number | null;
  readonly fails: boolean;
  /** Milliseconds after an abort until it settles; null = ignores the abort. */
  readonly afterAbortMs: number | null;
  /** Asks for this much more, every so often, while it runs. */
  readonly extend: { readonly everyMs: number; readonly askMs: number } | null;
}

export interface UnitPlan {
  readonly config: UnitConfig;
  readonly hooks: readonly { readonly spec: HookSpec; readonly behaviour: HookBehaviour }[];
  readonly children: readonly { readonly spec: HookSpec; readonly plan: UnitPlan }[];
  readonly readyAfterMs: number;
  readonly listening: boolean;
}

export function drawUnit(random: Random, depth: number): UnitPlan {
  const hooks = Array.from({ length: random.below(8) }, (_, index) => drawHook(random, index));
  const childCount = depth > 0 ? random.below(3) : 0;
  const children = Array.from({ length: childCount }, (_, index) => ({
    spec: {
      id: `child-${index}`,
      name: `part:${index}`,
      stage: 'drain',
      dependsOn: index > 0 && chance(random, 0.3) ? ['child-0'] : [],
      kind: 'child',
      optional: chance(random, 0.5),
    } as const,
    plan: drawUnit(random, depth - 1),
  }));
  return {
    config: drawConfig(random),
    hooks,
    children,
    readyAfterMs: chance(random, 0.8) ? 0 : random.below(5_000),
    listening: chance(random, 0.4),
  };
}

function drawHook(random: Random, index: number): UnitPlan['hooks'][number] {
  const stage: StageName = STAGES[random.below(STAGES.length)]!;
  const dependsOn = index > 0 && chance(random, 0.3) ? [`hook-${random.below(index)}`] : [];
  return {
    spec: { id: `hook-${index}`, name: `${stage} ${index}`, stage, dependsOn, kind: 'hook', optional: false },
    behaviour: {
      settleMs: chance(random, 0.1) ? null : spread(random, 40_000),
      fails: chance(random, 0.15),
      afterAbortMs: chance(random, 0.3) ? null : spread(random, 2_000),
      extend: chance(random, 0.2) ? { everyMs: 200 + spread(random, 20_000), askMs: spread(random, 60_000) } : null,
    },
  };
}

function drawConfig(random: Random): UnitConfig {
  return {
    graceMs: chance(random, 0.6) ? 75_000 : 100 + spread(random, 120_000),
    graceSource: 'option',
    ...platformBudget(drawPlatform(random)),
    announce: (['auto', 'auto', 'always', 'never'] as const)[random.below(4)]!,
    announceCapMs: 5_000,
    drainCapMs: chance(random, 0.8) ? 60_000 : spread(random, 90_000),
    persistReserveMs: 7_000,
    releaseReserveMs: 3_000,
    extensionMaxMs: {
      announce: 0,
      intake: 0,
      drain: chance(random, 0.3) ? 60_000 : 0,
      persist: 300_000,
      release: 0,
    },
    unfinishedWork: chance(random, 0.5) ? 'returned' : 'lost',
  };
}

function drawPlatform(random: Random): Platform {
  switch (random.below(5)) {
    case 0:
      return {
        kind: 'kubernetes',
        graceMs: chance(random, 0.5) ? null : 1_000 + spread(random, 90_000),
        preStopMs: chance(random, 0.3) ? random.below(20_000) : 0,
      };
    case 1:
      return { kind: 'systemd', graceMs: chance(random, 0.5) ? null : 1_000 + spread(random, 90_000) };
    case 2:
      return { kind: 'container', graceMs: null };
    default:
      return { kind: 'none' };
  }
}

export function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

/** 0 … max, small values often and large ones sometimes. */
export function spread(random: Random, max: number): number {
  return Math.floor(max * random.next() ** 3);
}
