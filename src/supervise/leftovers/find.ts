// What earlier units left on this machine: processes that carry a cookie and whose owner is gone, with the ports that they
// listen on. No server is needed: the cookie says who watches over an attempt. Nothing is assumed of an owner that cannot
// be looked at, such as one in another container (invariant 9).
import { processStat } from '../../base/process-table.ts';
import { type Cookie, fateOfOwner } from '../ownership/cookie.ts';
import { isAlive, type ProcessRef } from '../ownership/process-ref.ts';
import { type Found, sweep, sweepAndKill } from '../ownership/sweep.ts';
import { listeningPorts } from '../run/port-holder.ts';
import { systemClock } from '../../base/clock.ts';

export interface Leftover extends ProcessRef {
  /** The innermost unit whose owner is gone, or may be. */
  readonly unit: string;
  readonly attempt: string;
  readonly storeId: string;
  /** `gone`: proven left behind. `unknown`: whoever watches over it cannot be seen from here. */
  readonly owner: 'gone' | 'unknown';
  /** TCP ports that it listens on. */
  readonly ports: readonly number[];
  /** In uninterruptible sleep: no signal reaches it. */
  readonly uninterruptible: boolean;
}

const ROUNDS_MAX = 20;
const GONE_MS_MAX = 5_000;

/** Processes with a cookie that nobody who can be seen watches over, by number. What lives under its owner is left out. */
export function findLeftovers(): readonly Leftover[] {
  const { found } = sweep(() => true);
  return found.flatMap((one) => leftoverOf(one) ?? []).toSorted((a, b) => a.pid - b.pid);
}

function leftoverOf(found: Found): Leftover | null {
  // Whoever is watched over by anybody who lives, on whatever level, is no leftover.
  const fates = found.cookies.map((cookie) => fateOfOwner(cookie.attempt));
  if (fates.includes('alive')) return null;
  const owner = fates.includes('unknown') ? 'unknown' : 'gone';
  const { storeId, unit, attempt } = found.cookies.at(-1)!;
  const { pid, startTime, command } = found;
  const uninterruptible = processStat(pid)?.state === 'D';
  return { pid, startTime, command, unit, attempt, storeId, owner, ports: listeningPorts(pid), uninterruptible };
}

/** Kills those that are proven left behind, and what they start meanwhile. @returns which of them live on */
export async function killLeftovers(leftovers: readonly Leftover[]): Promise<readonly Leftover[]> {
  const gone = leftovers.filter(({ owner }) => owner === 'gone');
  const keys = new Set(gone.map(keyOf));
  const isMeant = (cookie: Cookie) => keys.has(keyOf(cookie)) && fateOfOwner(cookie.attempt) === 'gone';
  const endAtMs = systemClock.monotonicMs() + GONE_MS_MAX;
  let left: readonly Leftover[] = gone;
  while (left.length > 0 && systemClock.monotonicMs() < endAtMs) {
    sweepAndKill(isMeant, ROUNDS_MAX);
    await new Promise((resolve) => setTimeout(resolve, 5));
    left = left.filter(isAlive);
  }
  return left;
}

function keyOf({ storeId, unit, attempt }: Cookie): string {
  return JSON.stringify([storeId, unit, attempt]);
}
