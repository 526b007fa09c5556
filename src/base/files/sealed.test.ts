import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { sealed, unsealed } from './sealed.ts';

test('what was sealed is unsealed, and any flipped bit is noticed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(), (bytes, at) => {
      const piece = sealed(bytes);
      assert.deepEqual(Uint8Array.from(unsealed(piece)!), bytes);
      const bit = at % (piece.length * 8);
      piece[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(unsealed(piece), null);
    }),
  );
});

test('pieces too short to carry a checksum are noticed', () => {
  for (let length = 0; length < 4; length++) assert.equal(unsealed(new Uint8Array(length)), null);
});
