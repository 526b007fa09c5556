import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Column } from '../../ports.ts';
import { commitEpoch, openedSink, origin, rollBackEpoch } from '../testing.ts';
import { columns, readColumns } from './columns.ts';
import { decodeBlob, encodeBlob } from './layout.ts';

function readRows(database: DatabaseSync, table: string): Record<string, unknown>[] {
  return [...readColumns(database, table)].flatMap(({ rows, columns }) => {
    const names = Object.keys(columns);
    return Array.from({ length: rows }, (_, row) =>
      Object.fromEntries(names.map((name) => [name, columns[name]![row]])),
    );
  });
}

const value = {
  n: fc.double({ noNaN: true, noDefaultInfinity: false }),
  small: fc.oneof(fc.integer(), fc.constant(null)),
  text: fc.oneof(fc.string(), fc.constant(null)),
  flag: fc.oneof(fc.boolean(), fc.constant(null)),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  bytes: fc.uint8Array({ maxLength: 9 }),
  list: fc.array(fc.integer(), { maxLength: 3 }),
};
const TYPES = {
  n: 'number',
  small: 'real',
  text: 'text',
  flag: 'boolean',
  big: 'integer',
  bytes: 'blob',
  list: 'json',
} as const;

test('outputs of any values come back as they were, epoch by epoch, across restarts and rollbacks', async (context) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.record(value, { noNullPrototype: true }), { maxLength: 30 }), { maxLength: 4 }),
      async (epochs) => {
        const {
          open: first,
          database,
          reopen,
        } = await openedSink(context, columns<Record<string, unknown>>('t', { columns: TYPES }));
        let open = first;
        for (const outputs of epochs) {
          await rollBackEpoch(open, database, outputs);
          await commitEpoch(open, database, outputs);
          open = await reopen();
        }
        if (epochs.flat().length === 0) return;
        assert.deepEqual(readRows(database, 't'), epochs.flat());
        assert.equal([...readColumns(database, 't')].length, epochs.filter(({ length }) => length > 0).length);
      },
    ),
    { numRuns: 40 },
  );
});

test('whole small numbers take 4 bytes, others 8, and both are typed arrays', async (context) => {
  const { open, database } = await openedSink(context, columns<{ id: number; p: number }>('t'));
  const outputs = Array.from({ length: 5_000 }, (_, id) => ({ id, p: id / 7 }));
  await commitEpoch(open, database, outputs);
  const [batch] = [...readColumns(database, 't')];
  assert.ok(batch?.columns['id'] instanceof Int32Array && batch.columns['p'] instanceof Float64Array);
  assert.deepEqual(readRows(database, 't'), outputs);
  const bytes = database.prepare('SELECT length(data) AS bytes FROM t').get()!['bytes'] as number;
  assert.ok(bytes < 5_000 * 12 + 1_000, `${bytes} bytes`);
});

test('negative zero and infinities survive', () => {
  const values = Float64Array.of(-0, 1, Infinity, -Infinity, 2 ** 31, -(2 ** 31));
  const decode = (rows: number): Column =>
    decodeBlob(encodeBlob(rows, [{ name: 'x', type: 'number', values }])).columns['x']!;
  assert.deepEqual(decode(6), values);
  assert.ok(Object.is(decode(1)[0], -0));
});

test('names of any characters fit the header', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 5 }), (names) => {
      const values = Float64Array.of(1.5);
      const blob = encodeBlob(
        1,
        names.map((name) => ({ name, type: 'number', values })),
      );
      const expected = Object.fromEntries(names.map((name) => [name, values]));
      assert.deepEqual(decodeBlob(blob), { rows: 1, columns: expected });
    }),
  );
});

test('an output that does not fit is refused and leaves the others as they were', async (context) => {
  const { open, database } = await openedSink(context, columns<Record<string, unknown>>('t'));
  open.add({ a: 1, b: 'x' }, origin([1]));
  for (const wrong of [{ a: 2, b: 3 }, { a: 2 }, { a: 2, b: 'x', c: 1 }, { a: 'x', b: 'x' }]) {
    assert.throws(() => open.add(wrong, origin([1])), { code: 'failed' });
  }
  open.add({ a: 2, b: 'y' }, origin([2]));
  await commitEpoch(open, database, [{ a: null, b: 'z' }, { a: 4, b: null }]); // prettier-ignore
  assert.deepEqual(readRows(database, 't'), [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
    { a: null, b: 'z' },
    { a: 4, b: null },
  ]);
});

test('a damaged blob and a missing table are said to be such', async (context) => {
  const { open, database } = await openedSink(context, columns<{ a: number }>('t'));
  await commitEpoch(open, database, [{ a: 1.5 }]);
  database.exec('UPDATE t SET data = substr(data, 1, length(data) - 4)');
  assert.throws(() => [...readColumns(database, 't')], { code: 'state_refused', message: /epoch \d+ cannot be read/ });
  assert.throws(() => [...readColumns(database, 'u')], { code: 'not_found' });
});
