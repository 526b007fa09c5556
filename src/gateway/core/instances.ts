// The life of an instance: `joining → ready → draining → gone`, and `ejected`. Everything that changes a state is here, so
// that the list of those that take new work is right at every moment.
import type { GatewayEffect } from './events.ts';
import { buildRing } from './ring.ts';
import type {
  Drain,
  DrainCause,
  DrainRules,
  GatewayState,
  Instance,
  InstanceSource,
  InstanceSpec,
  InstanceState,
  ModelState,
  Pool,
} from './types.ts';

export function modelOf(state: GatewayState, pool: Pool): ModelState {
  return state.models.get(pool.model)!;
}

export function addInstance(
  state: GatewayState,
  pool: Pool,
  spec: InstanceSpec,
  source: InstanceSource,
  atMs: number,
  effects: GatewayEffect[],
): Instance {
  const { health, concurrency } = modelOf(state, pool).config;
  const instance: Instance = {
    ...spec,
    pool,
    source,
    state: 'joining',
    sinceMs: atMs,
    drain: null,
    inFlight: 0,
    streams: 0,
    limit: concurrency.max,
    latencyMs: 0,
    latencyBestMs: 0,
    probesGood: 0,
    probesBad: 0,
    connectErrors: 0,
    answers: 0,
    errors: 0,
    windowSinceMs: atMs,
    ejectedUntilMs: 0,
    ejections: 0,
  };
  pool.instances.set(spec.id, instance);
  state.instances.set(spec.id, instance);
  membersChanged(pool);
  effects.push({ type: 'join', instance });
  if (pool.draining !== 'no') beginDrain(state, instance, 'version', null, atMs, effects);
  else if (!health.probed) become(instance, 'ready', 'named, and not probed', atMs, effects);
  return instance;
}

/** Changes the state. Probes and counts begin anew with each. */
export function become(
  instance: Instance,
  next: InstanceState,
  why: string,
  atMs: number,
  effects: GatewayEffect[],
): void {
  const before = instance.state;
  if (before === next) return;
  const { pool } = instance;
  if (before === 'ready') pool.ready = pool.ready.filter((other) => other !== instance);
  if (next === 'ready') pool.ready = [...pool.ready, instance];
  instance.state = next;
  instance.sinceMs = atMs;
  if (next !== 'draining') instance.drain = null;
  instance.probesGood = 0;
  instance.probesBad = 0;
  instance.connectErrors = 0;
  startWindow(instance, atMs);
  effects.push({ type: 'state', instance, before, after: next, why });
}

export function startWindow(instance: Instance, atMs: number): void {
  instance.answers = 0;
  instance.errors = 0;
  instance.windowSinceMs = atMs;
}

/** Begins a drain, or shortens the one that runs: what is promised to an operator is never lengthened by a second word. */
export function beginDrain(
  state: GatewayState,
  instance: Instance,
  cause: DrainCause,
  budget: DrainRules | null,
  atMs: number,
  effects: GatewayEffect[],
): void {
  const { drain: rules, sticky } = modelOf(state, instance.pool).config;
  const { requestsMs, streamsMs, sessionsMs } = budget ?? rules;
  // An instance that says itself that it ends will not serve a session for long either.
  const keepsSessions = sticky !== null && cause !== 'health';
  // Its own ending is the business of its own deadline, so nothing is cut from here.
  const limits = cause === 'health' ? { requestsMs: Infinity, streamsMs: Infinity } : { requestsMs, streamsMs };
  const planned: Drain = {
    cause,
    sinceMs: atMs,
    sessionsUntilMs: atMs + (keepsSessions ? Math.min(sessionsMs, requestsMs) : 0),
    requestsUntilMs: atMs + limits.requestsMs,
    streamsUntilMs: atMs + Math.max(limits.streamsMs, limits.requestsMs),
    requestsCut: false,
    streamsCut: false,
  };
  const running = instance.drain;
  if (instance.state === 'gone') return;
  if (instance.state !== 'draining') become(instance, 'draining', cause, atMs, effects);
  // A cause that can go away by itself (health, the file) gives way to one that an operator has to take back.
  const lasting = running !== null && LASTING.includes(running.cause) ? running.cause : cause;
  instance.drain = running === null ? planned : { ...shorter(running, planned), cause: lasting };
  endDrainIfDone(instance, atMs, effects);
}

const LASTING: readonly DrainCause[] = ['api', 'version'];

function shorter(running: Drain, planned: Drain): Drain {
  return {
    ...running,
    sessionsUntilMs: Math.min(running.sessionsUntilMs, planned.sessionsUntilMs),
    requestsUntilMs: Math.min(running.requestsUntilMs, planned.requestsUntilMs),
    streamsUntilMs: Math.min(running.streamsUntilMs, planned.streamsUntilMs),
  };
}

/** Whether an existing session may still come. */
export function takesSessions(instance: Instance, atMs: number): boolean {
  return instance.drain !== null && atMs < instance.drain.sessionsUntilMs;
}

/** Gone, once nothing is in flight and no session may come. Waiting requests hold no place of a draining instance. */
export function endDrainIfDone(instance: Instance, atMs: number, effects: GatewayEffect[]): void {
  if (instance.state !== 'draining' || instance.inFlight > 0 || takesSessions(instance, atMs)) return;
  // Drained by its own word it stays named: it may be back, and is asked on.
  if (instance.drain!.cause === 'health') return;
  const stays = staysListed(instance, instance.drain!.cause);
  become(instance, 'gone', 'drained', atMs, effects);
  effects.push({ type: 'forget', instance, stays });
}

/** What an operator took out stays in the list, gone, as long as its source names it: it does not come back by itself. */
export function staysListed(instance: Instance, cause: DrainCause): boolean {
  return (
    cause !== 'config' && instance.pool.draining !== 'left' && instance.source !== 'api' && instance.source !== 'run'
  );
}

/** Takes a gone instance out of the books. */
export function removeInstance(state: GatewayState, instance: Instance): void {
  state.instances.delete(instance.id);
  instance.pool.instances.delete(instance.id);
  for (const [key, holder] of modelOf(state, instance.pool).sessions) {
    if (holder === instance) modelOf(state, instance.pool).sessions.delete(key);
  }
  membersChanged(instance.pool);
}

/** The ring holds all that are named, also those that rest: their keys find the next one meanwhile. */
export function ringOf(pool: Pool): NonNullable<Pool['ring']> {
  return (pool.ring ??= buildRing([...pool.instances.values()]));
}

function membersChanged(pool: Pool): void {
  pool.ring = null;
}
