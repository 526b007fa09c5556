import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { commitEpoch, openedSink, origin, rollBackEpoch } from '../testing.ts';
import { sqlite } from './sqlite.ts';

function rows(database: DatabaseSync, sql: string): Record<string, unknown>[] {
  return database
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }));
}

test('outputs of committed epochs are rows in their order, those of rolled back epochs are not there', async (context) => {
  const { open, database } = await openedSink(context, sqlite<{ id: number; p: number; who: string }>('predictions'));
  await rollBackEpoch(open, database, [{ id: 0, p: 0, who: 'nobody' }]);
  await commitEpoch(open, database, [{ id: 1, p: 0.25, who: 'a' }, { id: 2, p: 1, who: 'b' }]); // prettier-ignore
  await rollBackEpoch(open, database, [{ id: 3, p: 0.5, who: 'c' }]);
  await commitEpoch(open, database, [{ id: 4, p: 0.5, who: 'd' }]);
  assert.deepEqual(rows(database, 'SELECT *, typeof(p) AS type FROM predictions ORDER BY rowid'), [
    { id: 1, p: 0.25, who: 'a', type: 'real' },
    { id: 2, p: 1, who: 'b', type: 'integer' },
    { id: 4, p: 0.5, who: 'd', type: 'real' },
  ]);
});

test('any number of outputs in any epochs arrive once each, across restarts', async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 6 }), async (sizes) => {
      const { open: first, database, reopen } = await openedSink(context, sqlite<{ n: number; text: string }>('t'));
      let open = first;
      let next = 0;
      for (const size of sizes) {
        const outputs = Array.from({ length: size }, () => ({ n: next, text: `row ${next++}` }));
        await commitEpoch(open, database, outputs);
        open = await reopen();
      }
      if (next === 0) return;
      assert.deepEqual(
        rows(database, 'SELECT n, text FROM t ORDER BY rowid'),
        Array.from({ length: next }, (_, n) => ({ n, text: `row ${n}` })),
      );
    }),
    { numRuns: 15 },
  );
});

test('every kind of value comes back as what it was', async (context) => {
  const sink = sqlite('kinds');
  const { open, database } = await openedSink(context, sink);
  const output = {
    number: 1.5,
    bigint: 2n ** 60n,
    text: 'grüße',
    flag: true,
    bytes: Uint8Array.of(0, 255),
    list: [1, 'a'],
    object: { a: null },
    none: 'x' as string | null,
  };
  await commitEpoch(open, database, [output, { ...output, none: null, flag: false }]);
  const read = database.prepare('SELECT * FROM kinds');
  read.setReadBigInts(true);
  assert.deepEqual(
    read.all().map((row) => ({ ...row })),
    [
      { ...output, flag: 1n, list: '[1,"a"]', object: '{"a":null}' },
      { ...output, flag: 0n, list: '[1,"a"]', object: '{"a":null}', none: null },
    ],
  );
});

test('an output with a missing, extra or mistyped field is refused by name, and leaves nothing behind', async (context) => {
  const { open, database, reopen } = await openedSink(context, sqlite<Record<string, unknown>>('t'));
  await commitEpoch(open, database, [{ a: 1, b: 'x' }]);
  for (const sink of [open, await reopen()]) {
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ a: 1 }, /no field b/],
      [{ a: 1, b: undefined }, /no field b/],
      [{ a: 1, b: 'x', c: 2 }, /a field c that the first outputs did not have/],
      [{ a: 1, c: 2 }, /no field b/],
      [{ a: '1', b: 'x' }, /field a is a string, the column is number/],
      [{ a: Number.NaN, b: 'x' }, /field a is NaN/],
      [{ a: 1, b: new Date(0) }, /field b is a Date/],
    ];
    for (const [output, message] of wrong) {
      assert.throws(() => sink.add(output, origin([1])), { code: 'failed', message });
    }
    assert.equal(sink.collected, 0);
    sink.add({ b: 'other order', a: null }, origin([2]));
    assert.equal(sink.collected, 1);
    sink.discard();
  }
  await commitEpoch(open, database, [{ b: 'y', a: 2 }]);
  assert.deepEqual(rows(database, 'SELECT a, b FROM t ORDER BY rowid'), [{ a: 1, b: 'x' }, { a: 2, b: 'y' }]); // prettier-ignore
});

test('the table takes its columns from the first outputs that are committed, not from discarded ones', async (context) => {
  const { open, database } = await openedSink(context, sqlite<Record<string, unknown>>('t'));
  await rollBackEpoch(open, database, [{ other: 'x' }]);
  open.add({ discarded: 1 }, origin([1]));
  open.discard();
  await commitEpoch(open, database, [{ a: null, b: 1 }, { a: 'x', b: 2 }]); // prettier-ignore
  assert.deepEqual(rows(database, 'SELECT * FROM t'), [{ a: null, b: 1 }, { a: 'x', b: 2 }]); // prettier-ignore
});

test('a field that is null in all of the first outputs needs a declaration', async (context) => {
  const { open, database } = await openedSink(context, sqlite<{ a: number | null }>('t'));
  await assert.rejects(commitEpoch(open, database, [{ a: null }]), {
    code: 'failed',
    message: /field a is null in all/,
  });
  database.exec('ROLLBACK');
  const declared = await openedSink(context, sqlite<{ a: number | null }>('t', { columns: { a: 'real' } }));
  await commitEpoch(declared.open, declared.database, [{ a: null }, { a: 1 }]); // prettier-ignore
  assert.deepEqual(rows(declared.database, 'SELECT a, typeof(a) AS type FROM t'), [
    { a: null, type: 'null' },
    { a: 1, type: 'real' },
  ]);
});

test("a restart with other declared columns is refused, and so is a table that is not the sink's", async (context) => {
  const { open, database, directory } = await openedSink(
    context,
    sqlite<{ a: number }>('t', { columns: { a: 'real' } }),
  );
  await commitEpoch(open, database, [{ a: 1 }]);
  const changed = await sqlite<{ a: number }>('t', { columns: { a: 'text' } }).open({
    database,
    directory,
    pipeline: 'test',
  });
  await assert.rejects(changed.recover(), { code: 'state_refused' });
  database.exec('CREATE TABLE mine (x)');
  const foreign = await sqlite('mine').open({ database, directory, pipeline: 'test' });
  await assert.rejects(foreign.recover(), { code: 'usage', message: /did not make/ });
});

test('names that SQL or the engine would trip over are refused', () => {
  for (const table of ['', 'a b', 'a"; DROP TABLE x; --', 'sqlite_master', 'sink_registry', 'Source_x', '1a']) {
    assert.throws(() => sqlite(table), { code: 'usage' });
  }
  assert.throws(() => sqlite('t', { columns: { 'a"b': 'text' } }), { code: 'failed' });
  assert.throws(() => sqlite('t', { columns: { a: 'text', A: 'text' } }), { code: 'failed' });
});
