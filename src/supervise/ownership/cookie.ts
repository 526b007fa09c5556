// The ownership cookie: `LASTCALL_UNIT=storeId/unit/attempt` in the environment of everything that a unit starts, which
// children inherit. A nested unit appends its own, separated by `;`, so what is inside stays findable by who is outside.
// Only cookies of one's own store are one's own to kill.
import { fateOf, type ProcessFate, thisProcess } from '../../base/process-identity.ts';

export const COOKIE_VARIABLE = 'LASTCALL_UNIT';

export interface Cookie {
  /** Of the state directory or the server whose unit it is, `store_…`. */
  readonly storeId: string;
  /** The unit's name, or a job's id. */
  readonly unit: string;
  /** Which start of it; `ownedAttempt` says also who watches over it. */
  readonly attempt: string;
}

export function formatCookie({ storeId, unit, attempt }: Cookie): string {
  return [storeId, unit, attempt].map(encodeURIComponent).join('/');
}

/** Outermost first. What is no cookie of ours is left out: anybody may set a variable. */
export function parseCookies(value: string): readonly Cookie[] {
  return value.split(';').flatMap((text) => parseCookie(text) ?? []);
}

function parseCookie(text: string): Cookie | null {
  const parts = text.split('/');
  if (parts.length !== 3 || parts.includes('')) return null;
  try {
    const [storeId = '', unit = '', attempt = ''] = parts.map(decodeURIComponent);
    return { storeId, unit, attempt };
  } catch {
    return null;
  }
}

/** The environment of a child: the same with one cookie more. */
export function withCookie(environment: NodeJS.ProcessEnv, cookie: Cookie): NodeJS.ProcessEnv {
  const outside = environment[COOKIE_VARIABLE];
  const own = formatCookie(cookie);
  return { ...environment, [COOKIE_VARIABLE]: outside ? `${outside};${own}` : own };
}

export function sameCookie(a: Cookie, b: Cookie): boolean {
  return a.storeId === b.storeId && a.unit === b.unit && a.attempt === b.attempt;
}

/**
 * An attempt that says which process watches over it, so that whoever finds the cookie can tell whether it is a leftover.
 * @param id what else tells the attempts apart, such as an instance id
 */
export function ownedAttempt(id: string): string {
  const { pid, startTime, pidNamespace } = thisProcess();
  return `${id}~${pid}-${startTime}-${namespaceNumber(pidNamespace)}`;
}

/**
 * What became of who watches over an attempt. `unknown`: it does not say, or speaks of another PID namespace, in which a
 * number means another process.
 */
export function fateOfOwner(attempt: string): ProcessFate {
  const [, pid, startTime, namespace] = /~(\d+)-(\d+)-(\d+)$/.exec(attempt) ?? [];
  if (pid === undefined || startTime === undefined) return 'unknown';
  const { bootId, host, pidNamespace } = thisProcess();
  if (namespace !== namespaceNumber(pidNamespace)) return 'unknown';
  // An environment does not outlive its boot, nor leave its machine.
  return fateOf({ pid: Number(pid), startTime, bootId, host, pidNamespace });
}

/** `4026531836` of `pid:[4026531836]`. */
function namespaceNumber(pidNamespace: string): string {
  return pidNamespace.replaceAll(/\D/g, '') || '0';
}
