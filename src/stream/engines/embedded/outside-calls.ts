// `context.call`: one caller per name, so that calls of one name share a circuit breaker.
import { randomInt } from 'node:crypto';
import { systemClock } from '../../../base/clock.ts';
import { SeededRandom } from '../../../base/random.ts';
import { createCaller } from '../../calls/call.ts';
import type { Caller } from '../../calls/call.ts';
import { CALL_DEFAULTS } from '../../calls/core.ts';
import type { CallPolicy } from '../../calls/core.ts';

export class OutsideCalls {
  readonly #policies: Readonly<Record<string, CallPolicy>>;
  readonly #callers = new Map<string, Caller>();
  readonly #cancelling = new AbortController();
  /** For the jitter of retries alone: the steps' own randomness must not depend on how the outside behaves. */
  readonly #random = new SeededRandom(randomInt(2 ** 32));

  constructor(policies: Readonly<Record<string, CallPolicy>>) {
    this.#policies = policies;
  }

  call<Result>(name: string, run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    let caller = this.#callers.get(name);
    if (caller === undefined) {
      caller = createCaller(name, this.#policies[name] ?? CALL_DEFAULTS, systemClock, this.#random);
      this.#callers.set(name, caller);
    }
    return caller.call(run, this.#cancelling.signal);
  }

  cancel(): void {
    this.#cancelling.abort();
  }
}
