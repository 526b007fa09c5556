import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearest } from './nearest.ts';

const NAMES = ['status', 'stop', 'start', 'stream run', 'swap', 'ps', 'report'];

test('a name with one mistake of any kind finds the name that was meant', () => {
  assert.equal(nearest('stauts', NAMES), 'status'); // two letters swapped
  assert.equal(nearest('sttop', NAMES), 'stop'); // one too many
  assert.equal(nearest('repot', NAMES), 'report'); // one too few
  assert.equal(nearest('Swep', NAMES), 'swap'); // another one, and case
});

test('the beginning of a name finds it', () => {
  assert.equal(nearest('rep', NAMES), 'report');
});

test('another word finds nothing', () => {
  assert.equal(nearest('launch', NAMES), undefined);
  assert.equal(nearest('x', ['ps', 'stop']), undefined);
});

test('every name is nearest to itself', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{4,9}$/), { minLength: 1, maxLength: 6 }), (names) => {
      for (const name of names)
        assert.equal(
          nearest(
            name,
            names.toSorted((a, b) => a.length - b.length),
          ),
          name,
        );
    }),
  );
});
