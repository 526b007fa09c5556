import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { OpenSource, Source, SourceContext } from '../ports.ts';
import { sqliteTable } from './sqlite-table.ts';
import { readAll, readUntil, temporaryDirectory } from './testing/reading.ts';

async function database(context: TestContext, schema: string): Promise<{ file: string; database: DatabaseSync }> {
  const file = join(await temporaryDirectory(context), 'in.db');
  const database = new DatabaseSync(file);
  context.after(() => database.close());
  database.exec(schema);
  return { file, database };
}

async function opened<Row>(context: TestContext, source: Source<Row>): Promise<OpenSource> {
  const open = await source.open({} as SourceContext);
  context.after(() => open.close());
  return open;
}

const EVENTS = 'CREATE TABLE "my events" (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, value REAL, data BLOB)';

function insert(database: DatabaseSync, from: number, to: number): void {
  const statement = database.prepare('INSERT INTO "my events" VALUES (?, ?, ?, ?)');
  for (let id = from; id < to; id++) statement.run(id, id % 2 === 0 ? null : `n${id}`, id / 2, Uint8Array.of(id % 256));
}

const expected = (id: number): unknown => ({
  id,
  name: id % 2 === 0 ? null : `n${id}`,
  value: id / 2,
  data: Uint8Array.of(id % 256),
});

test('rows come in the order of the key, in any pieces, and go on after any position', async (context) => {
  const { file, database: written } = await database(context, EVENTS);
  insert(written, 1, 200);
  written.exec('DELETE FROM "my events" WHERE id % 7 = 0');
  const ids = Array.from({ length: 199 }, (_, index) => index + 1).filter((id) => id % 7 !== 0);
  const source = await opened(context, sqliteTable(file, { table: 'my events' }));
  assert.equal(source.recordsIn(0), ids.length);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: ids.length - 1 }),
      async (piece, index) => {
        const all = await readAll(source, { piece: () => piece });
        assert.deepEqual(
          all,
          ids.map((id) => ({ row: expected(id), after: [id] })),
        );
        assert.deepEqual(await readAll(source, { from: all[index]!.after, piece: () => piece }), all.slice(index + 1));
      },
    ),
    { numRuns: 20 },
  );
});

test('columns, key and condition can be chosen', async (context) => {
  const { file, database: written } = await database(context, 'CREATE TABLE t (seq INTEGER UNIQUE, a, b)');
  written.exec("INSERT INTO t VALUES (30, 'x', 1), (10, 'y', 2), (20, 'z', 0)");
  const source = await opened(
    context,
    sqliteTable(file, { table: 't', columns: ['a'], orderBy: 'seq', where: 'b > 0' }),
  );
  assert.deepEqual(await readAll(source), [{ row: { a: 'y' }, after: [10] }, { row: { a: 'x' }, after: [30] }]); // prettier-ignore
  assert.equal(source.recordsIn(0), 2);
});

test('following: rows that another connection inserts are read', async (context) => {
  const { file, database: written } = await database(context, EVENTS);
  const source = await opened(context, sqliteTable(file, { table: 'my events', follow: true, poll: '10ms' }));
  assert.equal(await source.read(0, [], 10, new AbortController().signal), 'idle');
  insert(written, 1, 4);
  assert.deepEqual(
    (await readUntil(source, 3)).map(({ row }) => row),
    [1, 2, 3].map(expected),
  );
  await source.more(AbortSignal.abort());
});

test('rows that are done may be deleted; a table that never came so far does not hold the position', async (context) => {
  const { file, database: written } = await database(context, EVENTS);
  insert(written, 1, 10);
  const source = await opened(context, sqliteTable(file, { table: 'my events' }));
  assert.equal(await source.holds(0, [9]), true);
  assert.equal(await source.holds(0, [10]), false);
  written.exec('DELETE FROM "my events"');
  assert.equal(await source.holds(0, [9]), true);
  written.exec('DELETE FROM sqlite_sequence');
  insert(written, 1, 5);
  assert.equal(await source.holds(0, [9]), false);
  assert.equal(await source.holds(0, []), true);
});

test('what cannot be read says so', async (context) => {
  const { file, database: written } = await database(context, 'CREATE TABLE t (k INTEGER, big INTEGER)');
  const open = (options: Parameters<typeof sqliteTable>[1], path = file): Promise<OpenSource> =>
    sqliteTable(path, options).open({} as SourceContext);
  await assert.rejects(open({ table: 't' }, `${file}.none`), { code: 'dependency' });
  await assert.rejects(open({ table: 'nothing' }), { code: 'dependency', message: /no such table/ });
  await assert.rejects(open({ table: 't', where: '1 = ' }), { code: 'dependency' });
  written.exec("INSERT INTO t VALUES (1, 1152921504606846976), ('x', 0)");
  const never = new AbortController().signal;
  await assert.rejects((await opened(context, sqliteTable(file, { table: 't' }))).read(0, [], 9, never), {
    code: 'failed',
    message: /CAST/,
  });
  const keyed = await opened(context, sqliteTable(file, { table: 't', columns: ['k'], orderBy: 'k' }));
  await assert.rejects(keyed.read(0, [], 9, never), { code: 'failed', message: /key "x" is no whole number/ });
});
