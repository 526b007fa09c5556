// A gateway's core in a test: configured with few words, fed with events, its effects kept.
import { initialState, step } from '../core.ts';
import { newTicket } from '../core/admission.ts';
import type { GatewayEffect, GatewayEvent } from '../core/events.ts';
import { indexRoutes } from '../core/routes.ts';
import type { CoreConfig, Instance, ModelConfig, RouteConfig, Session, Ticket } from '../core/types.ts';

export function modelConfig(
  parts: Partial<ModelConfig> & { readonly shares?: Record<string, number> } = {},
): ModelConfig {
  const { shares = { v1: 100 }, ...rest } = parts;
  return {
    name: 'churn',
    versions: new Map(Object.keys(shares).map((name) => [name, { name, rewrite: null }])),
    weights: new Map(Object.entries(shares)),
    split: { headers: [], cookies: [], user: null, geo: null },
    sticky: null,
    balance: 'least-in-flight',
    health: {
      probed: false,
      down: 3,
      up: 2,
      connectErrorsMax: 3,
      errorRatioMax: 0.5,
      requestsMin: 10,
      windowMs: 10_000,
      ejectMs: 30_000,
      ejectedRatioMax: 0.5,
    },
    drain: { requestsMs: 60_000, streamsMs: 300_000, sessionsMs: 30_000 },
    concurrency: { max: Infinity, queueLength: 100, queueMs: 5_000, adaptive: false },
    mirror: null,
    fallback: true,
    ...rest,
  };
}

export function routeConfig(parts: Partial<RouteConfig> = {}): RouteConfig {
  return {
    name: 'all',
    hosts: [],
    path: '/',
    exact: false,
    methods: [],
    headers: [],
    model: 'churn',
    version: null,
    ...parts,
  };
}

export function coreConfig(
  models: readonly ModelConfig[],
  routes: readonly RouteConfig[] = [routeConfig()],
): CoreConfig {
  return { models: new Map(models.map((model) => [model.name, model])), routes: indexRoutes(routes) };
}

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;

export class Books {
  readonly state = initialState();
  atMs = 0;

  /** Instances are named `PREFIX1`, `PREFIX2` … by pool: `{ 'churn/v1': ['a1', 'a2'] }`. */
  constructor(models: readonly ModelConfig[], instances: Readonly<Record<string, readonly string[]>>) {
    this.feed({ type: 'configured', config: coreConfig(models) });
    for (const [pool, ids] of Object.entries(instances)) this.name(pool, ids);
  }

  name(pool: string, ids: readonly string[]): readonly GatewayEffect[] {
    const specs = ids.map((id) => ({ id, url: `http://${id}`, weight: 1 }));
    return this.feed({ type: 'instancesNamed', pool, source: 'file', instances: specs });
  }

  feed(event: WithoutTime<GatewayEvent>): readonly GatewayEffect[] {
    return step(this.state, { ...event, atMs: this.atMs }).effects;
  }

  /** Time passes, and the core hears of it. */
  pass(ms: number): readonly GatewayEffect[] {
    this.atMs += ms;
    return this.feed({ type: 'tick' });
  }

  ticket(
    parts: Partial<Pick<Ticket, 'version' | 'pinned' | 'hashKey' | 'drawA' | 'drawB'>> & { session?: Session } = {},
  ): Ticket {
    return newTicket({
      model: 'churn',
      version: 'v1',
      pinned: false,
      session: { kind: 'none' },
      hashKey: '',
      drawA: 0,
      drawB: 0,
      ...parts,
    });
  }

  /** What became of a new request: the id of its instance, `waiting`, or the reason of the refusal. */
  request(parts: Parameters<Books['ticket']>[0] = {}): { readonly ticket: Ticket; readonly at: string } {
    const ticket = this.ticket(parts);
    return { ticket, at: outcomeOf(this.feed({ type: 'arrived', ticket }), ticket) };
  }

  settle(ticket: Ticket, result: 'ok' | 'error' | 'unreachable' | 'silent' | 'cut' = 'ok'): readonly GatewayEffect[] {
    return this.feed({ type: 'settled', ticket, result });
  }

  /** An attempt fails, and the request asks for another one. */
  fail(ticket: Ticket, how: { readonly repeatable: boolean; readonly connected: boolean }): string {
    const instance = ticket.instance!.id;
    this.settle(ticket, how.connected ? 'error' : 'unreachable');
    return outcomeOf(this.feed({ type: 'again', ticket, instance, ...how }), ticket);
  }

  instance(id: string): Instance {
    const found = this.state.instances.get(id);
    if (!found) throw new Error(`no instance ${id}`);
    return found;
  }
}

export function outcomeOf(effects: readonly GatewayEffect[], ticket: Ticket): string {
  for (const effect of effects) {
    if (!('ticket' in effect) || effect.ticket !== ticket) continue;
    if (effect.type === 'send') return effect.instance.id;
    return effect.type === 'wait' ? 'waiting' : effect.reason;
  }
  return 'nothing';
}

/** `a1 ready→draining`, in order. */
export function transitions(effects: readonly GatewayEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === 'state' ? [`${effect.instance.id} ${effect.before}→${effect.after}`] : [],
  );
}
