// The choice of an instance among those of a pool that take new work. Randomness comes in as two numbers.
import { onRing } from './ring.ts';
import { ringOf } from './instances.ts';
import type { Balance, Instance, Pool, Ticket } from './types.ts';

/** @returns null if nobody is ready, `busy` if everybody ready is at its limit */
export function chooseInstance(pool: Pool, balance: Balance, ticket: Ticket): Instance | 'busy' | null {
  const { ready } = pool;
  const { drawA, drawB } = ticket;
  if (ready.length === 0) return null;
  if (ticket.hashKey !== '') return byRing(pool, ticket);
  if (balance === 'round-robin') return from(ready, pool.next++, ticket);
  const first = Math.floor(drawA * ready.length);
  const a = ready[first]!;
  // The second is another one, uniformly.
  const b = ready[(first + 1 + Math.floor(drawB * (ready.length - 1))) % ready.length]!;
  const fitsA = fits(a, ticket);
  const fitsB = fits(b, ticket);
  if (fitsA && fitsB) return load(b) < load(a) ? b : a;
  if (fitsA) return a;
  if (fitsB) return b;
  return from(ready, first, ticket);
}

function load(instance: Instance): number {
  return instance.inFlight / instance.weight;
}

export function hasPlace(instance: Instance): boolean {
  return instance.inFlight < instance.limit;
}

function fits(instance: Instance, ticket: Ticket): boolean {
  return hasPlace(instance) && !ticket.failed.includes(instance.id);
}

/** The first that fits, from a place on. */
function from(ready: readonly Instance[], start: number, ticket: Ticket): Instance | 'busy' | null {
  let busy = false;
  for (let step = 0; step < ready.length; step++) {
    const instance = ready[(start + step) % ready.length]!;
    if (ticket.failed.includes(instance.id)) continue;
    if (hasPlace(instance)) return instance;
    busy = true;
  }
  return busy ? 'busy' : null;
}

/** A key waits for its own instance rather than go elsewhere, unless that one rests. */
function byRing(pool: Pool, ticket: Ticket): Instance | 'busy' | null {
  const id = onRing(ringOf(pool), ticket.hashKey, (candidate) => {
    return pool.instances.get(candidate)?.state === 'ready' && !ticket.failed.includes(candidate);
  });
  if (id === null) return null;
  const instance = pool.instances.get(id)!;
  return hasPlace(instance) ? instance : 'busy';
}
