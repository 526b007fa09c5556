// What an earlier unit of this name left behind: processes with its cookie whose owner is proven gone. They are ended
// before anything new is started, since they may hold the port or the GPU that the new one needs.
import { systemClock } from '../../base/clock.ts';
import { type Cookie, fateOfOwner } from '../ownership/cookie.ts';
import type { ProcessRef } from '../ownership/process-ref.ts';
import { sweep, sweepAndKill } from '../ownership/sweep.ts';

const ROUNDS_MAX = 20;
const GONE_MS_MAX = 5_000;

/** The unit that a cookie belongs to: a companion's is `UNIT:COMPANION`. */
export function unitOfCookie({ unit }: Cookie): string {
  const at = unit.indexOf(':');
  return at < 0 ? unit : unit.slice(0, at);
}

export function cookieUnit(name: string, companion: string | null): string {
  // A colon in a name must not make it another unit's companion.
  const own = encodeURIComponent(name);
  return companion === null ? own : `${own}:${companion}`;
}

/** @returns what was found and killed; `left` lives on (uninterruptible) */
export async function endLeftovers(
  storeId: string,
  name: string,
): Promise<{ readonly ended: readonly ProcessRef[]; readonly left: readonly ProcessRef[] }> {
  const own = cookieUnit(name, null);
  const isMeant = (cookie: Cookie) =>
    cookie.storeId === storeId && unitOfCookie(cookie) === own && fateOfOwner(cookie.attempt) === 'gone';
  const { found } = sweep(isMeant);
  if (found.length === 0) return { ended: [], left: [] };
  const endAtMs = systemClock.monotonicMs() + GONE_MS_MAX;
  let left = found as readonly ProcessRef[];
  while (left.length > 0 && systemClock.monotonicMs() < endAtMs) {
    sweepAndKill(isMeant, ROUNDS_MAX);
    await new Promise((resolve) => setTimeout(resolve, 5));
    left = sweep(isMeant).found;
  }
  return { ended: found.filter(({ pid }) => !left.some((one) => one.pid === pid)), left };
}
