import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { CallFailure, createCaller } from './call.ts';
import { CALL_DEFAULTS, type CallPolicy } from './core.ts';

const FAST: CallPolicy = { ...CALL_DEFAULTS, timeoutMs: 50, backoffMs: 1, backoffMaxMs: 2, breakerOpenMs: 5 };
const NEVER = new AbortController().signal;

function caller(policy: Partial<CallPolicy> = {}) {
  return createCaller('scores', { ...FAST, ...policy }, systemClock, new SeededRandom(1));
}

test('a call that fails and then answers is answered', async () => {
  let attempts = 0;
  const answer = await caller().call(async () => {
    attempts += 1;
    if (attempts < 3) throw new Error('reset');
    return 'scored';
  }, NEVER);
  assert.equal(answer, 'scored');
  assert.equal(attempts, 3);
});

test('retries end: the error names the call, the attempts and the last reason', async () => {
  await assert.rejects(
    caller({ retries: 2 }).call(() => Promise.reject(new Error('connection refused')), NEVER),
    /scores: the call failed 3 times: connection refused/,
  );
});

test('an answer that says never is not tried again and does not open the circuit', async () => {
  const scores = caller({ breakerFailures: 1 });
  let attempts = 0;
  const refuse = () => {
    attempts += 1;
    return Promise.reject(new CallFailure('400', { retryable: false }));
  };
  await assert.rejects(scores.call(refuse, NEVER), /once, for good: 400/);
  assert.equal(attempts, 1);
  assert.equal(scores.circuit, 'closed');
});

test('an attempt that hangs and ignores its signal ends at its limit', async () => {
  await assert.rejects(
    caller({ retries: 0 }).call(() => new Promise(() => {}), NEVER),
    /no answer within 50 ms/,
  );
});

test('a cancelled call is cut at once, is no failure of the other side, and says that nothing is lost', async () => {
  const scores = caller({ timeoutMs: 60_000, breakerFailures: 1 });
  const drain = new AbortController();
  const began = Promise.withResolvers<AbortSignal>();
  const call = scores.call((signal) => {
    began.resolve(signal);
    return new Promise(() => {});
  }, drain.signal);
  const signal = await began.promise;
  drain.abort();
  await assert.rejects(call, { code: 'cancelled' });
  assert.equal(signal.aborted, true);
  assert.equal(scores.circuit, 'closed');
});

test('an open circuit turns calls away without trying, and closes after a probe that works', async () => {
  const scores = caller({ retries: 0, breakerFailures: 1, breakerOpenMs: 40 });
  await assert.rejects(scores.call(() => Promise.reject(new Error('down')), NEVER));
  let attempts = 0;
  await assert.rejects(
    scores.call(async () => (attempts += 1), NEVER),
    /circuit is open/,
  );
  assert.equal(attempts, 0);
  const patient = scores;
  const deadlineMs = performance.now() + 5_000;
  while (patient.circuit !== 'closed' && performance.now() < deadlineMs) {
    await patient.call(async () => (attempts += 1), NEVER).catch(() => new Promise(setImmediate));
  }
  assert.equal(patient.circuit, 'closed');
  assert.equal(attempts, 1);
});
