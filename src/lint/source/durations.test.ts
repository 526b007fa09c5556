import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goDurationMs, secondsMs, systemdMs } from './durations.ts';

test('times of Go, as compose and Nomad take them', () => {
  assert.deepEqual(['1m30s', '90s', '1.5h', '250ms', '0'].map(goDurationMs), [90_000, 90_000, 5_400_000, 250, 0]);
  assert.deepEqual(
    ['90', '1 m', '', 's', '-1s', '${X}', undefined].map(goDurationMs),
    Array.from({ length: 7 }, () => undefined),
  );
});

test('plain numbers are seconds where a platform says so', () => {
  assert.deepEqual(['30', '2.5', '10s', 'soon'].map(secondsMs), [30_000, 2_500, 10_000, undefined]);
});

test('times of systemd: bare seconds, words in many spellings, infinity', () => {
  assert.deepEqual(['90', '1min 30s', '1min30s', '2 minutes', '500ms', 'infinity', '0'].map(systemdMs), [
    90_000,
    90_000,
    90_000,
    120_000,
    500,
    Infinity,
    0,
  ]);
  assert.deepEqual(
    ['soon', '1 fortnight', '', undefined, '5x'].map(systemdMs),
    Array.from({ length: 5 }, () => undefined),
  );
});
