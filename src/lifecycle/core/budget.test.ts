import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { config } from '../testdata/script.ts';
import {
  announceCapMs,
  marginMs,
  planReserves,
  planTotal,
  platformBudget,
  reserveBeyondMs,
  type Platform,
} from './budget.ts';

function plan(platform: Platform, graceMs = 75_000) {
  const unit = config(platform, { graceMs });
  const { totalMs, source } = planTotal(unit, null);
  const reserves = planReserves(unit, totalMs);
  const announceMs = announceCapMs(unit, totalMs);
  const rest = totalMs - announceMs - reserves.persistReserveMs - reserves.releaseReserveMs;
  return { totalMs, source, announceMs, drainMs: Math.min(60_000, rest), ...reserves };
}

function assertClose(actual: number, expected: number) {
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);
}

test('the four rows of the budget table come out as written', () => {
  const rows: readonly [Platform, number, number, number, number, number, number][] = [
    [{ kind: 'none' }, 75_000, 75_000, 5_000, 60_000, 7_000, 3_000],
    [{ kind: 'kubernetes', graceMs: null, preStopMs: 0 }, 75_000, 28_000, 5_000, 13_000, 7_000, 3_000],
    [{ kind: 'container', graceMs: null }, 75_000, 9_000, 1_800, 2_700, 3_150, 1_350],
    [{ kind: 'none' }, 2_000, 2_000, 400, 600, 700, 300],
  ];
  for (const [platform, graceMs, total, announce, drain, persist, release] of rows) {
    const planned = plan(platform, graceMs);
    assertClose(planned.totalMs, total);
    assertClose(planned.announceMs, announce);
    assertClose(planned.drainMs, drain);
    assertClose(planned.persistReserveMs, persist);
    assertClose(planned.releaseReserveMs, release);
  }
});

test('a preStop of 30 s within a Kubernetes grace of 45 s leaves 13 s', () => {
  assert.equal(platformBudget({ kind: 'kubernetes', graceMs: 45_000, preStopMs: 30_000 }).platformMs, 13_000);
});

test('a systemd limit is used less 2 %, and may be moved by its notification', () => {
  const budget = platformBudget({ kind: 'systemd', graceMs: 90_000 });
  assert.equal(budget.platformMs, 88_200);
  assert.equal(budget.extension, 'systemd');
});

test('a request replaces the option and is still bounded by the platform', () => {
  const unit = config(
    { kind: 'kubernetes', graceMs: 30_000, preStopMs: 0 },
    { graceMs: 10_000, graceSource: 'option' },
  );
  assert.deepEqual(planTotal(unit, null), { totalMs: 10_000, source: 'option' });
  assert.deepEqual(planTotal(unit, 20_000), { totalMs: 20_000, source: 'option' });
  assert.deepEqual(planTotal(unit, 60_000), { totalMs: 28_000, source: 'kubernetes' });
});

test('a margin is never more than half of what it is taken from', () => {
  assert.equal(marginMs(400), 200);
  assert.equal(marginMs(10_000), 1_000);
  assert.equal(marginMs(100_000), 2_000);
});

test('what is kept beyond an extended stage leaves that stage its time after planning again', () => {
  const unit = config();
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200_000 }),
      fc.constantFrom('drain' as const, 'persist' as const),
      (ms, stage) => {
        const remaining = ms + reserveBeyondMs(unit, stage, ms);
        const reserves = planReserves(unit, remaining);
        const behind =
          stage === 'drain' ? reserves.persistReserveMs + reserves.releaseReserveMs : reserves.releaseReserveMs;
        assert.ok(remaining - behind >= ms - 1e-6);
      },
    ),
  );
});
