// What happens to a simulated gateway while it serves, in any order: deaths, probes, drains, versions taken out, shares
// that move, new configurations, the end of the gateway itself.
import type { Random } from '../../../base/random.ts';
import type { Kernel } from '../kernel.ts';
import { chance, pick, spread } from '../lifecycle/draw.ts';
import type { SimulatedGateway } from './gateway.ts';
import { drawConfig, drawInstances, drawWeights } from './models.ts';

type Happening = (random: Random, gateway: SimulatedGateway) => void;

/** By how often they come. */
const HAPPENINGS: readonly (readonly [number, Happening])[] = [
  [6, die],
  [10, probe],
  [5, drain],
  [2, (random, gateway) => onInstance(random, gateway, (instance) => gateway.feed({ type: 'maintAsked', instance }))],
  [3, (random, gateway) => onInstance(random, gateway, (instance) => gateway.feed({ type: 'returnAsked', instance }))],
  [2, drainVersion],
  [2, (random, gateway) => onPool(random, gateway, (pool) => gateway.feed({ type: 'versionReturnAsked', pool }))],
  [4, moveWeights],
  [4, (random, gateway) => onPool(random, gateway, (pool) => gateway.name(pool, drawInstances(random, pool)))],
  [2, (random, gateway) => gateway.configure(drawConfig(random))],
  [1, (_random, gateway) => gateway.feed({ type: 'closing' })],
  [2, (random, gateway) => gateway.kernel.block(spread(random, 5_000))],
];

export function planHappenings(kernel: Kernel, random: Random, gateway: SimulatedGateway, withinMs: number): void {
  for (let count = random.below(60); count > 0; count--) {
    kernel.after(random.below(withinMs), () => draw(random)(random, gateway));
  }
}

function draw(random: Random): Happening {
  let left = random.below(HAPPENINGS.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, happening] of HAPPENINGS) {
    if (left < weight) return happening;
    left -= weight;
  }
  return probe;
}

function onInstance(random: Random, { state }: SimulatedGateway, then: (id: string) => void): void {
  const ids = [...state.instances.keys()];
  if (ids.length > 0) then(pick(random, ids));
}

function onPool(random: Random, { state }: SimulatedGateway, then: (pool: string) => void): void {
  const pools = [...state.models.values()].flatMap((model) => [...model.pools.values()].map(({ id }) => id));
  if (pools.length > 0) then(pick(random, pools));
}

function die(random: Random, gateway: SimulatedGateway): void {
  onInstance(random, gateway, (id) => {
    gateway.kill(id);
    if (chance(random, 0.7)) gateway.kernel.after(spread(random, 20_000), () => gateway.revive(id));
  });
}

/** Several in a row, so that they mean something. */
function probe(random: Random, gateway: SimulatedGateway): void {
  onInstance(random, gateway, (id) => {
    const verdict = pick(random, ['good', 'bad', 'draining'] as const);
    for (let count = 1 + random.below(4); count > 0; count--) {
      gateway.feed({ type: 'probed', instance: id, verdict: gateway.isDead(id) ? 'bad' : verdict });
    }
  });
}

function drain(random: Random, gateway: SimulatedGateway): void {
  onInstance(random, gateway, (instance) => {
    const budget = chance(random, 0.5)
      ? null
      : { requestsMs: random.below(5_000), streamsMs: random.below(20_000), sessionsMs: random.below(5_000) };
    gateway.feed({ type: 'drainAsked', instance, cause: 'api', budget });
  });
}

function drainVersion(random: Random, gateway: SimulatedGateway): void {
  onPool(random, gateway, (pool) => gateway.feed({ type: 'versionDrainAsked', pool, budget: null }));
}

function moveWeights(random: Random, gateway: SimulatedGateway): void {
  const models = [...gateway.state.models.values()];
  if (models.length === 0) return;
  const { config } = pick(random, models);
  gateway.setWeights(config.name, drawWeights(random, [...config.versions.keys()]));
}
