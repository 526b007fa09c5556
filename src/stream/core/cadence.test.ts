import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cadenceAt, nextScale, nextStride, SCALE_MAX } from './cadence.ts';

const base = { records: 20_000, everyMs: 100 };
/** The scale after many epochs of a machine on which a commit costs `fixed` + `perRecord` × records. */
function settled(fixedMs: number, perRecordMs: number, workPerRecordMs: number): number {
  let scale = 1;
  for (let epoch = 0; epoch < 200; epoch++) {
    const { records } = cadenceAt(scale, base);
    const commitMs = fixedMs + records * perRecordMs;
    scale = nextScale(scale, base, { workMs: records * workPerRecordMs, commitMs, overheadMs: fixedMs });
  }
  return scale;
}

test('an epoch is as large as asked while commits are neither slow nor dominant', () => {
  assert.equal(settled(1, 0, 0.004), 1);
  assert.deepEqual(cadenceAt(1, base), base);
});

test('commits that take longer than the target make epochs smaller, until they fit', () => {
  const scale = settled(5, 0.02, 0.01);
  assert.ok(scale < 1);
  assert.ok(5 + cadenceAt(scale, base).records * 0.02 <= base.everyMs * 1.2);
  assert.equal(cadenceAt(scale, base).everyMs, base.everyMs);
});

test('outputs that take long to write are no reason for larger epochs', () => {
  assert.equal(settled(1, 0.002, 0.002), 1);
});

test('state and device that take a large part of all time make epochs larger', () => {
  const scale = settled(10, 0, 0.001);
  assert.ok(scale > 1);
  const { records } = cadenceAt(scale, base);
  assert.ok(10 / (records * 0.001 + 10) < 0.15);
});

test('the scale stays within its bounds whatever is measured', () => {
  const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(ms, ms), { maxLength: 100 }), (epochs) => {
      let scale = 1;
      for (const [workMs, commitMs] of epochs) {
        scale = nextScale(scale, base, { workMs, commitMs, overheadMs: commitMs / 2 });
        assert.ok(scale >= 1 / SCALE_MAX && scale <= SCALE_MAX);
        assert.ok(cadenceAt(scale, base).records >= 1);
      }
    }),
  );
});

test('the clock is looked at every few milliseconds, and at every record if records are slow', () => {
  let stride = 1;
  for (let step = 0; step < 30; step++) stride = nextStride(stride, stride * 0.001);
  assert.ok(stride >= 1_000 && stride <= 4_096);
  for (let step = 0; step < 30; step++) stride = nextStride(stride, stride * 50);
  assert.equal(stride, 1);
});
