// Finds processes by the cookie in their environment: the way to find what left its process group, its session and its
// parents. It misses who erased the cookie (programs that overwrite their title can), so alone it is no proof.
import { environmentOf, hasEnded, processIds, processStat, userOf } from '../../base/process-table.ts';
import { COOKIE_VARIABLE, type Cookie, parseCookies } from './cookie.ts';
import { type ProcessRef, refOf } from './process-ref.ts';

export interface Found extends ProcessRef {
  /** Outermost first. */
  readonly cookies: readonly Cookie[];
}

export interface Sweep {
  readonly found: readonly Found[];
  /** Processes of this user whose environment cannot be read: they may be meant or not (invariant 9). */
  readonly unknown: readonly ProcessRef[];
}

const PREFIX = `${COOKIE_VARIABLE}=`;

/** Every other process with a cookie that is meant. Takes some 40 µs a process. */
export function sweep(isMeant: (cookie: Cookie) => boolean): Sweep {
  const found: Found[] = [];
  const unknown: ProcessRef[] = [];
  for (const pid of processIds()) {
    if (pid === process.pid) continue;
    const environment = environmentOf(pid);
    if (environment === null) continue;
    if (environment === 'unreadable') {
      if (userOf(pid) === process.getuid?.()) unknown.push(...living(pid));
      continue;
    }
    const value = environment.find((entry) => entry.startsWith(PREFIX));
    if (value === undefined) continue;
    const cookies = parseCookies(value.slice(PREFIX.length));
    if (cookies.some(isMeant)) found.push(...living(pid).map((ref) => ({ ...ref, cookies })));
  }
  return { found, unknown };
}

function living(pid: number): readonly ProcessRef[] {
  const stat = processStat(pid);
  return stat === null || hasEnded(stat) ? [] : [refOf(stat)];
}
