// Options of simulated units, drawn from a seed: platforms, budgets, what may be extended.
import type { Random } from '../../../base/random.ts';
import { platformBudget, type Platform } from '../../../lifecycle/core/budget.ts';
import type { UnitConfig } from '../../../lifecycle/core/types.ts';
import { chance, spread } from './draw.ts';

export function drawConfig(random: Random): UnitConfig {
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

/** A nested unit lives by its parent's budget, and is announced by nobody but its parent. */
export function drawPartConfig(random: Random, parent: UnitConfig): UnitConfig {
  const drainCapMs = chance(random, 0.8) ? parent.drainCapMs : spread(random, 90_000);
  return { ...parent, announce: 'never', drainCapMs, unfinishedWork: chance(random, 0.5) ? 'returned' : 'lost' };
}

function drawPlatform(random: Random): Platform {
  switch (random.below(6)) {
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
