import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import fc from 'fast-check';
import { contentOf } from '../../../base/files/testing/disk-content.ts';
import { powerLossTrials } from '../../../base/files/testing/power-loss.ts';
import type { SimulatedDisk } from '../../../base/files/testing/simulated-disk.ts';
import { commitEpoch, openDatabase, openedSink, origin, rollBackEpoch, temporaryDirectory } from '../testing.ts';
import { csvFiles } from './csv-files.ts';
import { jsonlFiles, jsonlFormat } from './jsonl-files.ts';
import { OpenParts, PART_OPTIONS, partRules } from './parts.ts';

interface Output {
  readonly n: number;
}
const outputs = (from: number, to: number): Output[] =>
  Array.from({ length: to - from }, (_, index) => ({ n: from + index }));

/** All outputs of the parts, complete and open, in order. */
async function contentOfParts(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('part-')).sort();
  return (await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')))).join('');
}
const parsed = (text: string): Output[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Output);

test('committed outputs are in the parts once and in order, whatever is rolled back or restarted', async (context) => {
  const epochs = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 20 }), fc.constantFrom('commit', 'roll back', 'restart')),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(epochs, async (steps) => {
      const directory = join(await temporaryDirectory(context), 'out');
      const {
        open: first,
        database,
        reopen,
      } = await openedSink(context, jsonlFiles<Output>(directory, { partBytes: 100 }));
      let open = first;
      let next = 0;
      for (const [count, what] of steps) {
        if (what === 'restart') open = await reopen();
        else if (what === 'roll back') await rollBackEpoch(open, database, outputs(next, next + count));
        else {
          await commitEpoch(open, database, outputs(next, next + count));
          next += count;
        }
      }
      open = await reopen();
      assert.deepEqual(parsed(await contentOfParts(directory)), outputs(0, next));
      const names = (await readdir(directory)).filter((name) => name.endsWith('.open'));
      assert.ok(names.length <= 1);
    }),
    { numRuns: 30 },
  );
});

test('parts are rolled by bytes and by records; only the last one is open, and it is completed when the stream ends', async (context) => {
  const directory = join(await temporaryDirectory(context), 'out');
  const { open, database } = await openedSink(context, jsonlFiles<Output>(directory, { partRecords: 4 }));
  for (const from of [0, 3, 6]) await commitEpoch(open, database, outputs(from, from + 3));
  const names = async (): Promise<string[]> =>
    (await readdir(directory)).filter((name) => name !== '.lastcall-sink').sort();
  assert.deepEqual(await names(), ['part-00000001.jsonl', 'part-00000002.jsonl.open']);
  assert.equal(open.ended?.(), true);
  await commitEpoch(open, database, []);
  assert.equal(open.ended?.(), false);
  assert.deepEqual(await names(), ['part-00000001.jsonl', 'part-00000002.jsonl']);
  assert.deepEqual(parsed(await contentOfParts(directory)), outputs(0, 9));
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  assert.equal((await stat(join(directory, 'part-00000002.jsonl'))).mode & 0o777, 0o600);
});

test('complete parts may be taken away; an open part that is gone or shorter stops the start', async (context) => {
  const directory = join(await temporaryDirectory(context), 'out');
  const { open, database, reopen } = await openedSink(context, jsonlFiles<Output>(directory, { partRecords: 2 }));
  for (const from of [0, 2, 4]) await commitEpoch(open, database, outputs(from, from + (from === 4 ? 1 : 2)));
  await rm(join(directory, 'part-00000001.jsonl'));
  const again = await reopen();
  await commitEpoch(again, database, outputs(5, 6));
  assert.deepEqual(parsed(await contentOfParts(directory)), outputs(2, 6));
  await commitEpoch(again, database, outputs(6, 7));
  await truncate(join(directory, 'part-00000004.jsonl.open'), 3);
  await assert.rejects(reopen(), { code: 'state_refused', message: /8 bytes of outputs are committed, 3 are there/ });
  await rm(join(directory, 'part-00000004.jsonl.open'));
  await assert.rejects(reopen(), { code: 'state_refused', message: /8 bytes of outputs are committed, 0 are there/ });
});

test('after an older state was restored, the parts are what that state says', async (context) => {
  const directory = join(await temporaryDirectory(context), 'out');
  const {
    open,
    database,
    reopen,
    directory: stateDirectory,
  } = await openedSink(context, jsonlFiles<Output>(directory, { partRecords: 4 }));
  await commitEpoch(open, database, outputs(0, 3));
  const archive = join(stateDirectory, 'archive.db');
  database.exec(`VACUUM INTO '${archive}'`);
  for (const from of [3, 6, 9]) await commitEpoch(open, database, outputs(from, from + 3));
  await open.close();
  const restored = new DatabaseSync(archive);
  context.after(() => restored.close());
  const sink = await jsonlFiles<Output>(directory, { partRecords: 4 }).open({
    database: restored,
    directory,
    pipeline: 'test',
  });
  await sink.recover();
  assert.deepEqual(parsed(await contentOfParts(directory)), outputs(0, 3));
  await commitEpoch(sink, restored, outputs(3, 9));
  await sink.close();
  assert.deepEqual(parsed(await contentOfParts(directory)), outputs(0, 9));
  await assert.rejects(reopen(), { code: 'state_refused' });
});

test("a directory with another state's parts is refused untouched", async (context) => {
  const directory = join(await temporaryDirectory(context), 'out');
  const { open, database } = await openedSink(context, jsonlFiles<Output>(directory));
  await commitEpoch(open, database, outputs(0, 3));
  await assert.rejects(openedSink(context, jsonlFiles<Output>(directory)), {
    code: 'state_refused',
    message: /another state/,
  });
  const unmarked = join(await temporaryDirectory(context), 'out');
  await mkdir(unmarked);
  await writeFile(join(unmarked, 'part-00000001.jsonl'), 'mine');
  await assert.rejects(openedSink(context, jsonlFiles<Output>(unmarked)), { code: 'state_refused' });
  assert.equal(await readFile(join(unmarked, 'part-00000001.jsonl'), 'utf8'), 'mine');
  assert.deepEqual(parsed(await contentOfParts(directory)), outputs(0, 3));
});

test('CSV parts each have a header, and values are quoted as needed', async (context) => {
  const directory = join(await temporaryDirectory(context), 'out');
  const { open, database } = await openedSink(
    context,
    csvFiles<Record<string, unknown>>(directory, { partRecords: 1 }),
  );
  await commitEpoch(open, database, [{ a: 1.5, 'b,c': 'x"y\nz', d: true, e: [1, 'q'], f: null }, { a: 2, 'b,c': '', d: false, e: {}, f: 'g' }]); // prettier-ignore
  await commitEpoch(open, database, [{ a: null, 'b,c': null, d: null, e: null, f: ' ' }]);
  assert.equal(
    await readFile(join(directory, 'part-00000001.csv'), 'utf8'),
    'a,"b,c",d,e,f\n1.5,"x""y\nz",true,"[1,""q""]",\n2,"",false,{},g\n',
  );
  assert.equal(await readFile(join(directory, 'part-00000002.csv'), 'utf8'), 'a,"b,c",d,e,f\n,,,," "\n');
  assert.throws(() => open.add({ a: 1 }, origin([1])), { code: 'failed', message: /no field b,c/ });
});

test('outputs that JSON cannot hold are refused', async (context) => {
  const { open } = await openedSink(context, jsonlFiles<unknown>(join(await temporaryDirectory(context), 'out')));
  for (const output of [undefined, { n: 1n }, () => {}])
    assert.throws(() => open.add(output, origin([1])), { code: 'failed' });
  assert.equal(open.collected, 0);
});

test('a half part is cut back after kill -9: no output is lost, doubled or torn', async (context) => {
  const directory = await temporaryDirectory(context);
  const out = join(directory, 'out');
  const state = join(directory, 'state.db');
  for (let trial = 1; trial <= 6; trial++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'testdata/writer.ts'), state, out], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
    for (let line = 0; line < trial * 7; line++) await lines.next();
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  }
  await appendFile(
    join(out, (await readdir(out)).find((name) => name.endsWith('.open')) ?? 'part-99999999.jsonl.open'),
    '{"n":-1}\n{"n',
  );
  const database = openDatabase(context, directory);
  const open = await jsonlFiles<Output>(out, { partBytes: 400 }).open({ database, directory, pipeline: 'test' });
  await open.recover();
  await open.close();
  const done = database.prepare('SELECT outputs FROM done').get()!['outputs'] as number;
  assert.ok(done > 20);
  assert.deepEqual(parsed(await contentOfParts(out)), outputs(0, done));
});

test('power may fail before any step of the disk: what is committed is there, and nothing else', async () => {
  const states = new WeakMap<SimulatedDisk, DatabaseSync>();
  const opened = (disk: SimulatedDisk): OpenParts<Output> => {
    const context = { database: states.get(disk)!, directory: '/', pipeline: 'test' };
    return new OpenParts<Output>(
      'parts',
      partRules('jsonlFiles', '/out', { partRecords: 5 }, PART_OPTIONS),
      jsonlFormat,
      context,
      disk,
    );
  };
  const trials = await powerLossTrials(2, {
    prepare(disk) {
      const database = new DatabaseSync(':memory:');
      database.exec('CREATE TABLE done (outputs INTEGER)');
      states.set(disk, database);
    },
    async act(disk) {
      const database = states.get(disk)!;
      const open = opened(disk);
      await open.recover();
      for (let epoch = 1; epoch <= 4; epoch++) {
        for (const output of outputs(epoch * 3 - 3, epoch * 3)) open.add(output);
        await open.prepare();
        database.exec('BEGIN');
        open.commit();
        database.prepare('INSERT INTO done VALUES (3)').run();
        database.exec('COMMIT');
        await open.published();
      }
    },
    async check(disk) {
      const open = opened(disk);
      await open.recover();
      await open.close();
      const names = disk.sync.stat('/out') ? disk.sync.list('/out').filter((name) => name.startsWith('part-')) : [];
      const text = names
        .toSorted()
        .map((name) => contentOf(disk, `/out/${name}`))
        .join('');
      const done = states.get(disk)!.prepare('SELECT total(outputs) AS outputs FROM done').get()!['outputs'] as number;
      assert.deepEqual(parsed(text), outputs(0, done));
    },
  });
  assert.ok(trials > 50, `${trials} trials`);
});

test('a part that somebody gave its final name early is taken back', async (context) => {
  const directory = join(await temporaryDirectory(context), 'out');
  const { open, database, reopen } = await openedSink(context, jsonlFiles<Output>(directory));
  await commitEpoch(open, database, outputs(0, 1));
  await open.close();
  await rename(join(directory, 'part-00000001.jsonl.open'), join(directory, 'part-00000001.jsonl'));
  const again = await reopen();
  await commitEpoch(again, database, outputs(1, 2));
  assert.deepEqual(parsed(await contentOfParts(directory)), outputs(0, 2));
  assert.deepEqual((await readdir(directory)).sort(), ['.lastcall-sink', 'part-00000001.jsonl.open']);
});
