import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LOST_IDS_MAX, WorkLedger } from './work.ts';

test('the sum holds after any sequence of accepted and settled work', () => {
  const action = fc.record({
    accept: fc.boolean(),
    id: fc.option(fc.integer({ min: 0, max: 9 }).map(String)),
    count: fc.nat(50),
    as: fc.constantFrom('finished' as const, 'returned' as const, 'lost' as const, 'unknown' as const),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const ledger = new WorkLedger();
      for (const { accept, id, count, as } of actions) {
        try {
          if (accept) ledger.accept(id, count);
          else ledger.settle(id, count, as);
        } catch (error) {
          assert.match(String(error), /accepted twice|not in flight|were in flight/);
        }
        ledger.assertBalanced();
      }
      ledger.settleRest('returned');
      assert.equal(ledger.inFlight, 0);
      ledger.assertBalanced();
    }),
  );
});

test('ids of lost items are kept up to the bound, the count goes on', () => {
  const ledger = new WorkLedger();
  for (let index = 0; index < LOST_IDS_MAX + 10; index++) {
    ledger.accept(`r${index}`, 1);
    ledger.settle(`r${index}`, 1, 'lost');
  }
  assert.equal(ledger.lostIds.length, LOST_IDS_MAX);
  assert.equal(ledger.counts.lost, LOST_IDS_MAX + 10);
});

test('half an item is neither accepted nor settled', () => {
  const ledger = new WorkLedger();
  ledger.accept(null, 2);
  for (const count of [0.5, -1, Number.NaN, Infinity]) {
    assert.throws(() => ledger.accept(null, count), /count/);
    assert.throws(() => ledger.settle(null, count, 'finished'), /count/);
  }
  assert.deepEqual(ledger.counts, { accepted: 2, finished: 0, returned: 0, lost: 0, unknown: 0 });
});
