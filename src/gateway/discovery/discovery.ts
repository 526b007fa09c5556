// Instances that other systems name: each pool that asks for it is followed by a source. What a source says last holds
// while it cannot be asked: a name server that is away takes nobody out (invariant 9).
import { messageOf } from '../../base/errors.ts';
import type { PoolRules } from '../config/compile.ts';
import type { InstanceSource } from '../core/types.ts';
import type { Engine } from '../control/engine.ts';
import { followConsul } from './consul.ts';
import { followDns } from './dns.ts';
import { followKubernetes } from './kubernetes.ts';

export interface FoundInstance {
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  /** `https` if the source says so. */
  readonly scheme: 'http' | 'https';
}

/** What a source is given to tell. */
export interface Listener {
  found(instances: readonly FoundInstance[]): void;
  /** It could not be asked; it is asked again. */
  failed(error: unknown): void;
}

/** Follows until it is stopped. */
export type Follow<Rules> = (rules: Rules, everyMs: number, listener: Listener) => () => void;

export interface DiscoveryParts {
  readonly engine: Engine;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** More than this of one source is taken for a mistake. */
const INSTANCES_MAX = 1_000;

export class Discovery {
  readonly #parts: DiscoveryParts;
  /** By pool and source, with what it was told to follow. */
  readonly #followed = new Map<
    string,
    { readonly rules: string; readonly pool: string; readonly source: InstanceSource; readonly stop: () => void }
  >();

  constructor(parts: DiscoveryParts) {
    this.#parts = parts;
  }

  /** What is to be followed from now on. */
  follow(pools: ReadonlyMap<string, PoolRules>): void {
    const wanted = new Set<string>();
    for (const [pool, { discover }] of pools) {
      if (!discover) continue;
      const { dns, consul, kubernetes, every } = discover;
      if (dns) wanted.add(this.#start(pool, 'dns', dns, every, followDns));
      if (consul) wanted.add(this.#start(pool, 'consul', consul, every, followConsul));
      if (kubernetes) wanted.add(this.#start(pool, 'kubernetes', kubernetes, every, followKubernetes));
    }
    for (const [key, { stop, pool, source }] of this.#followed) {
      if (wanted.has(key)) continue;
      stop();
      this.#followed.delete(key);
      this.#parts.engine.feed({ type: 'instancesNamed', pool, source, instances: [] });
    }
  }

  stop(): void {
    for (const { stop } of this.#followed.values()) stop();
    this.#followed.clear();
  }

  #start<Rules>(pool: string, source: InstanceSource, rules: Rules, everyMs: number, follow: Follow<Rules>): string {
    const key = `${pool} ${source}`;
    const text = JSON.stringify({ rules, everyMs });
    const known = this.#followed.get(key);
    if (known?.rules === text) return key;
    known?.stop();
    const { engine, log } = this.#parts;
    let silent = false;
    const listener: Listener = {
      found: (instances) => {
        silent = false;
        const specs = instances.slice(0, INSTANCES_MAX).map(({ host, port, weight, scheme }) => {
          const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
          return { id: `${pool}/${authority}`, url: `${scheme}://${authority}`, weight };
        });
        engine.feed({ type: 'instancesNamed', pool, source, instances: specs });
      },
      failed: (error) => {
        if (!silent) log('discovery_failed', { pool, source, error: messageOf(error) });
        silent = true;
      },
    };
    this.#followed.set(key, { rules: text, pool, source, stop: follow(rules, everyMs, listener) });
    return key;
  }
}
