import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BLOCK_BYTES, BlockArray } from './block-array.ts';
import { assertStored, PieceStore, piecesOf } from './testdata/piece-store.ts';

const LENGTH = 5_000;

const write = fc.record({
  do: fc.constant('write' as const),
  // Often at the edges of blocks, and beyond the first length, where the array has to grow.
  at: fc.oneof(fc.nat(LENGTH - 1), fc.constantFrom(0, 511, 512, 1_023, 1_024, LENGTH - 1), fc.nat(4 * LENGTH)),
  value: fc.oneof(fc.constantFrom(0, -0, NaN, Infinity, 5e-324, 1), fc.double()),
});
const other = fc.record({ do: fc.constantFrom('commit' as const, 'commit fails' as const, 'reload' as const) });
const actions = fc.array(fc.oneof({ weight: 5, arbitrary: write }, other), { maxLength: 60, size: 'max' });

describe('a block array', () => {
  for (const type of ['float64', 'float32'] as const) {
    it(`of ${type} stores every write, whatever commits, failed commits and reloads lie between`, () => {
      fc.assert(
        fc.property(actions, (steps) => {
          const store = new PieceStore();
          let array = new BlockArray(type, LENGTH);
          let plain = new Map<number, number>();
          let committed = new Map<number, number>();
          for (const step of steps) {
            if (step.do === 'write') {
              array.grow(step.at + 1);
              array.set(step.at, step.value);
              plain.set(step.at, type === 'float32' ? Math.fround(step.value) : step.value);
            }
            if (step.do === 'commit fails') array.changes();
            if (step.do === 'commit') {
              store.commit(array);
              assertStored(store, array);
              committed = new Map(plain);
            }
            if (step.do === 'reload') {
              array = new BlockArray(type, LENGTH);
              array.load(store.sorted());
              plain = new Map(committed);
              assertStored(store, array);
            }
          }
          for (const [at, value] of plain) assert.ok(Object.is(array.values[at] ?? 0, value), `${at}: ${value}`);
        }),
        { numRuns: 200 },
      );
    });
  }

  it('keeps a write that falls between handing out changes and learning that they are durable', () => {
    const store = new PieceStore();
    const array = new BlockArray('float64', LENGTH);
    array.set(7, 1);
    store.apply(array.changes());
    array.set(7, 2);
    array.markCommitted();
    store.commit(array);
    assertStored(store, array);
  });

  it('has the same pieces whatever was written and taken back on the way', () => {
    const direct = new BlockArray('float64', LENGTH);
    direct.set(3, 1);
    const roundabout = new BlockArray('float64', LENGTH);
    for (let at = 0; at < LENGTH; at++) roundabout.set(at, at);
    const store = new PieceStore();
    store.commit(roundabout);
    for (let at = 0; at < LENGTH; at++) roundabout.set(at, at === 3 ? 1 : 0);
    store.commit(roundabout);
    assert.deepEqual(piecesOf(roundabout), piecesOf(direct));
    assertStored(store, direct);
  });

  it('hands out only the blocks that changed, as views and not as copies', () => {
    const array = new BlockArray('float64', 2 ** 23);
    array.set(0, 1);
    array.set(1, 2);
    array.set(2 ** 22, 3);
    const changes = array.changes();
    assert.deepEqual(
      changes.map(({ key, value }) => [key, value?.length]),
      [
        ['0000000000', BLOCK_BYTES],
        ['0000008192', BLOCK_BYTES],
      ],
    );
    assert.equal(changes[0]?.value?.buffer, array.values.buffer);
    array.markCommitted();
    assert.deepEqual(array.changes(), []);
  });

  it('refuses a piece that is not a block', () => {
    const array = new BlockArray('float64', LENGTH);
    const value = new Uint8Array(BLOCK_BYTES);
    assert.throws(() => array.load([{ key: 'x', value }]), { code: 'state_refused' });
    assert.throws(() => array.load([{ key: '9999999999', value }]), { code: 'state_refused' });
    assert.throws(() => array.load([{ key: '0000000000', value: value.subarray(1) }]), { code: 'state_refused' });
  });
});
