// What must hold of a gateway at every step, whatever happens to it. It looks from outside, at events and effects, and
// keeps accounts of its own: who has which request, who drains since when, which version each user had.
import type { GatewayEffect, GatewayEvent } from '../../../gateway/core/events.ts';
import type { GatewayState, Instance, InstanceState, Ticket } from '../../../gateway/core/types.ts';

/** Blocked loops, attempts that fail late, and the time a plane takes to end what is cut. */
const LATE_MS_MAX = 10_000;

export class GatewayChecks {
  readonly violations: string[] = [];
  readonly #seen = new Set<string>();
  readonly #at = new Map<Ticket, Instance>();
  readonly #waiting = new Map<Ticket, number>();
  readonly #answered = new Set<Ticket>();
  readonly #drains = new Map<Instance, { readonly requestsUntilMs: number; readonly streamsUntilMs: number }>();
  readonly #states = new Map<Instance, InstanceState>();
  #arrived = 0;

  get seen(): readonly string[] {
    return [...this.#seen];
  }

  /** Called after each step. */
  after(event: GatewayEvent, state: GatewayState, effects: readonly GatewayEffect[]): void {
    this.#before(event);
    for (const effect of effects) this.#effect(effect, state, event.atMs);
    this.#accounts(state);
    this.#instances(state, event.atMs);
  }

  /** The first byte of an answer was passed on: whatever happens now, nobody else may get the request. */
  answered(ticket: Ticket): void {
    this.#answered.add(ticket);
  }

  require(condition: boolean, what: string): void {
    if (!condition && this.violations.length < 20) this.violations.push(what);
  }

  note(what: string): void {
    this.#seen.add(what);
  }

  get openTickets(): number {
    return this.#at.size + this.#waiting.size;
  }

  #before(event: GatewayEvent): void {
    if (event.type === 'arrived') this.#arrived += 1;
    if (event.type === 'left') this.#waiting.delete(event.ticket);
    if (event.type === 'again')
      this.require(!this.#answered.has(event.ticket), 'retries: the simulation itself is wrong');
    if (event.type === 'settled') this.#at.delete(event.ticket);
  }

  #effect(effect: GatewayEffect, state: GatewayState, atMs: number): void {
    switch (effect.type) {
      case 'send':
        return this.#sent(effect.ticket, effect.instance, atMs);
      case 'wait':
        this.note('waits');
        this.require(!this.#at.has(effect.ticket), '2: it waits and is in flight');
        this.#waiting.set(effect.ticket, atMs);
        return this.#checkQueue(effect.ticket, state);
      case 'refuse':
        this.note(`refused ${effect.reason}`);
        this.require(!this.#at.has(effect.ticket), '2: it is refused and in flight');
        this.#waiting.delete(effect.ticket);
        return;
      case 'state':
        this.note(`${effect.before} → ${effect.after}`);
        this.#states.set(effect.instance, effect.after);
        if (effect.before === 'ready' && effect.after === 'ejected') this.#checkCap(effect.instance, state);
        if (effect.after === 'draining') this.#drains.set(effect.instance, effect.instance.drain!);
        else this.#drains.delete(effect.instance);
        return;
      case 'cut':
        this.note(`cut ${effect.what}`);
        return;
      case 'forget':
        this.require(effect.instance.inFlight === 0, '2: forgotten with requests in flight');
        return;
      default:
        return;
    }
  }

  #checkCap({ pool }: Instance, state: GatewayState): void {
    const { ejectedRatioMax } = state.models.get(pool.model)!.config.health;
    const states = [...pool.instances.values()].map((instance) => instance.state);
    const ejected = states.filter((name) => name === 'ejected').length;
    const able = states.filter((name) => name === 'ready').length;
    if (ejected > 1) this.note('several ejected');
    this.require(ejected <= ejectedRatioMax * (ejected + able), 'cap: more are ejected than may be');
  }

  #checkQueue({ model, version }: Ticket, state: GatewayState): void {
    const of = state.models.get(model)!;
    const length = of.pools.get(version)!.waiting.length;
    this.require(length <= of.config.concurrency.queueLength, 'bounds: the queue is too long');
  }

  #sent(ticket: Ticket, instance: Instance, atMs: number): void {
    this.require(!this.#at.has(ticket), '2: sent twice at the same time');
    this.require(!this.#answered.has(ticket), 'retries: sent again after its first byte');
    this.require(!ticket.failed.includes(instance.id), 'retries: sent to an instance that had failed it');
    this.#waiting.delete(ticket);
    this.#at.set(ticket, instance);
    // As it was at this effect: later ones of the same step may have changed it.
    const at = this.#states.get(instance);
    if (at === 'ready') return;
    const mayStay =
      at === 'draining' &&
      instance.drain !== null &&
      ticket.session.kind !== 'none' &&
      atMs < instance.drain.sessionsUntilMs;
    this.require(mayStay, `1: new work for an instance that is ${at}`);
    if (mayStay) this.note('a session stayed with a draining instance');
  }

  #accounts(state: GatewayState): void {
    const { arrived, waiting, inFlight, settled, refused, left } = state.totals;
    this.require(arrived === waiting + inFlight + settled + refused + left, '2: the sum does not hold');
    this.require(arrived === this.#arrived, `2: ${this.#arrived} arrived, the books say ${arrived}`);
    this.require(inFlight === this.#at.size, `2: ${this.#at.size} are in flight, the books say ${inFlight}`);
    this.require(waiting === this.#waiting.size, `2: ${this.#waiting.size} wait, the books say ${waiting}`);
  }

  #instances(state: GatewayState, atMs: number): void {
    for (const model of state.models.values()) {
      for (const pool of model.pools.values()) {
        const ready = [...pool.instances.values()].filter((instance) => instance.state === 'ready');
        this.require(ready.length === pool.ready.length, 'the list of ready instances is wrong');
      }
      for (const weight of model.weights.values()) this.require(weight >= 0, 'a weight is negative');
    }
    for (const instance of state.instances.values()) {
      this.require(
        instance.inFlight >= instance.streams && instance.streams >= 0,
        '2: streams and requests do not fit',
      );
    }
    for (const [instance, { streamsUntilMs }] of this.#drains) {
      const over = instance.drain ?? { streamsUntilMs };
      this.require(
        over.streamsUntilMs <= streamsUntilMs || instance.drain?.cause === 'health',
        '4: a drain was made longer',
      );
      this.require(
        !(atMs > over.streamsUntilMs + LATE_MS_MAX && instance.inFlight > 0),
        '4: in flight after the end of its drain',
      );
    }
  }
}
