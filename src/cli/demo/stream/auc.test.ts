import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BinnedAuc } from './auc.ts';

/** The definition: the share of pairs of a positive and a negative in which the positive has the higher prediction. */
function exactAuc(sample: readonly { p: number; y: boolean }[]): number {
  const positives = sample.filter(({ y }) => y);
  const negatives = sample.filter(({ y }) => !y);
  let won = 0;
  for (const { p } of positives) for (const other of negatives) won += p > other.p ? 1 : p === other.p ? 0.5 : 0;
  return won / (positives.length * negatives.length);
}

test('the exact area lies within the stated error', () => {
  const sample = fc.array(fc.record({ p: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.boolean() }), {
    minLength: 2,
    maxLength: 80,
  });
  fc.assert(
    fc.property(sample, (records) => {
      fc.pre(records.some(({ y }) => y) && records.some(({ y }) => !y));
      const binned = new BinnedAuc();
      for (const { p, y } of records) binned.add(p, y);
      const { auc, errorMax } = binned.value();
      assert(
        Math.abs(auc - exactAuc(records)) <= errorMax + 1e-12,
        `${auc} ± ${errorMax}, exactly ${exactAuc(records)}`,
      );
    }),
  );
});

test('a perfect order has area 1, the reverse 0, and one class alone says nothing', () => {
  const perfect = new BinnedAuc();
  const reverse = new BinnedAuc();
  for (let i = 0; i < 10; i++) {
    perfect.add(i / 10, i >= 5);
    reverse.add(i / 10, i < 5);
  }
  assert.deepEqual(perfect.value(), { auc: 1, errorMax: 0 });
  assert.deepEqual(reverse.value(), { auc: 0, errorMax: 0 });
  assert.deepEqual(new BinnedAuc().value(), { auc: 0.5, errorMax: 0.5 });
});

test('a copy goes on by itself', () => {
  const original = new BinnedAuc();
  original.add(0.9, true);
  const copy = new BinnedAuc(original);
  copy.add(0.1, false);
  assert.equal(copy.value().auc, 1);
  assert.equal(original.value().errorMax, 0.5);
});
