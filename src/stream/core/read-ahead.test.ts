import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NO_PACE, paceAfter, READ_RECORDS_MAX, readRecords } from './read-ahead.ts';

const stride = fc.record({
  records: fc.integer({ min: 1, max: 4_096 }),
  tookMs: fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 60_000, noNaN: true })),
});

test('before anything was processed one record is asked for', () => {
  assert.equal(readRecords(NO_PACE, 1), 1);
});

test('what is asked for is a whole number within its bounds, whatever the pace and the partitions', () => {
  fc.assert(
    fc.property(fc.array(stride), fc.integer({ min: 1, max: 10_000 }), (strides, partitions) => {
      const pace = strides.reduce((before, { records, tookMs }) => paceAfter(before, records, tookMs), NO_PACE);
      const asked = readRecords(pace, partitions);
      assert.ok(Number.isInteger(asked) && asked >= 1 && asked <= READ_RECORDS_MAX, `${asked}`);
    }),
  );
});

test('at a steady pace two batches of each partition are a second of work, or one record each, or the most there is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4_096 }),
      fc.double({ min: 0.1, max: 5_000, noNaN: true }),
      fc.integer({ min: 1, max: 64 }),
      (records, tookMs, partitions) => {
        let pace = NO_PACE;
        for (let done = 0; done < 20; done++) pace = paceAfter(pace, records, tookMs);
        const asked = readRecords(pace, partitions);
        const heldMs = 2 * partitions * asked * (tookMs / records);
        if (asked > 1) assert.ok(heldMs <= 1_000.001, `${heldMs} ms are held`);
        if (asked < READ_RECORDS_MAX) assert.ok(heldMs + 2 * partitions * (tookMs / records) > 999, `${heldMs} ms`);
      },
    ),
  );
});

test('a step that turns slow is noticed within about a second of work, and one that turns fast as well', () => {
  let pace = paceAfter(NO_PACE, 1_000_000, 1_000);
  assert.equal(readRecords(pace, 1), READ_RECORDS_MAX);
  for (let ms = 0; ms < 20_000; ms += 100) pace = paceAfter(pace, 1, 100);
  assert.equal(readRecords(pace, 1), 5);
  for (let ms = 0; ms < 5_000; ms += 2) pace = paceAfter(pace, 2_000, 2);
  assert.equal(readRecords(pace, 1), READ_RECORDS_MAX);
});
