// Starts shell scripts as owned trees, and finds what is left of them, for tests.
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { NO_LIMITS, type Limits } from '../ownership/cgroup.ts';
import { type Cookie, ownedAttempt, sameCookie } from '../ownership/cookie.ts';
import { launch } from '../ownership/launch.ts';
import type { OwnedProcess } from '../ownership/owned-process.ts';
import { waysDown } from '../ownership/rungs.ts';
import { sweep } from '../ownership/sweep.ts';
import type { Rung } from '../ownership/tree.ts';

/** The rungs that this machine offers. */
export const rungsHere: readonly Rung[] = [...new Set(waysDown(process.env, false).map((way) => way.rung))];

export interface Started {
  readonly owned: OwnedProcess;
  /** What it has printed so far. */
  readonly output: () => string;
}

/** The tree is ended after the test, whatever became of it. */
export async function startScript(t: TestContext, script: string, rung: Rung, limits = NO_LIMITS): Promise<Started> {
  const owned = await launch({
    argv: ['sh', '-c', script],
    environment: process.env,
    cookie: newCookie(),
    streams: ['ignore', 'pipe', 'inherit'],
    group: `lastcall-test-${randomUUID()}`,
    limits: limits satisfies Limits,
    rung,
    terminal: false,
  });
  t.after(() => owned.end(10_000));
  let output = '';
  owned.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { owned, output: () => output };
}

export function newCookie(): Cookie {
  return { storeId: `store_${randomUUID()}`, unit: 'test', attempt: ownedAttempt('1') };
}

/** Command lines of what carries the cookie. */
export function left(cookie: Cookie): readonly string[] {
  return sweep((other) => sameCookie(other, cookie)).found.map(({ command }) => command);
}
