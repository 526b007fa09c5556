// Finds processes by the cookie in their environment: the way to find what left its process group, its session and its
// parents. It misses who erased the cookie (programs that overwrite their title can), so alone it is no proof.
import { hasEnded, processIds, processStat, UNREADABLE, userOf, variableOf } from '../../base/process-table.ts';
import { COOKIE_VARIABLE, type Cookie, parseCookies } from './cookie.ts';
import { type ProcessRef, refOf, sendSignal } from './process-ref.ts';

export interface Found extends ProcessRef {
  /** Outermost first. */
  readonly cookies: readonly Cookie[];
}

export interface Sweep {
  readonly found: readonly Found[];
  /** Processes of this user whose environment cannot be read: they may be meant or not (invariant 9). */
  readonly unknown: readonly ProcessRef[];
}

/** Every other process with a cookie that is meant. Takes some 40 µs a process. */
export function sweep(isMeant: (cookie: Cookie) => boolean): Sweep {
  const found: Found[] = [];
  const unknown: ProcessRef[] = [];
  for (const pid of processIds()) {
    const cookies = cookiesOf(pid);
    if (cookies === UNREADABLE) {
      if (userOf(pid) === process.getuid?.()) unknown.push(...living(pid));
    } else if (cookies.some(isMeant)) found.push(...living(pid).map((ref) => ({ ...ref, cookies })));
  }
  return { found, unknown };
}

/**
 * Kills what carries a cookie that is meant, each the moment it is found: what forks for ever is somewhere else by the end
 * of a sweep. Looks again as long as there was something, `roundsMax` times at most.
 */
export function sweepAndKill(isMeant: (cookie: Cookie) => boolean, roundsMax: number): void {
  for (let round = 0, found = true; found && round < roundsMax; round++) {
    found = false;
    for (const pid of processIds()) {
      const cookies = cookiesOf(pid);
      if (cookies === UNREADABLE || !cookies.some(isMeant)) continue;
      // Its environment was read this very moment, so it is who it was; a zombie has none.
      found = sendSignal(pid, 'SIGKILL') || found;
    }
  }
}

function cookiesOf(pid: number): readonly Cookie[] | typeof UNREADABLE {
  const value = pid === process.pid ? null : variableOf(pid, COOKIE_VARIABLE);
  if (value === UNREADABLE) return value;
  return value === null ? [] : parseCookies(value);
}

function living(pid: number): readonly ProcessRef[] {
  const stat = processStat(pid);
  return stat === null || hasEnded(stat) ? [] : [refOf(stat)];
}
