import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Batch } from '../ports.ts';
import { positionLimit, recordsLimit } from './limit.ts';

const batch = (partition: number, first: number, length: number): Batch => ({
  partition,
  length,
  after: [0, first],
  positionAfter: (index) => [0, first + index + 1],
  rows: [],
});
const done = (...places: number[]): { records: number; position: number[] }[] =>
  places.map((records) => ({ records, position: records === 0 ? [] : [0, records] }));

test('a number of records counts those of all partitions', () => {
  const limit = recordsLimit(100);
  const run = { batch: batch(1, 40, 30), from: 5, to: 30 };
  assert.equal(limit.cut(run, done(50, 45)), 10);
  assert.equal(limit.cut(run, done(10, 45)), 30);
  assert.equal(limit.cut(run, done(70, 45)), 5);
  assert.deepEqual([limit.isReached(done(50, 49)), limit.isReached(done(50, 50))], [false, true]);
});

test('a place stops with the record before it, however far the other partitions are', () => {
  const limit = positionLimit(1, [0, 60]);
  assert.equal(limit.cut({ batch: batch(1, 40, 30), from: 0, to: 30 }, done(0, 40)), 20);
  assert.equal(limit.cut({ batch: batch(0, 40, 30), from: 0, to: 30 }, done(40, 40)), 30);
  assert.equal(limit.cut({ batch: batch(0, 40, 30), from: 0, to: 30 }, done(40, 60)), 0);
  assert.deepEqual([limit.isReached(done(0, 59)), limit.isReached(done(0, 60))], [false, true]);
  // A place that is no record's end is passed by the record that it lies in.
  assert.equal(positionLimit(0, [0, 45, 3]).cut({ batch: batch(0, 40, 30), from: 0, to: 30 }, done(40)), 6);
});
