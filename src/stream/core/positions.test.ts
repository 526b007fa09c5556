import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { comparePositions, decodePosition, encodePosition, samePosition, showPosition } from './positions.ts';

const position = fc.array(
  fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 }), fc.constantFrom(2 ** 32, 2 ** 32 - 1, -(2 ** 32))),
  { maxLength: 4 },
);

test('a position survives being stored', () => {
  fc.assert(
    fc.property(position, (given) =>
      assert.deepEqual(
        decodePosition(encodePosition(given)),
        given.map((n) => n + 0),
      ),
    ),
  );
});

test('stored positions sort as positions do', () => {
  fc.assert(
    fc.property(position, position, (a, b) => {
      const stored = Buffer.compare(encodePosition(a), encodePosition(b));
      assert.equal(Math.sign(stored), Math.sign(comparePositions(a, b)));
      assert.equal(samePosition(a, b), stored === 0);
    }),
  );
});

test('the start is before everything, and places are shown for people', () => {
  assert.ok(comparePositions([], [0]) < 0);
  assert.ok(comparePositions([1, 9], [2]) < 0);
  assert.equal(showPosition([]), 'start');
  assert.equal(showPosition([3, 120]), '3:120');
});

test('what is not made of safe integers is not stored', () => {
  assert.throws(() => encodePosition([0.5]), /safe integers/);
  assert.throws(() => decodePosition(new Uint8Array(7)), /7 bytes/);
});
