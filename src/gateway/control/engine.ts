// The edge of the core: feeds it what happens, carries out what it wants, and wakes it when time alone changes something.
// It owns the instances' connections (as the plane makes them) and the requests that wait.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { initialState, nextDueAtMs, step } from '../core.ts';
import type { GatewayEffect, GatewayEvent, RefusalReason } from '../core/events.ts';
import type { GatewayState, Instance, InstanceState, Ticket } from '../core/types.ts';
import type { Upstream } from '../planes/ports.ts';

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;
export type GatewayInput = WithoutTime<GatewayEvent>;

/** What the engine needs of a plane. */
export interface Connections {
  /** @throws LastcallError `usage` for what is no address */
  connect(instance: Instance): Upstream;
}

export interface StateChange {
  readonly instance: Instance;
  readonly before: InstanceState;
  readonly after: InstanceState;
  readonly why: string;
}

/** What became of a request that the core was asked about. */
export type Placement =
  | { readonly kind: 'send'; readonly instance: Instance; readonly upstream: Upstream }
  | { readonly kind: 'wait' }
  | { readonly kind: 'refuse'; readonly reason: RefusalReason; readonly retryAfterMs: number };

export interface EngineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly connections: Connections;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

export class Engine {
  readonly state: GatewayState = initialState();
  readonly random: Random;
  readonly #options: EngineOptions;
  readonly #upstreams = new Map<Instance, Upstream>();
  /** What lets a waiting request go on. */
  readonly #waiting = new Map<Ticket, (placement: Placement) => void>();
  readonly #listeners = new Set<(change: StateChange) => void>();
  readonly #joined = new Set<(instance: Instance) => void>();
  #disarm: (() => void) | null = null;
  #armedAtMs = Infinity;
  #stopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.random = options.random;
  }

  nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  feed(input: GatewayInput): void {
    this.#carryOut(step(this.state, { ...input, atMs: this.nowMs() }).effects, null);
    this.#arm();
  }

  /** What moves no state and no time, and comes with requests. */
  note(input: GatewayInput & { readonly type: 'streaming' | 'sessionLearned' }): void {
    step(this.state, { ...input, atMs: this.nowMs() });
  }

  /** Asks where a request goes. `wait`: `whenPlaced` is called once, later, unless `left` is fed before. */
  place(
    input: GatewayInput & { readonly type: 'arrived' | 'again' },
    whenPlaced: (placement: Placement) => void,
  ): Placement {
    const { effects } = step(this.state, { ...input, atMs: this.nowMs() });
    const own = this.#carryOut(effects, input.ticket);
    if (own.kind === 'wait') {
      this.#waiting.set(input.ticket, whenPlaced);
      this.#arm();
    } else if (effects.length > 1) this.#arm();
    return own;
  }

  /** The client of a waiting request left. */
  leave(ticket: Ticket): void {
    if (this.#waiting.delete(ticket)) this.feed({ type: 'left', ticket });
  }

  settle(input: GatewayInput & { readonly type: 'settled' }): void {
    const { effects } = step(this.state, { ...input, atMs: this.nowMs() });
    if (effects.length === 0) return;
    this.#carryOut(effects, null);
    this.#arm();
  }

  upstreamOf(instance: Instance): Upstream | undefined {
    return this.#upstreams.get(instance);
  }

  onChange(listener: (change: StateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onJoin(listener: (instance: Instance) => void): void {
    this.#joined.add(listener);
  }

  stop(): void {
    this.#stopped = true;
    this.#disarm?.();
  }

  /** @returns what became of `ticket` */
  #carryOut(effects: readonly GatewayEffect[], ticket: Ticket | null): Placement {
    let own: Placement = { kind: 'wait' };
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
        case 'refuse':
        case 'wait': {
          const placement = this.#placementOf(effect);
          if (effect.ticket === ticket) own = placement;
          else if (placement.kind !== 'wait') this.#tell(effect.ticket, placement);
          break;
        }
        case 'join':
          this.#join(effect.instance);
          break;
        case 'state':
          this.#changed(effect);
          break;
        case 'cut': {
          const ids = this.#upstreams.get(effect.instance)?.cut(effect.what, 'the instance is drained, and time is up');
          this.#options.log('cut', { instance_id: effect.instance.id, what: effect.what, requests: ids?.length ?? 0 });
          break;
        }
        case 'forget':
          this.#upstreams.get(effect.instance)?.close();
          this.#upstreams.delete(effect.instance);
          break;
      }
    }
    return own;
  }

  #placementOf(effect: GatewayEffect & { readonly type: 'send' | 'wait' | 'refuse' }): Placement {
    if (effect.type === 'wait') return { kind: 'wait' };
    if (effect.type === 'refuse') return { kind: 'refuse', reason: effect.reason, retryAfterMs: effect.retryAfterMs };
    return { kind: 'send', instance: effect.instance, upstream: this.#upstreams.get(effect.instance)! };
  }

  #tell(ticket: Ticket, placement: Placement): void {
    const go = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    go?.(placement);
  }

  #join(instance: Instance): void {
    this.#upstreams.set(instance, this.#options.connections.connect(instance));
    for (const listener of this.#joined) listener(instance);
  }

  #changed({ instance, before, after, why }: StateChange): void {
    this.#options.log('instance_state', { instance_id: instance.id, before, after, why });
    for (const listener of this.#listeners) listener({ instance, before, after, why });
  }

  #arm(): void {
    if (this.#stopped) return;
    const atMs = nextDueAtMs(this.state, this.nowMs());
    if (atMs === this.#armedAtMs) return;
    this.#disarm?.();
    this.#disarm = null;
    this.#armedAtMs = atMs;
    if (atMs === Infinity) return;
    this.#disarm = this.#options.clock.after(atMs - this.nowMs(), () => {
      this.#armedAtMs = Infinity;
      // A timer may be early by a fraction; the moment that it was for has come nevertheless.
      const { effects } = step(this.state, { type: 'tick', atMs: Math.max(atMs, this.nowMs()) });
      this.#carryOut(effects, null);
      this.#arm();
    });
  }
}
