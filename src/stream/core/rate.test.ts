import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateMeter } from './rate.ts';

test('a steady stream has its rate, seen often or rarely', () => {
  for (const everyMs of [7, 900]) {
    const meter = new RateMeter(0, 5_000);
    let nowMs = 0;
    while (nowMs < 20_000) meter.see((nowMs += everyMs), 5_000 + nowMs * 3);
    const rate = meter.at(nowMs);
    assert.ok(Math.abs(rate - 3_000) < 100, `${rate}`);
  }
});

test('the rate follows a change within its window, and falls to nothing when nothing comes', () => {
  const meter = new RateMeter(0, 0);
  for (let nowMs = 100; nowMs <= 10_000; nowMs += 100) meter.see(nowMs, nowMs);
  for (let nowMs = 10_100; nowMs <= 20_000; nowMs += 100) meter.see(nowMs, 10_000 + (nowMs - 10_000) * 5);
  assert.ok(Math.abs(meter.at(20_000) - 5_000) < 100);
  assert.ok(meter.at(22_000) < 5_000);
  assert.equal(meter.at(60_000), 0);
});

test('before anything was seen the rate is 0', () => {
  assert.equal(new RateMeter(0, 0).at(0), 0);
});
