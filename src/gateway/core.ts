// The gateway's core: `step(state, event) → { state, effects }` for all models, versions, instances and requests. Pure:
// time and randomness arrive with events, effects are data. The given state is used up by the call: a request costs a
// microsecond, so its books are changed in place.
//
// Kept here: an instance that drains gets no new work, only existing sessions until their time is up; every request is in
// exactly one place: `arrived = waiting + in flight + settled + refused + left` (invariant 2); a drain ends at its
// deadline whatever is in flight (4); what a probe or an answer does not tell is not assumed (9).
import { unreachable } from '../base/assert.ts';
import { adaptLimit } from './core/adaptive.ts';
import { arrive, endWaits, learnSession, letGoOn, release, retry, RETRY_TOKENS_START } from './core/admission.ts';
import {
  comeBack,
  configure,
  drainMembersIfQuiet,
  drainVersion,
  forgetEmpty,
  nameInstance,
  nameInstances,
  poolOf,
  setEffectiveWeights,
} from './core/configure.ts';
import type { GatewayEffect, GatewayEvent, GatewayStep } from './core/events.ts';
import { dueAtMs, takeAnswer, takeProbe, takeTime } from './core/health.ts';
import { beginDrain, endDrainIfDone, modelOf, removeInstance } from './core/instances.ts';
import { indexRoutes } from './core/routes.ts';
import type { GatewayState, Instance, Pool } from './core/types.ts';

export function initialState(): GatewayState {
  return {
    config: { models: new Map(), routes: indexRoutes([]) },
    models: new Map(),
    instances: new Map(),
    closing: false,
    retryTokens: RETRY_TOKENS_START,
    totals: { arrived: 0, refused: 0, sent: 0, retried: 0, settled: 0, cut: 0, left: 0, waiting: 0, inFlight: 0 },
  };
}

export function step(state: GatewayState, event: GatewayEvent): GatewayStep {
  const effects: GatewayEffect[] = [];
  apply(state, event, effects);
  // A state that changed may let requests go on, or leave them without anybody.
  if (effects.some((effect) => effect.type === 'state')) followUp(state, event.atMs, effects);
  return { state, effects };
}

/** When time alone changes something again; Infinity: never. Ask after each step that is not of a request. */
export function nextDueAtMs(state: GatewayState, atMs: number): number {
  let due = Infinity;
  for (const instance of state.instances.values()) due = Math.min(due, dueAtMs(state, instance, atMs));
  if (state.totals.waiting > 0) {
    for (const pool of allPools(state)) for (const ticket of pool.waiting) due = Math.min(due, ticket.waitsUntilMs);
  }
  return due;
}

function apply(state: GatewayState, event: GatewayEvent, effects: GatewayEffect[]): void {
  const { atMs } = event;
  switch (event.type) {
    case 'arrived':
      return arrive(state, event.ticket, atMs, effects);
    case 'settled':
      return settle(state, event, effects);
    case 'again':
      event.ticket.failed = [...event.ticket.failed, event.instance];
      return retry(state, event.ticket, event, atMs, effects);
    case 'streaming':
      return stream(event);
    case 'left':
      return leave(state, event, effects);
    case 'tick':
      return passTime(state, atMs, effects);
    case 'configured':
      return configure(state, event.config, atMs, effects);
    case 'weightsSet': {
      const model = state.models.get(event.model);
      if (!model) return;
      model.shares = event.weights;
      return setEffectiveWeights(model);
    }
    case 'closing':
      state.closing = true;
      return;
    case 'sessionLearned': {
      const model = state.models.get(event.model);
      const instance = state.instances.get(event.instance);
      if (model && instance) learnSession(model, event.key, instance);
      return;
    }
    case 'instancesNamed':
    case 'instanceAdded':
    case 'versionDrainAsked':
    case 'versionReturnAsked':
      return applyToPool(state, event, effects);
    case 'probed':
    case 'drainAsked':
    case 'maintAsked':
    case 'returnAsked':
      return applyToInstance(state, event, effects);
    default:
      return unreachable(event, 'unknown event');
  }
}

type EventOf<Type extends GatewayEvent['type']> = Extract<GatewayEvent, { readonly type: Type }>;

function applyToPool(
  state: GatewayState,
  event: EventOf<'instancesNamed' | 'instanceAdded' | 'versionDrainAsked' | 'versionReturnAsked'>,
  effects: GatewayEffect[],
): void {
  const pool = poolOf(state, event.pool);
  if (!pool) return;
  const { atMs } = event;
  switch (event.type) {
    case 'instancesNamed':
      return nameInstances(state, pool, event.source, event.instances, atMs, effects);
    case 'instanceAdded':
      return nameInstance(state, pool, event.source, event.spec, atMs, effects);
    case 'versionDrainAsked':
      return drainVersion(state, pool, event.budget, atMs, effects);
    default:
      if (pool.draining !== 'asked') return;
      pool.draining = 'no';
      setEffectiveWeights(modelOf(state, pool));
      for (const instance of pool.instances.values()) {
        if (instance.drain?.cause === 'version' || instance.state === 'gone') comeBack(state, instance, atMs, effects);
      }
  }
}

function applyToInstance(
  state: GatewayState,
  event: EventOf<'probed' | 'drainAsked' | 'maintAsked' | 'returnAsked'>,
  effects: GatewayEffect[],
): void {
  const instance = state.instances.get(event.instance);
  if (!instance) return;
  const { atMs } = event;
  if (event.type === 'returnAsked') return comeBack(state, instance, atMs, effects);
  if (instance.state === 'gone') return;
  switch (event.type) {
    case 'probed':
      return takeProbe(state, instance, event.verdict, atMs, effects);
    case 'drainAsked':
      return beginDrain(state, instance, event.cause, event.budget, atMs, effects);
    default:
      if (!instance.drain) return;
      instance.drain.sessionsUntilMs = Math.min(instance.drain.sessionsUntilMs, atMs);
      return endDrainIfDone(instance, atMs, effects);
  }
}

function settle(state: GatewayState, event: EventOf<'settled'>, effects: GatewayEffect[]): void {
  const { ticket, result, atMs } = event;
  const instance = release(state, ticket);
  state.totals.settled += 1;
  if (result === 'cut') state.totals.cut += 1;
  const { adaptive, max } = modelOf(state, instance.pool).config.concurrency;
  if (result === 'ok' || result === 'error' || result === 'unreachable') {
    takeAnswer(state, instance, result, atMs, effects);
    if (adaptive && result === 'ok') adaptLimit(instance, atMs - ticket.sentAtMs, max);
  }
  placeFreed(state, instance, atMs, effects);
}

function placeFreed(state: GatewayState, instance: Instance, atMs: number, effects: GatewayEffect[]): void {
  const { pool } = instance;
  if (pool.waiting.length > 0) {
    letGoOn(state, pool, atMs, effects);
    drainMembersIfQuiet(state, pool, atMs, effects);
  }
  endDrainIfDone(instance, atMs, effects);
}

function stream({ ticket }: EventOf<'streaming'>): void {
  if (ticket.state !== 'sent' || ticket.stream) return;
  ticket.stream = true;
  ticket.instance!.streams += 1;
}

function leave(state: GatewayState, { ticket, atMs }: EventOf<'left'>, effects: GatewayEffect[]): void {
  if (ticket.state !== 'waiting') return;
  const pool = state.models.get(ticket.model)?.pools.get(ticket.version);
  if (!pool) return;
  pool.waiting = pool.waiting.filter((other) => other !== ticket);
  ticket.state = 'ended';
  state.totals.waiting -= 1;
  state.totals.left += 1;
  drainMembersIfQuiet(state, pool, atMs, effects);
}

function passTime(state: GatewayState, atMs: number, effects: GatewayEffect[]): void {
  for (const instance of state.instances.values()) takeTime(state, instance, atMs, effects);
  if (state.totals.waiting === 0) return;
  for (const pool of allPools(state)) {
    endWaits(state, pool, atMs, effects);
    drainMembersIfQuiet(state, pool, atMs, effects);
  }
}

/** Instances that are gone leave the books; who waits goes on, or is told that nobody is left. */
function followUp(state: GatewayState, atMs: number, effects: GatewayEffect[]): void {
  for (const effect of effects) {
    if (effect.type === 'forget' && !effect.stays && state.instances.get(effect.instance.id) === effect.instance) {
      removeInstance(state, effect.instance);
    }
  }
  if (state.totals.waiting > 0) {
    for (const pool of allPools(state)) {
      letGoOn(state, pool, atMs, effects);
      drainMembersIfQuiet(state, pool, atMs, effects);
    }
  }
  forgetEmpty(state);
}

function* allPools(state: GatewayState): Iterable<Pool> {
  for (const model of state.models.values()) yield* model.pools.values();
}
