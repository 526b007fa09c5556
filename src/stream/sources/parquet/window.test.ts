import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkWindow } from './window.ts';

test('whatever is asked for in any order, the bytes are those of the chunk, cut at its end', async () => {
  const file = Uint8Array.from({ length: 200 }, (_, index) => index);
  const bytes = { read: async (from: number, to: number) => file.slice(from, to) };
  const asked = fc.array(fc.tuple(fc.nat(100), fc.nat(120)), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(asked, fc.integer({ min: 1, max: 150 }), async (loads, windowBytes) => {
      const window = new ChunkWindow(bytes, 50, 150, windowBytes);
      const kept: [Uint8Array, Uint8Array][] = [];
      for (const [at, length] of loads) {
        const expected = file.slice(50 + at, Math.min(150, 50 + at + length));
        const loaded = await window.load(at, length);
        assert.deepEqual(Uint8Array.from(loaded), expected);
        kept.push([loaded, expected]);
      }
      for (const [loaded, expected] of kept) assert.deepEqual(Uint8Array.from(loaded), expected);
    }),
  );
});
