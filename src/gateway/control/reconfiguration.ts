// A configuration comes into force: at the start, and again when the file is read anew. It is taken as a whole or not at
// all. What operators and roll-outs decided holds beside it: the file names what there is, they say what of it is in use.
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { GatewayConfig } from '../config/compile.ts';
import { loadConfig } from '../config/load.ts';
import { poolOf } from '../core/configure.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { GatewayDirector } from './director.ts';
import type { Engine } from './engine.ts';
import type { Probes } from './probes.ts';
import type { Rollouts } from './rollouts.ts';
import type { GatewayStore } from './store.ts';

export interface ReconfigurationParts {
  readonly engine: Engine;
  readonly store: GatewayStore;
  readonly rollouts: Rollouts;
  readonly director: GatewayDirector;
  readonly probes: Probes;
  readonly discovery: Discovery;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly path: string;
}

export class Reconfiguration {
  readonly #parts: ReconfigurationParts;

  constructor(parts: ReconfigurationParts) {
    this.#parts = parts;
  }

  begin(config: GatewayConfig): void {
    this.#apply(config);
    this.#bringIn();
    this.#parts.rollouts.resume();
  }

  /** @throws LastcallError with file and line of what is wrong; nothing has changed then */
  async reload(): Promise<void> {
    const { director, log, path, rollouts, engine } = this.#parts;
    const before = director.config;
    let config: GatewayConfig;
    try {
      config = loadConfig(path, process.cwd());
      requireSameServers(before, config);
    } catch (error) {
      log('reload_refused', { error: messageOf(error) });
      throw error;
    }
    const changed = [...config.core.models.values()].filter(
      ({ name, weights }) => !sameWeights(weights, before.core.models.get(name)?.weights),
    );
    this.#apply(config);
    this.#bringIn();
    rollouts.resume();
    for (const { name, weights } of changed) {
      if (!rollouts.yieldTo(name)) continue;
      engine.feed({ type: 'weightsSet', model: name, weights });
      log('weights', { model: name, weights: Object.fromEntries(weights), by: 'file' });
    }
    log('reloaded', { routes: config.core.routes.all.length, models: config.core.models.size });
  }

  /** In one turn of the event loop: no request sees half of it. */
  #apply(config: GatewayConfig): void {
    const { engine, director, probes, discovery } = this.#parts;
    director.config = config;
    engine.feed({ type: 'configured', config: config.core });
    for (const [pool, { instances }] of config.pools)
      engine.feed({ type: 'instancesNamed', pool, source: 'file', instances });
    probes.refresh();
    discovery.follow(config.pools);
  }

  /** What was added and taken out by hand. An instance that is not there yet is taken out when it comes. */
  #bringIn(): void {
    const { engine, store } = this.#parts;
    for (const { pool, ...spec } of store.added()) {
      if (poolOf(engine.state, pool)) engine.feed({ type: 'instanceAdded', pool, source: 'api', spec });
    }
    for (const pool of store.takenOut('version')) engine.feed({ type: 'versionDrainAsked', pool, budget: null });
    for (const id of store.takenOut('instance')) {
      const instance = engine.state.instances.get(id);
      if (instance && instance.drain === null && instance.state !== 'gone') {
        engine.feed({ type: 'drainAsked', instance: id, cause: 'api', budget: null });
      }
    }
  }
}

/** What it listens on and is called is settled at the start. */
function requireSameServers({ file: before }: GatewayConfig, { file }: GatewayConfig): void {
  for (const field of ['name', 'listen', 'admin', 'redis', 'trustedHops'] as const) {
    if (before[field] === file[field]) continue;
    throw new LastcallError('usage', {
      what: `\`${field}\` cannot change while the gateway runs (it is ${JSON.stringify(before[field])})`,
      on: field,
      todo: 'Change it back, or restart the gateway.',
    });
  }
}

function sameWeights(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number> | undefined): boolean {
  return b !== undefined && a.size === b.size && [...a].every(([version, weight]) => b.get(version) === weight);
}
