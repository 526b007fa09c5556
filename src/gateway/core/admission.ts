// Where a request goes: to the instance of its session, to one that the balance chooses, into the queue of its pool, or
// back with a refusal. Keeps: no new work for an instance that drains, whatever is left; only existing sessions come, until
// their time is up. Each arrival is in exactly one place of the books (invariant 2).
import { assert } from '../../base/assert.ts';
import { chooseInstance, hasPlace } from './balance.ts';
import type { GatewayEffect, RefusalReason } from './events.ts';
import { takesSessions } from './instances.ts';
import type { GatewayState, Instance, ModelState, Pool, Session, Ticket } from './types.ts';

export interface TicketParts {
  readonly model: string;
  readonly version: string;
  readonly pinned: boolean;
  readonly session: Session;
  readonly hashKey: string;
  readonly drawA: number;
  readonly drawB: number;
}

export function newTicket(parts: TicketParts): Ticket {
  return { ...parts, instance: null, state: 'new', stream: false, failed: [], waitsUntilMs: 0, sentAtMs: 0 };
}

/** Each request earns a part of a retry, so retries are at most this part of the requests, beside a few at the start. */
const RETRY_RATIO = 0.2;
export const RETRY_TOKENS_START = 10;
const RETRY_TOKENS_MAX = 100;
const RETRY_AFTER_MS = 1_000;

export function arrive(state: GatewayState, ticket: Ticket, atMs: number, effects: GatewayEffect[]): void {
  assert(ticket.state === 'new', 'a request arrives once');
  state.totals.arrived += 1;
  state.retryTokens = Math.min(RETRY_TOKENS_MAX, state.retryTokens + RETRY_RATIO);
  if (state.closing) return refuse(state, ticket, 'closing', effects);
  place(state, ticket, atMs, effects, 'no-instance');
}

/** An attempt failed, and its place is free again: another instance, or the end. It settled then; now it has not. */
export function retry(
  state: GatewayState,
  ticket: Ticket,
  may: { readonly repeatable: boolean; readonly connected: boolean },
  atMs: number,
  effects: GatewayEffect[],
): void {
  assert(ticket.state === 'ended', 'only what ended is tried again');
  state.totals.settled -= 1;
  if (may.connected && !may.repeatable) return refuse(state, ticket, 'not-repeatable', effects);
  // One that never reached an instance costs nobody anything, and cannot go round for ever: no instance is tried twice.
  if (may.connected && state.retryTokens < 1) return refuse(state, ticket, 'retry-budget', effects);
  if (may.connected) state.retryTokens -= 1;
  state.totals.retried += 1;
  place(state, ticket, atMs, effects, 'nobody-left');
}

function place(
  state: GatewayState,
  ticket: Ticket,
  atMs: number,
  effects: GatewayEffect[],
  otherwise: RefusalReason,
): void {
  const found = findPlace(state, ticket, atMs);
  if (found === null) return refuse(state, ticket, otherwise, effects);
  if (found !== 'busy') return send(state, ticket, found, atMs, effects);
  const model = state.models.get(ticket.model)!;
  const { queueLength, queueMs } = model.config.concurrency;
  const { waiting } = model.pools.get(ticket.version)!;
  if (waiting.length >= queueLength) return refuse(state, ticket, 'queue-full', effects);
  ticket.state = 'waiting';
  ticket.waitsUntilMs = atMs + queueMs;
  waiting.push(ticket);
  state.totals.waiting += 1;
  effects.push({ type: 'wait', ticket });
}

/** Sets the ticket's version to that of the place. */
function findPlace(state: GatewayState, ticket: Ticket, atMs: number): Instance | 'busy' | null {
  const model = state.models.get(ticket.model);
  if (!model) return null;
  const known = sessionInstance(state, model, ticket, atMs);
  if (known !== null) {
    ticket.version = known.pool.version;
    return hasPlace(known) ? known : 'busy';
  }
  const own = model.pools.get(ticket.version);
  // Who waited before the version was taken out is served by it still.
  const open = own && (own.draining === 'no' || (own.draining === 'asked' && ticket.state === 'waiting'));
  const chosen = open ? chooseInstance(own, model.config.balance, ticket) : null;
  if (chosen !== null) return chosen;
  return ticket.pinned || !model.config.fallback ? null : elsewhere(model, ticket);
}

/** Other versions that take part, the one with the largest share first. */
function elsewhere(model: ModelState, ticket: Ticket): Instance | 'busy' | null {
  const others = [...model.weights].filter(([version, weight]) => weight > 0 && version !== ticket.version);
  others.sort(([, a], [, b]) => b - a);
  for (const [version] of others) {
    const pool = model.pools.get(version);
    const chosen = pool && pool.draining === 'no' ? chooseInstance(pool, model.config.balance, ticket) : null;
    if (chosen === null) continue;
    ticket.version = version;
    return chosen;
  }
  return null;
}

/** The instance of the client's session, if it may still have it. */
function sessionInstance(state: GatewayState, model: ModelState, ticket: Ticket, atMs: number): Instance | null {
  const { session } = ticket;
  if (session.kind === 'none') return null;
  const instance =
    session.kind === 'instance' ? state.instances.get(session.instance) : model.sessions.get(session.key);
  if (!instance || instance.pool.model !== ticket.model || ticket.failed.includes(instance.id)) return null;
  const sameVersion = instance.pool.version === ticket.version;
  if (instance.state === 'ready') return sameVersion ? instance : null;
  // A version that is taken out keeps its sessions as its instances do, unless the client asks for another one.
  if (!takesSessions(instance, atMs)) return null;
  return sameVersion || (!ticket.pinned && instance.pool.draining !== 'no') ? instance : null;
}

function send(state: GatewayState, ticket: Ticket, instance: Instance, atMs: number, effects: GatewayEffect[]): void {
  ticket.state = 'sent';
  ticket.instance = instance;
  ticket.sentAtMs = atMs;
  instance.inFlight += 1;
  state.totals.inFlight += 1;
  state.totals.sent += 1;
  const { session } = ticket;
  if (session.kind === 'key') learnSession(state.models.get(ticket.model)!, session.key, instance);
  effects.push({ type: 'send', ticket, instance });
}

export function refuse(state: GatewayState, ticket: Ticket, reason: RefusalReason, effects: GatewayEffect[]): void {
  ticket.state = 'ended';
  state.totals.refused += 1;
  effects.push({ type: 'refuse', ticket, reason, retryAfterMs: RETRY_AFTER_MS });
}

/** Gives the place of a ticket back. */
export function release(state: GatewayState, ticket: Ticket): Instance {
  const instance = ticket.instance;
  assert(ticket.state === 'sent' && instance !== null, 'a request ends once, and where it was');
  instance.inFlight -= 1;
  if (ticket.stream) instance.streams -= 1;
  state.totals.inFlight -= 1;
  ticket.stream = false;
  ticket.instance = null;
  ticket.state = 'ended';
  return instance;
}

/** Lets waiting requests of the pool go on, oldest first, as far as there are places now. */
export function letGoOn(state: GatewayState, pool: Pool, atMs: number, effects: GatewayEffect[]): void {
  if (pool.waiting.length === 0) return;
  const still: Ticket[] = [];
  let full = false;
  for (const ticket of pool.waiting) {
    const found = full && ticket.session.kind === 'none' ? 'busy' : findPlace(state, ticket, atMs);
    if (found === 'busy') {
      // Without a session, who comes later finds no more than who came before.
      if (ticket.version !== pool.version) moveOver(state, ticket, effects);
      else {
        still.push(ticket);
        if (ticket.session.kind === 'none' && ticket.hashKey === '' && ticket.failed.length === 0) full = true;
      }
      continue;
    }
    state.totals.waiting -= 1;
    if (found === null) refuse(state, ticket, 'no-instance', effects);
    else send(state, ticket, found, atMs, effects);
  }
  pool.waiting = still;
}

/** Nobody is left in its pool, and in the one that takes over all are busy: it waits there. */
function moveOver(state: GatewayState, ticket: Ticket, effects: GatewayEffect[]): void {
  const model = state.models.get(ticket.model)!;
  const { waiting } = model.pools.get(ticket.version)!;
  if (waiting.length < model.config.concurrency.queueLength) {
    waiting.push(ticket);
    return;
  }
  state.totals.waiting -= 1;
  refuse(state, ticket, 'queue-full', effects);
}

/** Ends the waiting of those whose time is up. */
export function endWaits(state: GatewayState, pool: Pool, atMs: number, effects: GatewayEffect[]): void {
  if (pool.waiting.every((ticket) => ticket.waitsUntilMs > atMs)) return;
  const over = pool.waiting.filter((ticket) => ticket.waitsUntilMs <= atMs);
  pool.waiting = pool.waiting.filter((ticket) => ticket.waitsUntilMs > atMs);
  for (const ticket of over) {
    state.totals.waiting -= 1;
    refuse(state, ticket, 'queue-timeout', effects);
  }
}

/** Sessions that are remembered for each model; the oldest is forgotten first. */
const SESSIONS_MAX = 100_000;

export function learnSession(model: ModelState, key: string, instance: Instance): void {
  if (key === '') return;
  model.sessions.delete(key);
  model.sessions.set(key, instance);
  if (model.sessions.size > SESSIONS_MAX) model.sessions.delete(model.sessions.keys().next().value!);
}
