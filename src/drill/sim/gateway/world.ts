// One simulated life of a gateway's core: models and instances drawn from a seed, requests that come and end, and
// meanwhile instances that die, drains, roll-outs, new configurations, and time that passes in jumps.
import { SeededRandom, type Random } from '../../../base/random.ts';
import { step } from '../../../gateway/core.ts';
import { Kernel } from '../kernel.ts';
import { chance, spread } from '../lifecycle/draw.ts';
import { GatewayChecks } from './checks.ts';
import { planHappenings } from './happenings.ts';
import { drawConfig } from './models.ts';
import { SimulatedGateway, type GatewayStepFunction } from './gateway.ts';

export interface GatewayLife {
  readonly seed: number;
  readonly events: number;
  readonly violations: readonly string[];
  readonly seen: readonly string[];
}

const LOAD_MS = 60_000;
/** Drains, queues and streams are over by then. */
const HORIZON_MS = 20 * 60_000;

export function simulateGateway(seed: number, stepFunction: GatewayStepFunction = step): GatewayLife {
  const kernel = new Kernel();
  const structure = new SeededRandom(seed * 3 + 1);
  const traffic = new SeededRandom(seed * 3 + 2);
  const faults = new SeededRandom(seed * 3 + 3);
  const checks = new GatewayChecks();
  const gateway = new SimulatedGateway({ kernel, random: traffic, step: stepFunction, checks });
  try {
    gateway.configure(drawConfig(structure));
    planRequests(kernel, traffic, gateway);
    planHappenings(kernel, faults, gateway, LOAD_MS);
    const quiet = kernel.run(HORIZON_MS);
    if (!quiet) checks.violations.push('4: something still happens after twenty minutes');
    gateway.atTheEnd();
  } catch (error) {
    checks.violations.push(`the core threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { seed, events: kernel.events, violations: checks.violations, seen: checks.seen };
}

function planRequests(kernel: Kernel, random: Random, gateway: SimulatedGateway): void {
  const count = 20 + random.below(200);
  const burst = chance(random, 0.3);
  for (let index = 0; index < count; index++) {
    const atMs = burst ? spread(random, LOAD_MS) : random.below(LOAD_MS);
    kernel.after(atMs, () => gateway.request());
  }
}
