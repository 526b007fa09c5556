import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numbers } from './numbers.ts';
import { assertStored, PieceStore } from './testdata/piece-store.ts';

describe('numbers as state', () => {
  it('write at a commit the blocks that changed, of 64 MB as of 64 KB', () => {
    const definition = numbers({ length: 2 ** 23 });
    const state = definition.create();
    const store = new PieceStore();
    for (let block = 0; block < 16_384; block += 100) state.handle.set(block * 512 + 3, block);
    assert.equal(store.commit(state), 163 * 4096);
    state.handle.set(512 * 16_383, 1);
    assert.equal(store.commit(state), 4096);
    const again = definition.create();
    again.load(store.sorted());
    assert.equal(again.handle.values[100 * 512 + 3], 100);
    assertStored(store, again);
  });

  it('refuse NaN, an index outside, and a length that is none', () => {
    const { handle } = numbers({ length: 10, type: 'float32' }).create();
    assert.throws(() => handle.set(3, NaN), /numbers\[3\]: NaN cannot be stored/);
    for (const index of [-1, 10, 0.5, NaN]) assert.throws(() => handle.set(index, 1), /there is no number/);
    assert.throws(() => numbers({ length: 0 }), /numbers\.length/);
  });
});
