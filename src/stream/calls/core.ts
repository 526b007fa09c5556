// Decisions about calls to the outside: when to try again and when not to try at all. Pure: time and randomness come in.
// Retries wait by exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
// Blog, 2015); the circuit breaker is the one of M. Nygard, "Release It!" (closed, open, half-open).

export interface CallPolicy {
  /** Limit of one attempt, milliseconds. */
  readonly timeoutMs: number;
  /** Attempts after the first one. */
  readonly retries: number;
  /** Backoff before retry n (0, 1, …) is random in [0, min(backoffMaxMs, backoffMs · 2^n)]. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** Consecutive failed attempts that open the circuit. */
  readonly breakerFailures: number;
  /** How long it stays open before one attempt is let through to try. */
  readonly breakerOpenMs: number;
}

export const CALL_DEFAULTS: CallPolicy = {
  timeoutMs: 10_000,
  retries: 3,
  backoffMs: 100,
  backoffMaxMs: 10_000,
  breakerFailures: 5,
  breakerOpenMs: 10_000,
};

/** `probing`: half-open, one attempt is under way and nobody else may try. */
export type Breaker =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly untilMs: number }
  | { readonly state: 'probing' };

export const CLOSED: Breaker = { state: 'closed', failures: 0 };

export type BreakerEvent =
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed'; readonly atMs: number }
  /** The attempt ended without telling anything about the other side: cancelled by us. */
  | { readonly type: 'abandoned'; readonly atMs: number };

/** Whether an attempt may begin now; if not, how long until one may (0: when the probe under way has ended). */
export function admit(breaker: Breaker, atMs: number): { breaker: Breaker; admitted: boolean; waitMs: number } {
  if (breaker.state === 'closed') return { breaker, admitted: true, waitMs: 0 };
  if (breaker.state === 'probing') return { breaker, admitted: false, waitMs: 0 };
  if (atMs < breaker.untilMs) return { breaker, admitted: false, waitMs: breaker.untilMs - atMs };
  return { breaker: { state: 'probing' }, admitted: true, waitMs: 0 };
}

export function afterAttempt(breaker: Breaker, event: BreakerEvent, policy: CallPolicy): Breaker {
  if (event.type === 'succeeded') return CLOSED;
  if (event.type === 'abandoned') return breaker.state === 'probing' ? { state: 'open', untilMs: event.atMs } : breaker;
  const failures = breaker.state === 'closed' ? breaker.failures + 1 : policy.breakerFailures;
  if (failures < policy.breakerFailures) return { state: 'closed', failures };
  return { state: 'open', untilMs: event.atMs + policy.breakerOpenMs };
}

export interface FailedAttempt {
  /** 0 for the first. */
  readonly attempt: number;
  readonly retryable: boolean;
  /** What the other side asked for (`Retry-After`), or null. */
  readonly retryAfterMs: number | null;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** Milliseconds to wait before the next attempt, or null to give up. */
export function retryDelayMs(failed: FailedAttempt, policy: CallPolicy): number | null {
  if (!failed.retryable || failed.attempt >= policy.retries) return null;
  const ceilingMs = Math.min(policy.backoffMaxMs, policy.backoffMs * 2 ** failed.attempt);
  const jitteredMs = failed.random * ceilingMs;
  return failed.retryAfterMs === null ? jitteredMs : Math.max(jitteredMs, failed.retryAfterMs);
}
