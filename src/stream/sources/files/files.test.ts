import assert from 'node:assert/strict';
import { appendFile, copyFile, rename, rm, truncate } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readAll, readUntil } from '../testing/reading.ts';
import { lines, scene } from '../testing/scene.ts';
import { jsonl } from './jsonl.ts';

const never = new AbortController().signal;
const numbers = (records: readonly { row: unknown }[]): number[] => records.map(({ row }) => (row as { n: number }).n);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('a pattern is read in the order of names, plain and gzip alike, with offsets of the uncompressed content', async (context) => {
  const { open, path, write } = await scene(context);
  await write('b.jsonl', lines(2, 4));
  await write('c.jsonl.gz', Buffer.concat([gzipSync(lines(4, 5)), gzipSync(lines(5, 6))]));
  await write('a.jsonl', `\ufeff${lines(0, 2)}`);
  await write('other.txt', 'not this');
  const records = await readAll(await open(jsonl(path('*.jsonl*'))));
  assert.deepEqual(numbers(records), upTo(6));
  assert.deepEqual(
    records.map(({ after }) => after),
    [[0, 11], [0, 19], [1, 8], [1, 16], [2, 8], [2, 16]], // prettier-ignore
  );
});

test('a file that appears later is read after the others wherever its name sorts, also after a restart', async (context) => {
  const { open, path, write } = await scene(context);
  await write('b.jsonl', lines(0, 2));
  const source = jsonl(path('*.jsonl'));
  const first = await readAll(await open(source));
  await write('a.jsonl', lines(2, 4));
  const second = await readAll(await open(source), { from: first.at(-1)!.after });
  assert.deepEqual(second, [{ row: { n: 2 }, after: [1, 8] }, { row: { n: 3 }, after: [1, 16] }]); // prettier-ignore
  assert.deepEqual(numbers(await readAll(await open(source))), upTo(4));
});

test('following: lines appear when they are complete, files when they are made', async (context) => {
  const { open, path, write } = await scene(context);
  const source = await open(jsonl(path('*.jsonl'), { follow: true, poll: '20ms' }));
  assert.equal(await source.read(0, [], 10, never), 'idle');
  await write('a.jsonl', '{"n":0}\n{"n":');
  const first = await readUntil(source, 1);
  assert.equal(await source.read(0, first[0]!.after, 10, never), 'idle');
  await appendFile(path('a.jsonl'), '1}\n');
  const second = await readUntil(source, 1, first[0]!.after);
  assert.deepEqual(second, [{ row: { n: 1 }, after: [0, 16] }]);
  await write('b.jsonl', lines(2, 3));
  assert.deepEqual(await readUntil(source, 1, second[0]!.after), [{ row: { n: 2 }, after: [1, 8] }]);
});

test('waiting for more ends at once when the signal aborts', async (context) => {
  const { open, path, write } = await scene(context);
  await write('a.jsonl', lines(0, 1));
  const source = await open(jsonl(path('a.jsonl'), { follow: true, poll: '1h' }));
  const [record] = await readUntil(source, 1);
  assert.equal(await source.read(0, record!.after, 10, never), 'idle');
  await source.more(AbortSignal.timeout(5)); // perhaps the notice of the write above
  await source.more(AbortSignal.abort());
});

test('rotation by renaming: the old file is read to its end under its new name, then the new one', async (context) => {
  const { open, path, write } = await scene(context);
  await write('app.log', lines(0, 2));
  const options = { follow: true, poll: '20ms' } as const;
  const source = await open(jsonl(path('app.log*'), options));
  const first = await readUntil(source, 2);
  await rename(path('app.log'), path('app.log.1'));
  await write('app.log', lines(4, 6));
  await appendFile(path('app.log.1'), lines(2, 4));
  const rest = await readUntil(source, 4, first[1]!.after);
  assert.deepEqual(numbers([...first, ...rest]), upTo(6));
  // A restart in the middle of the old file finds it under its new name; at its end it may be gone.
  const restarted = await open(jsonl(path('app.log*'), options));
  assert.ok(await restarted.holds(0, rest[0]!.after));
  assert.deepEqual(numbers(await readUntil(restarted, 3, rest[0]!.after)), [3, 4, 5]);
  await rm(path('app.log.1'));
  const later = await open(jsonl(path('app.log*'), options));
  assert.equal(await later.holds(0, rest[0]!.after), false);
  assert.ok(await later.holds(0, rest[1]!.after));
  assert.deepEqual(numbers(await readUntil(later, 2, rest[1]!.after)), [4, 5]);
});

test('a file that was shortened, replaced or removed no longer holds a position; copied back it does again', async (context) => {
  const { open, path, write } = await scene(context);
  await write('a.jsonl', lines(0, 9));
  const source = jsonl(path('a.jsonl'));
  const [, second] = await readAll(await open(source));
  const holds = async (): Promise<boolean> => (await open(source)).holds(0, second!.after);
  assert.equal(await holds(), true);
  await appendFile(path('a.jsonl'), lines(9, 10));
  assert.equal(await holds(), true);
  await copyFile(path('a.jsonl'), path('backup'));
  await truncate(path('a.jsonl'), 12);
  assert.equal(await holds(), false);
  await write('a.jsonl', lines(5, 20));
  assert.equal(await holds(), false);
  await rm(path('a.jsonl'));
  assert.equal(await holds(), false);
  await copyFile(path('backup'), path('a.jsonl'));
  assert.equal(await holds(), true);
  assert.equal(await (await open(source)).holds(0, [0, 7]), false);
});

test('a gzip file that is cut off is refused, and does not hold what it no longer has', async (context) => {
  const { open, path, write } = await scene(context);
  const whole = gzipSync(lines(0, 100_000));
  await write('a.gz', whole);
  const source = jsonl(path('a.gz'));
  const records = await readAll(await open(source));
  assert.equal(records.length, 100_000);
  await write('a.gz', whole.subarray(0, 20_000));
  const cut = await open(source);
  assert.equal(await cut.holds(0, records[99_000]!.after), false);
  await assert.rejects(readAll(cut), { code: 'state_refused', message: /not a whole gzip file/ });
});

test('a followed file that is cut short in place stops the reading instead of mixing lines', async (context) => {
  const { open, path, write } = await scene(context);
  await write('a.jsonl', lines(0, 9));
  const source = await open(jsonl(path('a.jsonl'), { follow: true, poll: '20ms' }));
  const records = await readUntil(source, 9);
  await truncate(path('a.jsonl'), 0);
  await assert.rejects(source.read(0, records[8]!.after, 10, never), {
    code: 'state_refused',
    message: /copytruncate/,
  });
});

test('lines that are added to a file that was left for the next one are not missed in silence', async (context) => {
  const { open, path, write } = await scene(context);
  await write('a.jsonl', lines(0, 2));
  await write('b.jsonl', lines(2, 4));
  const source = jsonl(path('*.jsonl'));
  assert.deepEqual(numbers(await readAll(await open(source))), upTo(4));
  await appendFile(path('b.jsonl'), lines(4, 5));
  assert.equal((await readAll(await open(source))).length, 5);
  await appendFile(path('a.jsonl'), lines(9, 10));
  await assert.rejects(open(source), {
    code: 'state_refused',
    message: /a\.jsonl: .*grown.*cut this one back to 16 bytes/,
  });
  await truncate(path('a.jsonl'), 16);
  assert.equal((await readAll(await open(source))).length, 5);
});

test('a file that was listed but never read from may be replaced before anything is committed', async (context) => {
  const { open, path, write } = await scene(context);
  const source = jsonl(path('a.jsonl'));
  await write('a.jsonl', '{broken\n');
  assert.equal((await readAll(await open(source))).length, 1);
  await write('a.jsonl', lines(0, 3));
  const reopened = await open(source);
  assert.ok(await reopened.holds(0, []));
  assert.deepEqual(
    (await readAll(reopened)).map(({ row, after }) => [row, after]),
    [
      [{ n: 0 }, [0, 8]],
      [{ n: 1 }, [0, 16]],
      [{ n: 2 }, [0, 24]],
    ],
  );
});
