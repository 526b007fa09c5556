import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextTurn, TURN } from './order.ts';

/** The order of all records of partitions, taken in pieces of at most `cut` records. */
function orderOf(lengths: readonly number[], cut: () => number): string {
  const counts = lengths.map(() => 0);
  const order: string[] = [];
  for (;;) {
    const turn = nextTurn(counts, (partition) => counts[partition] === lengths[partition]);
    if (turn === null) return order.join(' ');
    const left = lengths[turn.partition]! - counts[turn.partition]!;
    const taken = Math.min(turn.records, left, cut());
    for (let record = 0; record < taken; record++) order.push(`${turn.partition}:${counts[turn.partition]! + record}`);
    counts[turn.partition]! += taken;
  }
}

test('the order is the same wherever it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 * TURN }), { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 2 * TURN })),
      (lengths, cuts) => {
        const whole = orderOf(lengths, () => Number.POSITIVE_INFINITY);
        assert.equal(
          orderOf(lengths, () => cuts.next().value as number),
          whole,
        );
        assert.equal(
          whole === '' ? 0 : whole.split(' ').length,
          lengths.reduce((sum, length) => sum + length, 0),
        );
      },
    ),
    { numRuns: 30 },
  );
});

test('partitions take turns, and one that has ended is passed over', () => {
  const never = (): boolean => false;
  assert.deepEqual(nextTurn([0, 0], never), { partition: 0, records: TURN });
  assert.deepEqual(nextTurn([TURN, 0], never), { partition: 1, records: TURN });
  assert.deepEqual(nextTurn([TURN, 7], never), { partition: 1, records: TURN - 7 });
  assert.deepEqual(nextTurn([TURN, TURN], never), { partition: 0, records: TURN });
  assert.deepEqual(
    nextTurn([0, 9 * TURN], (partition) => partition === 0),
    { partition: 1, records: TURN },
  );
  assert.deepEqual(nextTurn([5], never), { partition: 0, records: Number.POSITIVE_INFINITY });
  assert.equal(
    nextTurn([1, 2], () => true),
    null,
  );
});
