// The edge of a simulated gateway: requests with lives of their own, effects that are carried out at once or a little
// later, a timer as the real one has it.
import type { Random } from '../../../base/random.ts';
import { initialState, nextDueAtMs } from '../../../gateway/core.ts';
import { cohortOf, userHashOf } from '../../../gateway/core/cohort.ts';
import type { GatewayEffect, GatewayEvent, GatewayStep } from '../../../gateway/core/events.ts';
import { planRequest } from '../../../gateway/core/plan.ts';
import type { GatewayState, Instance, InstanceSpec, RequestFacts, Ticket } from '../../../gateway/core/types.ts';
import type { Kernel } from '../kernel.ts';
import { chance, pick, spread } from '../lifecycle/draw.ts';
import type { GatewayChecks } from './checks.ts';
import type { DrawnConfig } from './models.ts';

export type GatewayStepFunction = (state: GatewayState, event: GatewayEvent) => GatewayStep;
type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;

export interface SimulatedParts {
  readonly kernel: Kernel;
  readonly random: Random;
  readonly step: GatewayStepFunction;
  readonly checks: GatewayChecks;
}

/** After a cut the plane ends what is open within this time. */
const CUT_MS_MAX = 500;

export class SimulatedGateway {
  state: GatewayState = initialState();
  config: DrawnConfig | null = null;
  readonly kernel: Kernel;
  readonly #parts: SimulatedParts;
  readonly #dead = new Set<string>();
  readonly #ends = new Map<Ticket, () => void>();
  readonly #cohorts = new Map<string, string>();
  #disarm: (() => void) | null = null;
  #users = 0;

  constructor(parts: SimulatedParts) {
    this.#parts = parts;
    this.kernel = parts.kernel;
  }

  configure(config: DrawnConfig): void {
    this.config = config;
    this.feed({ type: 'configured', config: config.core });
    for (const [pool, instances] of config.instances)
      this.feed({ type: 'instancesNamed', pool, source: 'file', instances });
  }

  name(pool: string, instances: readonly InstanceSpec[]): void {
    this.feed({ type: 'instancesNamed', pool, source: 'file', instances });
  }

  feed(input: WithoutTime<GatewayEvent>): void {
    const { step, checks, kernel } = this.#parts;
    const event = { ...input, atMs: kernel.nowMs };
    const { state, effects } = step(this.state, event);
    this.state = state;
    checks.after(event, state, effects);
    for (const effect of effects) this.#carryOut(effect);
    this.#arm();
  }

  request(): void {
    const { random, checks } = this.#parts;
    const model = pick(random, [
      ...(this.state.models.keys().next().done === true ? ['m0'] : this.state.models.keys()),
    ]);
    const route = this.state.config.routes.all.find((candidate) => candidate.model === model);
    if (!route) return;
    const user = `user-${random.below(20)}`;
    const plan = planRequest(this.state, route, factsOf(random, model, user), this.#cookie(user), {
      version: random.next(),
      a: random.next(),
      b: random.next(),
    });
    if (!plan) return;
    checks.note(`version by ${plan.choice.by}`);
    this.#users += 1;
    this.feed({ type: 'arrived', ticket: plan.ticket });
    if (plan.ticket.state === 'waiting' && chance(random, 0.2)) {
      this.kernel.after(spread(random, 3_000), () => this.feed({ type: 'left', ticket: plan.ticket }));
    }
  }

  /** The process is gone: connections fail, and what was in flight is lost. */
  kill(id: string): void {
    this.#dead.add(id);
    for (const [ticket, end] of this.#ends) if (ticket.instance?.id === id) end();
  }

  revive(id: string): void {
    this.#dead.delete(id);
  }

  isDead(id: string): boolean {
    return this.#dead.has(id);
  }

  /** Whenever weights changed: users of a roll-out that only grows never go back. */
  setWeights(model: string, weights: ReadonlyMap<string, number>): void {
    const before = this.state.models.get(model)?.weights;
    if (!before) return;
    const had = new Map(before);
    this.feed({ type: 'weightsSet', model, weights });
    const now = this.state.models.get(model)!.weights;
    for (let user = 0; user < 30; user++) this.#checkCohort(userHashOf(model, `user-${user}`), had, now);
  }

  atTheEnd(): void {
    const { checks } = this.#parts;
    checks.require(checks.openTickets === 0, `2: ${checks.openTickets} requests never ended`);
    for (const instance of this.state.instances.values()) {
      const { drain } = instance;
      const isOver = drain === null || drain.cause === 'health';
      checks.require(isOver, `4: ${instance.id} still drains at the end`);
      const { probed } = this.state.models.get(instance.pool.model)!.config.health;
      const stuck = !probed && instance.state !== 'ready' && instance.state !== 'gone';
      checks.require(!stuck, `liveness: ${instance.id} is ${instance.state} for ever`);
    }
    if (this.#users > 0) checks.note('traffic');
  }

  #checkCohort(hash: number, had: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): void {
    const from = cohortOf(hash, had);
    const to = cohortOf(hash, now);
    if (from === to || from === null || to === null) return;
    const gained = (now.get(to) ?? 0) * (had.get(from) ?? 0) > (had.get(to) ?? 0) * (now.get(from) ?? 0);
    this.#parts.checks.require(gained, `cohorts: a user went from ${from} to ${to}, which gained nothing against it`);
  }

  #cookie(user: string): { instance: string; cohort: number } | null {
    const instance = this.#cohorts.get(user);
    return instance === undefined ? null : { instance, cohort: userHashOf('cookie', user) };
  }

  #carryOut(effect: GatewayEffect): void {
    const { random, kernel } = this.#parts;
    if (effect.type === 'send') return this.#attempt(effect.ticket, effect.instance);
    if (effect.type !== 'cut') return;
    for (const [ticket] of this.#ends) {
      if (ticket.instance !== effect.instance || ticket.stream !== (effect.what === 'streams')) continue;
      kernel.after(random.below(CUT_MS_MAX), () => this.#end(ticket, 'cut'));
    }
  }

  #attempt(ticket: Ticket, instance: Instance): void {
    const { random, kernel, checks } = this.#parts;
    this.#cohorts.set(`user-${random.below(20)}`, instance.id);
    const fail = (connected: boolean) => () => {
      if (ticket.state !== 'sent' || ticket.instance !== instance) return;
      this.#ends.delete(ticket);
      this.feed({ type: 'settled', ticket, result: connected ? 'error' : 'unreachable' });
      if (chance(random, 0.9))
        this.feed({ type: 'again', ticket, instance: instance.id, repeatable: chance(random, 0.7), connected });
    };
    if (this.#dead.has(instance.id)) return void kernel.after(random.below(20), fail(false));
    if (chance(random, 0.05)) return void kernel.after(spread(random, 2_000), fail(true));
    const lost = () => (chance(random, 0.5) ? fail(true)() : this.#end(ticket, 'error'));
    this.#ends.set(ticket, lost);
    const isStream = chance(random, 0.2);
    kernel.after(random.below(50), () => {
      if (ticket.state !== 'sent' || ticket.instance !== instance) return;
      checks.answered(ticket);
      this.#ends.set(ticket, () => this.#end(ticket, 'error'));
      if (isStream) this.feed({ type: 'streaming', ticket });
      const takes = isStream ? spread(random, 120_000) : spread(random, 15_000);
      const result = pick(random, ['ok', 'ok', 'ok', 'error', 'silent'] as const);
      kernel.after(takes, () => this.#end(ticket, result));
    });
  }

  #end(ticket: Ticket, result: 'ok' | 'error' | 'silent' | 'cut'): void {
    if (ticket.state !== 'sent' || !this.#ends.delete(ticket)) return;
    this.feed({ type: 'settled', ticket, result });
  }

  #arm(): void {
    const { kernel, random } = this.#parts;
    this.#disarm?.();
    const atMs = nextDueAtMs(this.state, kernel.nowMs);
    this.#disarm =
      atMs === Infinity ? null : kernel.after(atMs - kernel.nowMs, () => this.feed({ type: 'tick' }), random.below(20));
  }
}

function factsOf(random: Random, model: string, user: string): RequestFacts {
  const headers: Record<string, string> = {};
  if (chance(random, 0.7)) headers['x-user'] = user;
  if (chance(random, 0.5)) headers['x-session'] = user;
  if (chance(random, 0.5)) headers['cookie'] = `sid=${user}`;
  if (chance(random, 0.1)) headers['x-version'] = pick(random, ['v1', 'v2', 'v3', 'v9']);
  return { method: 'GET', host: 'h', path: `/${model}`, headers, ip: `10.0.0.${random.below(20)}` };
}
