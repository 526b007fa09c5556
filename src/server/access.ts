// Who may ask: the key, the role, the name that the server is called by, and how often a source may guess.
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.ts';
import { problem, type Problem } from '../lifecycle/control/problem.ts';
import { ROLES, type Caller, type Keys, type Role } from './keys.ts';

/** Wrong keys that one address may send in a minute. A right one is never held up by them. */
const FAILURES_MAX = 20;
const WINDOW_MS = 60_000;
const SOURCES_MAX = 10_000;

export class Refusal extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(what: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(what.detail);
    this.problem = what;
    this.headers = headers;
  }
}

export interface AccessRules {
  /** null: everybody is the administrator (`--no-keys`, loopback only). */
  readonly keys: Keys | null;
  /** Names that the server may be called by beside those of this machine. */
  readonly hosts: readonly string[];
  /** Origins whose pages may ask. */
  readonly origins: readonly string[];
  readonly clock: Clock;
}

export class Access {
  readonly #rules: AccessRules;
  readonly #failures = new Map<string, { count: number; readonly sinceMs: number }>();

  constructor(rules: AccessRules) {
    this.#rules = rules;
  }

  /** A web page must not reach us by a name of its own (DNS rebinding), nor from an origin that nobody allowed. @throws Refusal */
  checkPlace({ hostname, headers }: Pick<FastifyRequest, 'hostname' | 'headers'>): void {
    const { hosts, origins } = this.#rules;
    const name = hostname.replace(/^\[(.*)\]$/, '$1');
    if (!isLoopbackName(name) && !hosts.includes(name)) {
      throw new Refusal(
        problem(
          421,
          'misdirected',
          `this is not ${name}`,
          'Allow the name with --host-name, or use 127.0.0.1.',
          'Host',
        ),
      );
    }
    const { origin } = headers;
    if (origin !== undefined && !origins.includes(origin)) {
      throw new Refusal(problem(403, 'origin', `pages of ${origin} may not ask`, 'Allow it with --origin.', 'Origin'));
    }
  }

  /** @throws Refusal 401 without a key that is known, 429 after too many wrong ones */
  caller({ ip, headers }: Pick<FastifyRequest, 'ip' | 'headers'>): Caller {
    const { keys } = this.#rules;
    if (keys === null) return { keyId: 'none', owner: 'local', role: 'admin' };
    const key = /^bearer +(\S{1,256})$/i.exec(headers.authorization ?? '')?.[1];
    const caller = key === undefined ? null : keys.find(key);
    if (caller) return caller;
    const waitS = key === undefined ? null : this.#failed(ip);
    if (waitS !== null) {
      const what = problem(429, 'too_many', 'too many wrong keys came from this address', `Wait ${waitS} s.`);
      throw new Refusal(what, { 'retry-after': String(waitS) });
    }
    const detail = key === undefined ? 'a key is needed' : 'this key is not known';
    throw new Refusal(problem(401, 'unauthorized', detail, 'Send `Authorization: Bearer KEY`.'), {
      'www-authenticate': 'Bearer',
    });
  }

  /** Seconds to wait once there were too many; null while there were not. */
  #failed(source: string): number | null {
    const nowMs = this.#rules.clock.monotonicMs();
    let found = this.#failures.get(source);
    if (!found || nowMs - found.sinceMs > WINDOW_MS) {
      // The oldest go first: a map keeps the order of insertion.
      if (this.#failures.size >= SOURCES_MAX) this.#failures.delete(this.#failures.keys().next().value!);
      this.#failures.delete(source);
      found = { count: 0, sinceMs: nowMs };
      this.#failures.set(source, found);
    }
    found.count++;
    return found.count > FAILURES_MAX ? Math.ceil((found.sinceMs + WINDOW_MS - nowMs) / 1_000) : null;
  }
}

/** @throws Refusal 403 */
export function requireRole(caller: Caller, role: Role): void {
  if (ROLES.indexOf(caller.role) >= ROLES.indexOf(role)) return;
  throw new Refusal(problem(403, 'forbidden', `this needs the role ${role}`, `Your key has the role ${caller.role}.`));
}

/** Others' things are as if they were not there. */
export function mayTouch(caller: Caller, owner: string): boolean {
  return caller.role === 'admin' || caller.owner === owner;
}

export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
