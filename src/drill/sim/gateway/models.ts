// What a simulated gateway is configured with: a few models, versions and instances, rules in all combinations.
import type { Random } from '../../../base/random.ts';
import { indexRoutes } from '../../../gateway/core/routes.ts';
import type { CoreConfig, InstanceSpec, ModelConfig, RouteConfig, StickyRule } from '../../../gateway/core/types.ts';
import { chance, pick } from '../lifecycle/draw.ts';

export interface DrawnConfig {
  readonly core: CoreConfig;
  /** By `MODEL/VERSION`. */
  readonly instances: ReadonlyMap<string, readonly InstanceSpec[]>;
}

const STICKY: readonly (StickyRule | null)[] = [
  null,
  null,
  { by: 'cookie', name: 'lastcall' },
  { by: 'app-cookie', name: 'sid' },
  { by: 'header', name: 'x-session' },
  { by: 'ip' },
];

export function drawConfig(random: Random): DrawnConfig {
  const models = new Map<string, ModelConfig>();
  const instances = new Map<string, InstanceSpec[]>();
  const routes: RouteConfig[] = [];
  for (let index = 0; index <= random.below(2); index++) {
    const model = drawModel(random, `m${index}`);
    models.set(model.name, model);
    routes.push(routeTo(model.name));
    for (const version of model.versions.keys())
      instances.set(`${model.name}/${version}`, drawInstances(random, `${model.name}/${version}`));
  }
  return { core: { models, routes: indexRoutes(routes) }, instances };
}

function drawModel(random: Random, name: string): ModelConfig {
  const names = ['v1', 'v2', 'v3'].slice(0, 1 + random.below(3));
  return {
    name,
    versions: new Map(names.map((version) => [version, { name: version, rewrite: null }])),
    weights: drawWeights(random, names),
    split: {
      headers: [{ name: 'x-version', fits: null, version: null }],
      cookies: [],
      user: chance(random, 0.5) ? { from: 'header', name: 'x-user' } : null,
      geo: null,
    },
    sticky: pick(random, STICKY),
    balance: pick(random, ['least-in-flight', 'round-robin', 'ring-hash'] as const),
    health: {
      probed: chance(random, 0.5),
      down: 1 + random.below(3),
      up: 1 + random.below(3),
      connectErrorsMax: 1 + random.below(4),
      errorRatioMax: 0.5,
      requestsMin: 3 + random.below(10),
      windowMs: 10_000,
      ejectMs: 1_000 + random.below(20_000),
      ejectedRatioMax: pick(random, [0, 0.5, 1]),
    },
    drain: {
      requestsMs: random.below(10_000),
      streamsMs: random.below(60_000),
      sessionsMs: random.below(5_000),
    },
    concurrency: {
      max: pick(random, [1, 2, 5, Infinity]),
      queueLength: random.below(20),
      queueMs: random.below(5_000),
      adaptive: chance(random, 0.3),
    },
    mirror: null,
    fallback: chance(random, 0.7),
  };
}

/** In whole per cents. */
export function drawWeights(random: Random, names: readonly string[]): Map<string, number> {
  const weights = new Map<string, number>();
  let left = 100;
  for (const [index, name] of names.entries()) {
    const weight = index === names.length - 1 ? left : random.below(left + 1);
    weights.set(name, weight);
    left -= weight;
  }
  return weights;
}

export function drawInstances(random: Random, pool: string): InstanceSpec[] {
  return Array.from({ length: random.below(4) }, () => random.below(6))
    .filter((number, index, all) => all.indexOf(number) === index)
    .map((number) => ({ id: `${pool}/${number}`, url: `http://${pool}/${number}`, weight: 1 + random.below(3) }));
}

function routeTo(model: string): RouteConfig {
  return { name: model, hosts: [], path: `/${model}`, exact: false, methods: [], headers: [], model, version: null };
}
