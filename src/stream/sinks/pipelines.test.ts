import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteForReading } from '../../store/index.ts';
import { runPipeline, startPipeline, type RunOptions, type RunningPipeline } from '../engines/embedded/start.ts';
import { pipeline } from '../pipeline.ts';
import { csv, httpIngest, parquet } from '../sources/index.ts';
import { columns, readColumns } from './columns/columns.ts';
import { http } from './http/http.ts';
import { receiver } from './http/testing.ts';
import { jsonlFiles } from './parts/jsonl-files.ts';
import { temporaryDirectory } from './testing.ts';

const embedded = (directory: string): RunOptions => ({
  ownsProcess: false,
  control: false,
  log: false,
  stateDir: join(directory, 'state'),
});

test('CSV files to JSONL parts, stopped on the way: every output once and in order', async (context) => {
  const directory = await temporaryDirectory(context);
  const rows = (from: number, to: number): string =>
    `n,text\n${Array.from({ length: to - from }, (_, index) => `${from + index},"a, ""b"""\n`).join('')}`;
  await writeFile(join(directory, 'a.csv'), rows(0, 700));
  await writeFile(join(directory, 'b.csv'), rows(700, 1_500));
  let stopAt = 900;
  let running: RunningPipeline | null = null;
  const defined = pipeline('parts', {
    source: csv(join(directory, '*.csv'), { columns: { n: 'number', text: 'string' }, name: 'in' }),
    process({ n, text }) {
      if (n === stopAt) void running?.unit.stop();
      return { n, text };
    },
    sink: jsonlFiles(join(directory, 'out'), { partRecords: 400, name: 'out' }),
    commit: { records: 50 },
  });
  running = await startPipeline(defined, embedded(directory));
  assert.equal((await running.ended).exitCode, 0);
  stopAt = -1;
  const report = await runPipeline(defined, embedded(directory));
  assert.equal(report.exitCode, 0, report.error ?? '');
  const names = (await readdir(join(directory, 'out'))).filter((name) => name.startsWith('part-')).sort();
  const text = (await Promise.all(names.map((name) => readFile(join(directory, 'out', name), 'utf8')))).join('');
  const outputs = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(
    outputs,
    Array.from({ length: 1_500 }, (_, n) => ({ n, text: 'a, "b"' })),
  );
});

test('Parquet to columns: what is read back is what was computed', async (context) => {
  const directory = await temporaryDirectory(context);
  const file = join(import.meta.dirname, '../sources/parquet/testdata/zstd-v2.parquet');
  const report = await runPipeline(
    pipeline('columns', {
      source: parquet(file, { columns: { id: 'number', note: 'string?' } }),
      process: ({ id, note }) => ({ id, half: id / 2, note }),
      sink: columns('outputs', { columns: { id: 'integer', half: 'real', note: 'text' } }),
      commit: { records: 64 },
    }),
    embedded(directory),
  );
  assert.deepEqual([report.exitCode, report.work.finished], [0, 600], report.error ?? '');
  const database = openSqliteForReading(join(directory, 'state', 'pipelines', 'columns', 'state.db'));
  context.after(() => database.close());
  const batches = [...readColumns(database, 'outputs')];
  const read = batches.flatMap(({ rows, columns: { id, half, note } }) =>
    Array.from({ length: rows }, (_, row) => [id![row], half![row], note![row]]),
  );
  const expected = Array.from({ length: 600 }, (_, id) => [id, id / 2, id % 3 === 0 ? null : `note ${id % 11}`]);
  assert.deepEqual(read, expected);
});

test('HTTP ingest to HTTP sink: what was accepted is delivered before the pipeline has ended', async (context) => {
  const directory = await temporaryDirectory(context);
  const other = await receiver(context);
  const { promise: listening, resolve: onListening } = Promise.withResolvers<string>();
  const running = await startPipeline(
    pipeline('relay', {
      source: httpIngest<{ n: number }>({ port: 0, onListening }),
      process: ({ n }) => ({ doubled: 2 * n }),
      sink: http(other.url, { concurrency: 1, name: 'other' }),
    }),
    embedded(directory),
  );
  const url = `${await listening}/records`;
  const headers = { 'content-type': 'application/json' };
  for (let n = 0; n < 20; n++) {
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ n }) });
    assert.equal(answer.status, 202);
  }
  await other.until(20);
  const report = await running.unit.stop();
  assert.deepEqual([report.exitCode, report.work.lost, report.work.returned], [0, 0, 0], report.error ?? '');
  assert.deepEqual(
    other.received.map(({ body }) => body),
    Array.from({ length: 20 }, (_, n) => ({ doubled: 2 * n })),
  );
});
