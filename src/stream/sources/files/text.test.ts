import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { BadRecord } from '../bad-record.ts';
import { readAll } from '../testing/reading.ts';
import { lines, scene } from '../testing/scene.ts';
import { csv } from './csv.ts';
import { jsonl } from './jsonl.ts';

const never = new AbortController().signal;

test('bad lines take their place as bad records with text and reason, blank lines are none', async (context) => {
  const { open, path, write } = await scene(context);
  await write(
    'a.jsonl',
    Buffer.concat([Buffer.from('{"n":0}\r\n\r\n  \n{broken\n'), Buffer.of(0x22, 0xff, 0x22), Buffer.from('\n{"n":1}')]),
  );
  const rows = (await readAll(await open(jsonl(path('a.jsonl'))))).map(({ row }) => row);
  assert.deepEqual([rows[0], rows[3]], [{ n: 0 }, { n: 1 }]);
  assert.ok(rows[1] instanceof BadRecord && rows[2] instanceof BadRecord);
  assert.equal(rows[1].raw, '{broken');
  assert.equal(rows[1].at, 'a.jsonl, byte 14');
  assert.match(rows[1].reason, /JSON/);
  assert.equal(rows[2].reason, 'not UTF-8');
  assert.equal(rows.length, 4);
});

test('what `parse` throws makes a bad record', async (context) => {
  const { open, path, write } = await scene(context);
  await write('a.jsonl', lines(0, 2));
  const parse = (value: unknown): number => {
    const { n } = value as { n: number };
    if (n === 1) throw new Error('one is not wanted');
    return n;
  };
  const rows = (await readAll(await open(jsonl(path('a.jsonl'), { parse })))).map(({ row }) => row);
  assert.equal(rows[0], 0);
  assert.ok(rows[1] instanceof BadRecord);
  assert.equal(rows[1].reason, 'one is not wanted');
});

test('a line beyond the bound is one bad record, whatever its length, and the next line is read', async (context) => {
  const { open, path, write } = await scene(context);
  const long = (length: number): string => `"${'x'.repeat(length - 2)}"\n`;
  await write('a.jsonl', `${long(99)}${long(100)}${long(5_000_000)}{"n":1}\n`);
  const rows = (await readAll(await open(jsonl(path('a.jsonl'), { recordBytesMax: 100 })))).map(({ row }) => row);
  assert.equal(rows.length, 4);
  assert.equal(typeof rows[0], 'string');
  assert.ok(rows[1] instanceof BadRecord && rows[2] instanceof BadRecord);
  assert.match(rows[2].reason, /5000001 bytes, of which at most 100/);
  assert.equal(rows[2].raw.length, 100);
  assert.deepEqual(rows[3], { n: 1 });
});

const cell = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('', 'a"b', 'x,y', 'line\nbreak', '\r\n', '"', 'grüße'),
);
const table = fc.array(fc.tuple(cell, fc.integer(), cell), { maxLength: 40 });
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

test('CSV of any content comes back field by field, in any pieces, and goes on after any position', async (context) => {
  const { open, path, write } = await scene(context);
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(),
      async (rows, end, gzip, piece, at) => {
        const text = `a,n,b${end}${rows.map(([a, n, b]) => `${quoted(a)},${n},${quoted(b)}${end}`).join('')}`;
        await write('t.csv', gzip ? gzipSync(text) : text);
        const columns = { b: 'string', n: 'number', a: 'string' } as const;
        const source = csv(path('t.csv'), { columns, name: `t${text.length}${at}` });
        const all = await readAll(await open(source), { piece: () => piece });
        assert.deepEqual(
          all.map(({ row }) => row),
          rows.map(([a, n, b]) => ({ b, n, a })),
        );
        if (all.length === 0) return;
        const index = at % all.length;
        const resumed = await open(source);
        assert.ok(await resumed.holds(0, all[index]!.after));
        assert.deepEqual(await readAll(resumed, { from: all[index]!.after, piece: () => piece }), all.slice(index + 1));
      },
    ),
    { numRuns: 60 },
  );
});

test('JSON lines of any content are the same records at the same positions in any pieces', async (context) => {
  const { open, path, write } = await scene(context);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.jsonValue(), fc.string()), { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      async (values, piece) => {
        const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
        await write('t.jsonl', text);
        const source = await open(jsonl(path('t.jsonl'), { name: 'any' }));
        const all = await readAll(source);
        assert.deepEqual(
          all.map(({ row }) => row),
          values.map((value) => JSON.parse(JSON.stringify(value)) as unknown),
        );
        assert.deepEqual(
          await readAll(await open(jsonl(path('t.jsonl'), { name: 'any' })), { piece: () => piece }),
          all,
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('CSV rows that are not what the columns say are bad records that say why', async (context) => {
  const { open, path, write } = await scene(context);
  await write(
    't.csv',
    'id,delay,at\n1,5,2001-02-03\n2,,2001-02-03T04:05:06+01:00\n3,x,2001-02-03\n4\n5,1,03.02.2001\n6,"1"2,2001-02-03\n7,7,2001-02-03 04:05\n',
  );
  const columns = { id: 'bigint', delay: 'number?', at: 'time' } as const;
  const rows = (await readAll(await open(csv(path('t.csv'), { columns })))).map(({ row }) => row);
  const reasons = rows.map((row) => (row instanceof BadRecord ? row.reason : row));
  assert.deepEqual(reasons.slice(0, 2), [
    { id: 1n, delay: 5, at: Date.UTC(2001, 1, 3) },
    { id: 2n, delay: null, at: Date.UTC(2001, 1, 3, 3, 5, 6) },
  ]);
  assert.match(reasons[2] as string, /delay is "x", not a number\?/);
  assert.match(reasons[3] as string, /1 fields instead of 3/);
  assert.match(reasons[4] as string, /at is "03\.02\.2001", not a time/);
  assert.match(reasons[5] as string, /[Qq]uote/);
  assert.deepEqual(reasons[6], { id: 7n, delay: 7, at: Date.UTC(2001, 1, 3, 4, 5) });
});

test('a quote that is never closed costs its line, not the rest of the file', async (context) => {
  const { open, path, write } = await scene(context);
  await write('t.csv', 'a\n"open\nx\ny\n');
  const rows = (await readAll(await open(csv(path('t.csv'))))).map(({ row }) => row);
  assert.ok(rows[0] instanceof BadRecord);
  assert.equal(rows[0].raw, '"open');
  assert.deepEqual(rows.slice(1), [{ a: 'x' }, { a: 'y' }]);
});

test('CSV headers: with BOM, behind blank lines, absent, wrong', async (context) => {
  const { open, path, write } = await scene(context);
  await write('bom.csv', '\ufeff"a", b\n1,2\n');
  assert.deepEqual(
    (await readAll(await open(csv(path('bom.csv'))))).map(({ row }) => row),
    [{ a: '1', b: '2' }],
  );
  await write('blank.csv', '\n\na;b\n1;2');
  const blank = await open(csv(path('blank.csv'), { delimiter: ';' }));
  assert.deepEqual(
    (await readAll(blank)).map(({ row }) => row),
    [{ a: '1', b: '2' }],
  );
  await write('none.csv', '1,2\n');
  const none = await open(csv(path('none.csv'), { header: 'none', columns: { x: 'number', y: 'string' } }));
  assert.deepEqual(
    (await readAll(none)).map(({ row }) => row),
    [{ x: 1, y: '2' }],
  );
  const twice = await open(csv(path('none.csv'), { columns: { z: 'string' } }));
  await assert.rejects(twice.read(0, [], 1, never), { code: 'usage', message: /no column z.*It has: 1, 2/ });
  assert.throws(() => csv('x', { header: 'none' }), { code: 'usage' });
  assert.throws(() => csv('x', { delimiter: '||' }), { code: 'usage' });
});
