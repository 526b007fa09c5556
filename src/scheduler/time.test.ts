import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchedulerTime, type TimeSource } from './time.ts';

function machine(): TimeSource & { mono: number; wall: number; boot: string } {
  return {
    mono: 1_000,
    wall: 50_000,
    boot: 'a',
    monotonicMs() {
      return this.mono;
    },
    wallMs() {
      return this.wall;
    },
    bootId() {
      return this.boot;
    },
  };
}

test('a step of the wall clock changes nothing', () => {
  const source = machine();
  const time = new SchedulerTime(source, null);
  source.mono += 500;
  source.wall -= 3_600_000;
  assert.equal(time.now().atMs, 500);
});

test('a restart goes on where time is by then, also when the wall clock was set meanwhile', () => {
  const source = machine();
  const first = new SchedulerTime(source, null);
  source.mono += 500;
  const anchor = first.anchor();
  source.mono += 2_000;
  source.wall -= 3_600_000;
  assert.equal(new SchedulerTime(source, anchor).now().atMs, 2_500);
});

test('across a boot the wall clock says how long it took, and time never goes back', () => {
  const source = machine();
  const anchor = new SchedulerTime(source, null).anchor();
  Object.assign(source, { boot: 'b', mono: 5, wall: source.wall + 60_000 });
  assert.equal(new SchedulerTime(source, anchor).now().atMs, 60_000);
  source.wall = 0;
  assert.equal(new SchedulerTime(source, anchor).now().atMs, 0);
});
