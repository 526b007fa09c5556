import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { LastcallError } from '../../../base/errors.ts';
import type { OpenSource, Source, SourceContext } from '../../ports.ts';
import { readAll, rowsOf } from '../testing/reading.ts';
import { parquet } from './parquet.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'testdata', `${name}.parquet`);
const flights = join(import.meta.dirname, '../../../../node_modules/vega-datasets/data/flights-3m.parquet');
const PAGED = [
  'none-v1', 'none-v2', 'snappy-v1', 'snappy-v2', 'gzip-v1', 'brotli-v2', 'zstd-v2', 'lz4-v1', 'plain-v1', 'plain-v2',
  'delta-v2',
]; // prettier-ignore
const never = new AbortController().signal;

async function opened(context: TestContext, source: Source<unknown>): Promise<OpenSource> {
  const open = await source.open({} as SourceContext);
  context.after(() => open.close());
  return open;
}

async function directory(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'lastcall-parquet-'));
  context.after(() => rm(path, { recursive: true }));
  return path;
}

/** What make.py puts into row `id` of the paged files. */
function expectedRow(id: number): unknown {
  const note = id % 3 === 0 ? null : `note ${id % 11}`;
  return { id, name: `n${id % 7}`, value: id / 3, note, flag: id % 2 === 0 };
}

for (const name of PAGED) {
  test(`${name}: read in any pieces, every record comes once, in order, with its position`, async (context) => {
    const source = await opened(context, parquet(fixture(name)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }), async (pieces) => {
        let turn = 0;
        const records = await readAll(source, { piece: () => pieces[turn++ % pieces.length]! });
        assert.deepEqual(
          records.map(({ row }) => row),
          Array.from({ length: 600 }, (_, id) => expectedRow(id)),
        );
        assert.deepEqual(
          records.map(({ after }) => after),
          Array.from({ length: 600 }, (_, id) => [Math.floor(id / 250), (id % 250) + 1]),
        );
      }),
      { numRuns: 10 },
    );
  });

  test(`${name}: a new reader goes on after any position with exactly the rest`, async (context) => {
    const path = fixture(name);
    const all = await readAll(await opened(context, parquet(path)));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 599 }), fc.integer({ min: 1, max: 300 }), async (index, piece) => {
        const source = await parquet(path).open({} as SourceContext);
        try {
          const from = all[index]!.after;
          assert.ok(await source.holds(0, from));
          assert.deepEqual(await readAll(source, { from, piece: () => piece }), all.slice(index + 1));
        } finally {
          await source.close();
        }
      }),
      { numRuns: 15 },
    );
  });
}

test('every type comes as its documented value, and null as null', async (context) => {
  const source = await opened(context, parquet(fixture('types')));
  const [first, second] = await readAll(source);
  const at = Date.parse('2001-02-03T04:05:06.789Z');
  assert.deepEqual(first?.row, {
    int8: -8,
    uint32: 4_000_000_000,
    uint64: 9_000_000_000_000_000,
    int64: -(2 ** 53) + 1,
    float32: 0.5,
    float64: 0.1,
    decimal: -12.34,
    bool: true,
    string: 'grüße 👋',
    binary: Uint8Array.of(0, 255),
    fixed: Uint8Array.from(Buffer.from('abcd')),
    date: Date.parse('2001-02-03'),
    ms: at,
    us: at,
    ns: at,
    list: [1.5, 2.5],
    struct: { a: 'x', b: true },
  });
  assert.deepEqual(second?.row, Object.fromEntries(Object.keys(first.row as object).map((name) => [name, null])));
});

test('declared columns are typed arrays in the declared order, and rows are typed', async (context) => {
  const columns = { value: 'number', name: 'string', id: 'bigint' } as const;
  const source = parquet(fixture('zstd-v2'), { columns });
  const row: Required<typeof source>['row'] = { value: 1, name: 'a', id: 1n };
  assert.ok(row);
  const batch = await (await opened(context, source)).read(0, [], 10, never);
  assert.ok(typeof batch !== 'string' && batch.columns);
  assert.deepEqual(Object.keys(batch.columns), ['value', 'name', 'id']);
  assert.ok(batch.columns['value'] instanceof Float64Array);
  assert.ok(batch.columns['id'] instanceof BigInt64Array);
  assert.deepEqual(rowsOf(batch)[7], { value: 7 / 3, name: 'n0', id: 7n });
});

test('what is declared wrongly is refused before the first record', async () => {
  const declared: [string, Parameters<typeof parquet>[1], RegExp][] = [
    ['zstd-v2', { columns: ['nmae'] as never }, /no column nmae.*It has: id, name, value, note, flag/],
    ['zstd-v2', { columns: { name: 'number' } as never }, /column name holds string.*Declare it 'string'/],
    ['zstd-v2', { columns: { note: 'string' } as never }, /column note holds null.*'string\?'/],
    ['types', { columns: { list: 'string' } as never }, /column list holds any/],
    ['zstd-v2', { partitions: 4 }, /3 row groups cannot be cut into 4 partitions/],
  ];
  for (const [name, options, message] of declared) {
    await assert.rejects(
      async () => parquet(fixture(name), options).open({} as SourceContext),
      (error) => {
        assert.ok(error instanceof LastcallError);
        assert.equal(error.code, 'usage');
        assert.match(error.message, message);
        return true;
      },
    );
  }
  assert.throws(() => parquet('x', { partitions: 0 }), { code: 'usage' });
});

test('an integer that a number cannot hold stops the reading, unless it is declared bigint', async (context) => {
  const numbers = await opened(context, parquet(fixture('large-integers')));
  await assert.rejects(numbers.read(0, [], 10, never), /1152921504606846976 does not fit/);
  const bigints = await opened(context, parquet(fixture('large-integers'), { columns: { int64: 'bigint' } }));
  assert.deepEqual(
    (await readAll(bigints)).map(({ row }) => row),
    [{ int64: 1n }, { int64: 2n ** 60n }],
  );
});

test('partitions are runs of row groups that together are the file', async (context) => {
  for (const partitions of [1, 2, 3]) {
    const source = await opened(context, parquet(fixture('plain-v1'), { partitions }));
    const parts = await Promise.all(
      Array.from({ length: partitions }, (_, partition) => readAll(source, { partition })),
    );
    assert.deepEqual(
      parts.flat().map(({ row }) => row),
      Array.from({ length: 600 }, (_, id) => expectedRow(id)),
    );
    for (const [partition, records] of parts.entries()) {
      assert.ok(records.length > 0);
      assert.equal(source.recordsIn(partition), records.length);
    }
  }
});

test('an empty file ends at once', async (context) => {
  const source = await opened(context, parquet(fixture('empty')));
  assert.equal(await source.read(0, [], 10, never), 'end');
  assert.equal(source.recordsIn(0), 0);
});

test('the identity is of the content: it survives a move, and other content has another', async (context) => {
  const path = join(await directory(context), 'moved.parquet');
  await copyFile(fixture('zstd-v2'), path);
  const identity = parquet(path).identity;
  assert.equal(identity, parquet(fixture('zstd-v2')).identity);
  await copyFile(fixture('plain-v2'), path);
  assert.notEqual(parquet(path).identity, identity);
});

test('a file that was replaced, shortened or removed no longer holds a position', async (context) => {
  const path = join(await directory(context), 'file.parquet');
  await copyFile(fixture('zstd-v2'), path);
  const source = await opened(context, parquet(path));
  assert.equal(await source.holds(0, [1, 17]), true);
  assert.equal(await source.holds(0, [1, 251]), false);
  assert.equal(await source.holds(0, [3, 0]), false);
  assert.equal(await source.holds(1, []), false);
  await copyFile(fixture('plain-v2'), `${path}.new`);
  await rename(`${path}.new`, path);
  assert.equal(await source.holds(0, [1, 17]), false);
  await copyFile(fixture('zstd-v2'), path);
  assert.equal(await source.holds(0, [1, 17]), true);
  await truncate(path, 4_000);
  assert.equal(await source.holds(0, [1, 17]), false);
  await rm(path);
  assert.equal(await source.holds(0, [1, 17]), false);
});

test('a missing file is a missing dependency, and one that is no Parquet file is refused', async (context) => {
  const path = join(await directory(context), 'file.parquet');
  assert.throws(() => parquet(path).identity, { code: 'dependency' });
  const whole = await readFile(fixture('zstd-v2'));
  for (const bytes of [Buffer.from('id,name\n1,a\n'), whole.subarray(0, whole.length - 1), Buffer.alloc(0)]) {
    await writeFile(path, bytes);
    assert.throws(() => parquet(path).identity, { code: 'state_refused' });
  }
});

for (const name of ['zstd-v2', 'none-v1', 'delta-v2', 'types']) {
  test(`${name}: one changed byte ends in an error that names the file, never in a crash or a hang`, async (context) => {
    const path = join(await directory(context), 'file.parquet');
    const whole = await readFile(fixture(name));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const bytes = Buffer.from(whole);
          bytes[at]! ^= flip;
          await writeFile(path, bytes);
          try {
            const source = await parquet(path).open({} as SourceContext);
            try {
              await readAll(source);
            } finally {
              await source.close();
            }
          } catch (error) {
            assert.ok(error instanceof LastcallError, String(error));
            assert.match(error.message, /file\.parquet/);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
}

test('a read whose signal is aborted reads nothing', async (context) => {
  const source = await opened(context, parquet(fixture('zstd-v2')));
  await assert.rejects(source.read(0, [], 10, AbortSignal.abort()), { name: 'AbortError' });
});

test('real flights: a row group of 272,727 rows is the same as hyparquet decodes it', async (context) => {
  const file = await asyncBufferFromFile(flights);
  const metadata = await parquetMetadataAsync(file);
  const rows = Number(metadata.row_groups[0]!.num_rows);
  const expected = await parquetReadObjects({ file, metadata, compressors, rowEnd: rows });
  const source = await opened(context, parquet(flights, { partitions: 11 }));
  assert.equal(source.recordsIn(0), rows);
  let after: readonly number[] = [];
  let at = 0;
  while (at < rows) {
    const batch = await source.read(0, after, 7_919, never);
    assert.ok(typeof batch !== 'string' && batch.columns);
    const { date, delay, distance, origin, destination } = batch.columns as Record<string, ArrayLike<unknown>>;
    for (let index = 0; index < batch.length; index++, at++) {
      const row = expected[at]!;
      if (
        (row['date'] as Date).getTime() !== date![index] ||
        Number(row['delay']) !== delay![index] ||
        Number(row['distance']) !== distance![index] ||
        row['origin'] !== origin![index] ||
        row['destination'] !== destination![index]
      ) {
        assert.fail(`row ${at} differs`);
      }
    }
    after = batch.positionAfter(batch.length - 1);
  }
  assert.deepEqual(after, [0, rows]);
});
