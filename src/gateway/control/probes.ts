// Active probes: each instance of a probed model is asked for its health path, again and again. 2xx and 3xx are good, 503
// says that it wants to end, everything else and silence is bad.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Random } from '../../base/random.ts';
import type { ProbeRules } from '../config/compile.ts';
import type { Instance } from '../core/types.ts';
import type { Engine } from './engine.ts';

/** So that a thousand instances are not asked at the same moment. */
const JITTER = 0.2;

export class Probes {
  readonly #engine: Engine;
  readonly #rulesOf: (model: string) => ProbeRules | undefined;
  readonly #random: Random;
  readonly #timers = new Map<Instance, NodeJS.Timeout>();
  #stopped = false;

  /** @param rulesOf as the configuration has them at present */
  constructor(engine: Engine, rulesOf: (model: string) => ProbeRules | undefined, random: Random) {
    this.#engine = engine;
    this.#rulesOf = rulesOf;
    this.#random = random;
    engine.onJoin((instance) => this.#plan(instance, 0));
  }

  /** After a change of the configuration: models that are probed now and were not before. */
  refresh(): void {
    for (const instance of this.#engine.state.instances.values()) {
      if (!this.#timers.has(instance) && instance.state !== 'gone') this.#plan(instance, 0);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #plan(instance: Instance, delayMs: number): void {
    clearTimeout(this.#timers.get(instance));
    this.#timers.delete(instance);
    const rules = this.#rulesOf(instance.pool.model);
    const known = this.#engine.state.instances.get(instance.id) === instance && instance.state !== 'gone';
    if (this.#stopped || !rules || rules.path === null || !known) return;
    const timer = setTimeout(() => void this.#probe(instance, rules, rules.path!), delayMs);
    this.#timers.set(instance, timer.unref());
  }

  async #probe(instance: Instance, rules: ProbeRules, path: string): Promise<void> {
    const status = await probe(instance.url, path, rules.timeoutMs);
    if (this.#stopped) return;
    const verdict = status === 503 ? 'draining' : status !== null && status >= 200 && status < 400 ? 'good' : 'bad';
    this.#engine.feed({ type: 'probed', instance: instance.id, verdict });
    const { everyMs } = rules;
    // One that joins is asked quickly, so that it is of use soon.
    const soon = instance.state === 'joining' ? Math.min(everyMs, 250) : everyMs;
    this.#plan(instance, soon * (1 - JITTER / 2 + JITTER * this.#random.next()));
  }
}

/** The status, or null for silence, a failed connection, or what is not HTTP. */
export function probe(origin: string, path: string, timeoutMs: number): Promise<number | null> {
  return new Promise((resolve) => {
    const url = origin.startsWith('unix:') ? new URL('http://localhost') : new URL(origin);
    const answered = (response: IncomingMessage) => {
      resolve(response.statusCode ?? null);
      // The status is all that is wanted, and a body may be endless.
      response.destroy();
    };
    const options = {
      method: 'GET',
      path,
      agent: false as const,
      headers: { 'user-agent': 'lastcall-probe', connection: 'close' },
      ...(origin.startsWith('unix:') ? { socketPath: origin.slice('unix:'.length) } : {}),
    };
    const request =
      url.protocol === 'https:' ? httpsRequest(url, options, answered) : httpRequest(url, options, answered);
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), timeoutMs);
    request.once('error', () => resolve(null));
    request.once('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
    request.end();
  });
}
