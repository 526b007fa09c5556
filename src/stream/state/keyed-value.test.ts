import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { counter } from './counter.ts';
import { keyedValue, type Codec } from './keyed-value.ts';
import { decodePlain, encodePlain, type Plain } from './plain-json.ts';
import { assertStored, PieceStore } from './testdata/piece-store.ts';

const plain = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Plain>(null, true, false, -0, NaN, Infinity, -Infinity, 5e-324),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.dictionary(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('$number', '$object', '$')), tie('value'), {
      noNullPrototype: true,
    }),
  ),
})).value;

const key = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom('\u{10000}', '\uffff'),
);
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'delete' as const), key, value: plain }) },
  fc.record({ do: fc.constantFrom('commit' as const, 'commit fails' as const, 'reload' as const) }),
);

describe('keyed values', () => {
  it('survive commits, failed commits and reloads, and their pieces are what is stored', () => {
    const definition = keyedValue<Plain>({ initial: 'none' });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60, size: 'max' }), (actions) => {
        const store = new PieceStore();
        let state = definition.create();
        let naive = new Map<string, Plain>();
        let committed = new Map<string, Plain>();
        for (const next of actions) {
          if (next.do === 'set') {
            state.handle.set(next.key, next.value);
            naive.set(String(next.key), next.value);
          }
          if (next.do === 'delete') assert.equal(state.handle.delete(next.key), naive.delete(String(next.key)));
          if (next.do === 'commit fails') state.changes();
          if (next.do === 'commit') {
            store.commit(state);
            assertStored(store, state);
            committed = new Map(naive);
          }
          if (next.do === 'reload') {
            state = definition.create();
            state.load(store.sorted());
            assertStored(store, state);
            naive = new Map(committed);
          }
          if (!('key' in next)) continue;
          const name = String(next.key);
          assert.deepEqual(state.handle.get(next.key), naive.has(name) ? naive.get(name) : 'none');
          assert.equal(state.handle.has(next.key), naive.has(name));
        }
        assert.equal(state.handle.size, naive.size);
        assert.deepEqual(
          state.handle.keys(),
          [...naive.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('are written only where they changed', () => {
    const state = keyedValue<number>({ initial: 0 }).create();
    const store = new PieceStore();
    for (let id = 0; id < 1_000; id++) state.handle.set(id, id);
    store.commit(state);
    state.handle.update('7', (value) => value + 1);
    state.handle.delete(8);
    state.handle.delete('never there');
    assert.deepEqual(
      state.changes().map(({ key: name, value }) => [name, value === null ? null : Buffer.from(value).toString()]),
      [
        ['7', '8'],
        ['8', null],
      ],
    );
  });

  it('have one text for one value, with sorted keys and exact numbers, and give it back', () => {
    assert.equal(
      encodePlain({ b: [1, -0], a: { $bytes: 1 } }, 'v'),
      '{"a":{"$object":{"$bytes":1}},"b":[1,{"$number":"-0"}]}',
    );
    fc.assert(
      fc.property(plain, (value) => {
        const text = encodePlain(value, 'v');
        assert.deepEqual(decodePlain(text), value);
        assert.equal(encodePlain(decodePlain(text), 'v'), text);
      }),
      { numRuns: 500 },
    );
  });

  it('refuse what they would not give back, and name the place', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const state = keyedValue<unknown>({ initial: null }).create();
    for (const [value, message] of [
      [{ at: [new Date(0)] }, /value\.at\[0\]: a Date cannot be stored/],
      [{ a: undefined }, /value\.a: undefined cannot be stored/],
      [cycle, /nested more than 100 deep/],
      ['\ud800', /string cannot be stored/],
    ] as const) {
      assert.throws(() => state.handle.set('key', value), message);
    }
    assert.deepEqual(state.changes(), []);
    assert.throws(() => state.handle.set('\ud800', 1), /unpaired surrogate/);
    assert.throws(() => keyedValue<unknown>({ initial: () => {} }), /function cannot be stored/);
  });

  it('take a codec for values of other kinds', () => {
    const dates: Codec<Date> = {
      name: 'date',
      encode: (date) => Buffer.from(date.toISOString()),
      decode: (bytes) => new Date(Buffer.from(bytes).toString()),
    };
    const definition = keyedValue({ initial: new Date(0), codec: dates });
    const state = definition.create();
    const store = new PieceStore();
    state.handle.set('a', new Date(5));
    store.commit(state);
    const again = definition.create();
    again.load(store.sorted());
    assert.deepEqual(again.handle.get('a'), new Date(5));
    assert.deepEqual(definition.schema, { codec: 'date' });
  });

  it('refuse stored bytes that are no value', () => {
    for (const text of ['', '{', '{"$number":5}', '{"$other":""}']) {
      const state = keyedValue<unknown>({ initial: 0 }).create();
      assert.throws(() => state.load([{ key: 'a', value: Buffer.from(text) }]), { code: 'state_refused' });
    }
  });
});

describe('a counter', () => {
  it('counts exactly, survives a reload, and refuses what is not an integer', () => {
    const store = new PieceStore();
    const state = counter().create();
    assert.equal(state.handle.add(), 1);
    assert.equal(state.handle.add(-3), -2);
    store.commit(state);
    for (const by of [0.5, NaN, Infinity, 2 ** 54]) assert.throws(() => state.handle.add(by), /counter\.add/);
    const again = counter().create();
    again.load(store.sorted());
    assert.equal(again.handle.value, -2);
  });
});
