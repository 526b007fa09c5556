import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sigmoid } from './sigmoid.ts';

describe('the deterministic sigmoid', () => {
  it('agrees with Math.exp to a few units in the last place', () => {
    fc.assert(
      fc.property(fc.double({ min: -35, max: 35, noNaN: true }), (z) => {
        const expected = 1 / (1 + Math.exp(-z));
        assert.ok(Math.abs(sigmoid(z) - expected) <= 4 * Number.EPSILON * expected, `${z}`);
      }),
      { numRuns: 20_000 },
    );
  });

  it('stays strictly between 0 and 1 however large its argument is, and never falls as that rises', () => {
    const points = [-1e308, -40, -35, -20, -1, -1e-300, 0, 1e-300, 1, 20, 35, 40, 1e308].map(sigmoid);
    for (const [at, p] of points.entries()) {
      assert.ok(p > 0 && p < 1);
      if (at > 0) assert.ok(p >= points[at - 1]!);
    }
    assert.equal(sigmoid(0), 0.5);
  });

  it('has the bits that were recorded when it was written, on this machine as on every other', () => {
    const bits = [-30.25, -3.5, -0.1, 0.7, 2, 12.125].map((z) =>
      Buffer.from(new Float64Array([sigmoid(z)]).buffer).toString('hex'),
    );
    assert.deepEqual(bits, [
      '76a210d05b83343d',
      '93adcc8106049e3f',
      '90a0acb1bd66de3f',
      '7594a152cb61e53f',
      'cb798a5a7d2fec3f',
      '36e6f7a0f4ffef3f',
    ]);
  });
});
