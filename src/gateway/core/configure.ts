// A new configuration, taken as a whole: models and versions come and go, instances join or are drained, and what goes on
// in those that stay is not touched.
import type { GatewayEffect } from './events.ts';
import { addInstance, become, beginDrain, modelOf, removeInstance } from './instances.ts';
import type {
  CoreConfig,
  DrainRules,
  GatewayState,
  Instance,
  InstanceSource,
  InstanceSpec,
  ModelConfig,
  ModelState,
  Pool,
} from './types.ts';

export function configure(state: GatewayState, config: CoreConfig, atMs: number, effects: GatewayEffect[]): void {
  state.config = config;
  for (const model of config.models.values()) takeModel(state, model, atMs, effects);
  for (const model of state.models.values()) {
    const wanted = config.models.get(model.config.name);
    for (const pool of model.pools.values()) {
      if (wanted?.versions.has(pool.version)) continue;
      pool.draining = 'left';
      for (const instance of pool.instances.values()) letGo(state, instance, atMs, effects);
    }
    setEffectiveWeights(model);
  }
  forgetEmpty(state);
}

function takeModel(state: GatewayState, config: ModelConfig, atMs: number, effects: GatewayEffect[]): void {
  let model = state.models.get(config.name);
  if (!model) {
    model = { config, pools: new Map(), shares: config.weights, weights: config.weights, sessions: new Map() };
    state.models.set(config.name, model);
  }
  model.config = config;
  model.shares = config.weights;
  for (const version of config.versions.keys()) {
    const pool = model.pools.get(version);
    if (!pool) model.pools.set(version, newPool(config.name, version));
    else if (pool.draining === 'left') pool.draining = 'no';
  }
  for (const pool of model.pools.values()) {
    for (const instance of pool.instances.values()) {
      const { max, adaptive } = config.concurrency;
      instance.limit = adaptive ? Math.min(instance.limit, max) : max;
      if (!config.health.probed) endWaitForProbes(instance, atMs, effects);
    }
  }
}

/** Without probes nobody would ever say that it is well. */
function endWaitForProbes(instance: Instance, atMs: number, effects: GatewayEffect[]): void {
  const waits =
    instance.state === 'joining' ||
    (instance.state === 'ejected' && instance.ejectedUntilMs === Infinity) ||
    (instance.state === 'draining' && instance.drain!.cause === 'health');
  if (waits) become(instance, 'ready', 'it is not probed any more', atMs, effects);
}

function newPool(model: string, version: string): Pool {
  return {
    id: `${model}/${version}`,
    model,
    version,
    instances: new Map(),
    ready: [],
    waiting: [],
    next: 0,
    ring: null,
    draining: 'no',
    drainBudget: null,
  };
}

/** Versions that are being taken out have no weight, so that their users are shared out as if they had never been. */
export function setEffectiveWeights(model: ModelState): void {
  const effective = new Map<string, number>();
  for (const [version, weight] of model.shares) {
    const pool = model.pools.get(version);
    effective.set(version, pool && pool.draining === 'no' ? weight : 0);
  }
  model.weights = effective;
}

export function poolOf(state: GatewayState, id: string): Pool | undefined {
  const slash = id.lastIndexOf('/');
  return state.models.get(id.slice(0, slash))?.pools.get(id.slice(slash + 1));
}

/** What `source` names of a pool from now on: new ones join, others of this source are drained. */
export function nameInstances(
  state: GatewayState,
  pool: Pool,
  source: InstanceSource,
  specs: readonly InstanceSpec[],
  atMs: number,
  effects: GatewayEffect[],
): void {
  const wanted = new Map(specs.map((spec) => [spec.id, spec]));
  for (const instance of pool.instances.values()) {
    if (instance.source === source && !wanted.has(instance.id)) letGo(state, instance, atMs, effects);
  }
  for (const spec of specs) nameInstance(state, pool, source, spec, atMs, effects);
  forgetEmpty(state);
}

/** Nobody names it any more. */
function letGo(state: GatewayState, instance: Instance, atMs: number, effects: GatewayEffect[]): void {
  if (instance.state === 'gone') removeInstance(state, instance);
  else beginDrain(state, instance, 'config', null, atMs, effects);
}

export function nameInstance(
  state: GatewayState,
  pool: Pool,
  source: InstanceSource,
  spec: InstanceSpec,
  atMs: number,
  effects: GatewayEffect[],
): void {
  const known = pool.instances.get(spec.id);
  if (!known) {
    // Ids are unique in the gateway; the configuration was checked for it, other sources were not.
    if (!state.instances.has(spec.id)) addInstance(state, pool, spec, source, atMs, effects);
    return;
  }
  known.weight = spec.weight;
  pool.ring = null;
  // Named again while it was on its way out because nobody named it: it is back.
  if (known.state === 'draining' && known.drain!.cause === 'config') {
    known.source = source;
    comeBack(state, known, atMs, effects);
  }
}

/** Takes a drain back. With probes it has to show that it works. */
export function comeBack(state: GatewayState, instance: Instance, atMs: number, effects: GatewayEffect[]): void {
  if (instance.state !== 'draining' && instance.state !== 'gone') return;
  if (instance.state === 'gone') effects.push({ type: 'join', instance });
  const { probed } = modelOf(state, instance.pool).config.health;
  become(instance, probed ? 'joining' : 'ready', 'its drain was taken back', atMs, effects);
}

/** Requests that wait are served first: then the instances of the version drain (invariant 2). */
export function drainVersion(
  state: GatewayState,
  pool: Pool,
  budget: DrainRules | null,
  atMs: number,
  effects: GatewayEffect[],
): void {
  if (pool.draining === 'no') pool.draining = 'asked';
  pool.drainBudget = budget;
  setEffectiveWeights(modelOf(state, pool));
  drainMembersIfQuiet(state, pool, atMs, effects);
}

export function drainMembersIfQuiet(state: GatewayState, pool: Pool, atMs: number, effects: GatewayEffect[]): void {
  if (pool.draining !== 'asked' || pool.waiting.length > 0) return;
  for (const instance of pool.instances.values()) {
    if (instance.drain === null) beginDrain(state, instance, 'version', pool.drainBudget, atMs, effects);
  }
}

/** Pools and models that are no more configured, and empty. */
export function forgetEmpty(state: GatewayState): void {
  for (const [name, model] of state.models) {
    for (const [version, pool] of model.pools) {
      if (pool.draining === 'left' && pool.instances.size === 0 && pool.waiting.length === 0)
        model.pools.delete(version);
    }
    if (!state.config.models.has(name) && model.pools.size === 0) state.models.delete(name);
  }
}
