import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { admit, afterAttempt, CALL_DEFAULTS, CLOSED, retryDelayMs, type Breaker } from './core.ts';

test('the circuit opens after the configured number of failures in a row, and not before', () => {
  let breaker: Breaker = CLOSED;
  for (let failure = 1; failure < CALL_DEFAULTS.breakerFailures; failure++) {
    breaker = afterAttempt(breaker, { type: 'failed', atMs: 0 }, CALL_DEFAULTS);
    assert.equal(breaker.state, 'closed');
  }
  assert.equal(afterAttempt(breaker, { type: 'failed', atMs: 0 }, CALL_DEFAULTS).state, 'open');
});

test('a success in between starts the count again', () => {
  const failed = afterAttempt(CLOSED, { type: 'failed', atMs: 0 }, CALL_DEFAULTS);
  assert.deepEqual(afterAttempt(failed, { type: 'succeeded' }, CALL_DEFAULTS), CLOSED);
});

test('an open circuit lets one attempt through after its time, and only one', () => {
  const open: Breaker = { state: 'open', untilMs: 10_000 };
  assert.deepEqual(admit(open, 4_000), { breaker: open, admitted: false, waitMs: 6_000 });
  const probe = admit(open, 10_000);
  assert.equal(probe.admitted, true);
  assert.equal(admit(probe.breaker, 10_000).admitted, false);
  assert.equal(afterAttempt(probe.breaker, { type: 'failed', atMs: 11_000 }, CALL_DEFAULTS).state, 'open');
  assert.deepEqual(afterAttempt(probe.breaker, { type: 'succeeded' }, CALL_DEFAULTS), CLOSED);
});

test('a probe that we cancelled ourselves leaves the next attempt free to try', () => {
  const probe = admit({ state: 'open', untilMs: 0 }, 5);
  const after = afterAttempt(probe.breaker, { type: 'abandoned', atMs: 6 }, CALL_DEFAULTS);
  assert.equal(admit(after, 6).admitted, true);
});

test('retries are bounded, waits stay under their ceiling, and Retry-After is respected', () => {
  const attempts = fc.record({
    attempt: fc.nat(10),
    retryable: fc.boolean(),
    retryAfterMs: fc.option(fc.nat(100_000)),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(attempts, (failed) => {
      const delayMs = retryDelayMs(failed, CALL_DEFAULTS);
      if (!failed.retryable || failed.attempt >= CALL_DEFAULTS.retries) return assert.equal(delayMs, null);
      assert.ok(delayMs !== null && delayMs >= (failed.retryAfterMs ?? 0));
      assert.ok(delayMs <= Math.max(CALL_DEFAULTS.backoffMaxMs, failed.retryAfterMs ?? 0));
    }),
  );
});
