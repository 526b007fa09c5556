import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Settlement } from './settlement.ts';

test('an epoch is finished when its last output is acknowledged, and not before', () => {
  const settlement = new Settlement();
  settlement.commit(100, 40);
  settlement.commit(50, 90);
  assert.equal(settlement.acknowledge(39), 0);
  assert.equal(settlement.acknowledge(40), 100);
  assert.equal(settlement.records, 50);
  assert.equal(settlement.acknowledge(89), 0);
  assert.equal(settlement.acknowledge(90), 50);
});

test('records without outputs are finished with what came before them', () => {
  const settlement = new Settlement();
  settlement.commit(10, 0);
  assert.equal(settlement.acknowledge(0), 10);
  settlement.commit(10, 5);
  settlement.commit(10, 5);
  assert.equal(settlement.acknowledge(4), 0);
  assert.equal(settlement.acknowledge(5), 20);
});

test('no record is finished before its outputs are acknowledged or twice, however many epochs wait', () => {
  const step = fc.record({
    records: fc.integer({ min: 0, max: 100 }),
    outputs: fc.integer({ min: 0, max: 5 }),
    acknowledged: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3_000, size: 'max' }), (steps) => {
      const settlement = new Settlement();
      const upToOf: { records: number; upTo: number }[] = [];
      let [committed, outputs, finished, acknowledged] = [0, 0, 0, 0];
      for (const next of steps) {
        committed += next.records;
        outputs += next.outputs;
        upToOf.push({ records: next.records, upTo: outputs });
        settlement.commit(next.records, outputs);
        acknowledged += Math.floor((outputs - acknowledged) * next.acknowledged * 0.01);
        finished += settlement.acknowledge(acknowledged);
        const allowed = upToOf.reduce((sum, { records, upTo }) => sum + (upTo <= acknowledged ? records : 0), 0);
        assert.ok(finished <= allowed, `${finished} finished of ${allowed}`);
        assert.equal(finished + settlement.records, committed);
      }
      finished += settlement.acknowledge(outputs);
      assert.equal(finished, committed);
    }),
    { numRuns: 20 },
  );
});
