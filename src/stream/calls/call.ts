// One call to the outside carried out: attempts with a time limit each, bounded retries, a circuit breaker that all calls
// of the same name share, and an end to all of it when the drain limit comes. What was cut is not a failure of the other
// side: the caller gets `cancelled`, and hands the record back.
import type { Clock } from '../../base/clock.ts';
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { admit, afterAttempt, CLOSED, retryDelayMs, type Breaker, type CallPolicy } from './core.ts';

/** Thrown by what is called to say more than that it failed. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  /** `false`: the same call would fail again, such as an answer of 400. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;

  constructor(message: string, options: { retryable: boolean; retryAfterMs?: number | null; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

export interface Caller {
  /**
   * @param run is given an AbortSignal per attempt; whatever it throws counts as retryable unless it is a CallFailure
   * @throws LastcallError `dependency` when attempts are used up or the circuit is open; `cancelled` when `cancel` aborted
   */
  call<Result>(run: (signal: AbortSignal) => Promise<Result>, cancel: AbortSignal): Promise<Result>;
  readonly circuit: Breaker['state'];
}

/** @param name what is called, for people */
export function createCaller(name: string, policy: CallPolicy, clock: Clock, random: Random): Caller {
  let breaker: Breaker = CLOSED;

  async function attempt<Result>(run: (signal: AbortSignal) => Promise<Result>, cancel: AbortSignal): Promise<Result> {
    const admitted = admit(breaker, clock.monotonicMs());
    breaker = admitted.breaker;
    if (!admitted.admitted) {
      throw new CallFailure('the circuit is open after failures in a row', {
        retryable: true,
        retryAfterMs: admitted.waitMs,
      });
    }
    try {
      const result = await withinLimit(run, policy.timeoutMs, clock, cancel);
      breaker = afterAttempt(breaker, { type: 'succeeded' }, policy);
      return result;
    } catch (error) {
      const atMs = clock.monotonicMs();
      const answered = error instanceof CallFailure && !error.retryable;
      // An answer that says "never" proves that the other side is there.
      const event = cancel.aborted
        ? ({ type: 'abandoned', atMs } as const)
        : answered
          ? ({ type: 'succeeded' } as const)
          : ({ type: 'failed', atMs } as const);
      breaker = afterAttempt(breaker, event, policy);
      throw error;
    }
  }

  return {
    get circuit() {
      return breaker.state;
    },
    async call(run, cancel) {
      for (let tries = 0; ; tries++) {
        if (cancel.aborted) throw cancelled(name, cancel.reason);
        try {
          return await attempt(run, cancel);
        } catch (error) {
          if (cancel.aborted) throw cancelled(name, error);
          const failure = error instanceof CallFailure ? error : null;
          const delayMs = retryDelayMs(
            {
              attempt: tries,
              retryable: failure?.retryable ?? true,
              retryAfterMs: failure?.retryAfterMs ?? null,
              random: random.next(),
            },
            policy,
          );
          if (delayMs === null) throw exhausted(name, tries + 1, error);
          await pause(delayMs, clock, cancel);
        }
      }
    },
  };
}

/** Runs one attempt; rejects at its limit or when `cancel` aborts, even if `run` ignores its signal. */
function withinLimit<Result>(
  run: (signal: AbortSignal) => Promise<Result>,
  limitMs: number,
  clock: Clock,
  cancel: AbortSignal,
): Promise<Result> {
  const controller = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const cut = (error: Error) => {
    controller.abort(error);
    reject(error);
  };
  const onCancel = () => cut(new CallFailure('cancelled', { retryable: true }));
  const stopTimer = clock.after(limitMs, () =>
    cut(new CallFailure(`no answer within ${limitMs} ms`, { retryable: true })),
  );
  cancel.addEventListener('abort', onCancel, { once: true });
  run(controller.signal).then(resolve, reject);
  return promise.finally(() => {
    stopTimer();
    cancel.removeEventListener('abort', onCancel);
  });
}

function pause(delayMs: number, clock: Clock, cancel: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stopTimer();
      cancel.removeEventListener('abort', done);
      resolve();
    };
    const stopTimer = clock.after(delayMs, done);
    cancel.addEventListener('abort', done, { once: true });
  });
}

function cancelled(name: string, cause: unknown): LastcallError {
  return new LastcallError('cancelled', {
    on: name,
    what: 'the call was cut because the unit is ending',
    todo: 'Nothing is lost: the record is handed back and read again by the next start.',
    cause,
  });
}

function exhausted(name: string, attempts: number, cause: unknown): LastcallError {
  return new LastcallError('dependency', {
    on: name,
    what: `the call failed ${attempts === 1 ? 'once, for good' : `${attempts} times`}: ${messageOf(cause)}`,
    todo: 'Check that the service answers; allow more retries if it needs longer to come back.',
    cause,
  });
}
