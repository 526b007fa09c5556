import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRestart, RESTART_DEFAULTS, type RestartRule } from './restart.ts';

const end = { code: 1, ranMs: 10, codeIsOfEnding: false, complete: false };
const policy = (rule: RestartRule) => ({ rule, ...RESTART_DEFAULTS });

test('the rule says which ends are followed by a start', () => {
  assert.equal(decideRestart(policy('never'), end, 0), null);
  assert.equal(decideRestart(policy('on-failure'), { ...end, code: 0 }, 0), null);
  assert.deepEqual(decideRestart(policy('on-failure'), end, 0), { afterMs: 500, failures: 1 });
  assert.deepEqual(decideRestart(policy('always'), { ...end, code: 0 }, 0), { afterMs: 500, failures: 1 });
});

test('delays double up to their bound, and begin anew after a run that went well', () => {
  const delays = [0, 1, 2, 3, 6, 7, 5_000].map((failures) => decideRestart(policy('always'), end, failures)?.afterMs);
  assert.deepEqual(delays, [500, 1_000, 2_000, 4_000, 30_000, 30_000, 30_000]);
  assert.deepEqual(decideRestart(policy('always'), { ...end, ranMs: 60_000 }, 9), { afterMs: 500, failures: 1 });
});

test('106 to 108 are final only with a report that says that they are of an ending', () => {
  for (const code of [106, 107, 108]) {
    assert.equal(decideRestart(policy('always'), { ...end, code, codeIsOfEnding: true }, 0), null);
    assert.notEqual(decideRestart(policy('always'), { ...end, code }, 0), null);
  }
});

test('work that is complete is not begun again, whatever the code', () => {
  assert.equal(decideRestart(policy('always'), { ...end, complete: true }, 0), null);
});
