import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { LastcallError } from '../../../base/errors.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { counting, events } from '../../testing/counting.ts';
import type { Given } from '../../testing/counting.ts';
import type { OpenPipeline } from './open.ts';
import { leftIn, open, runToEnd, temporaryDirectory } from '../../testing/engine.ts';
import type { Left } from '../../testing/engine.ts';
import { copyAsKilled, fingerprint, flip, truncate } from '../../testing/files.ts';

const ALL = events(3_000);

/** A run that was undisturbed to its end. */
async function calm(t: TestContext): Promise<Left> {
  const directory = await temporaryDirectory(t);
  await runToEnd(counting(ALL), directory);
  return leftIn(directory);
}

/** Goes on until `records` records are committed. @returns what has to be closed */
async function runUntil(directory: string, records: number): Promise<OpenPipeline> {
  const source = arraySource([ALL[0]!.slice(0, records)]);
  const opened = await open(counting([], { records: 100, batch: 100, source, archive: ARCHIVE }), directory);
  await opened.engine.run();
  return opened;
}
const ARCHIVE = { every: '1h', keep: 10 };

/** What is there after `records` records, with archives at some of those before; closed in order. */
async function stateAfter(t: TestContext, records: number, archivedAt: readonly number[]): Promise<string> {
  const directory = await temporaryDirectory(t);
  for (const stop of archivedAt) {
    await using opened = await runUntil(directory, stop);
    await opened.archivist!.now();
  }
  await (await runUntil(directory, records))[Symbol.asyncDispose]();
  return directory;
}

interface Outcome {
  readonly stepsBack: number;
  readonly left: Left;
}

/** Starts in a directory and runs to the end. */
async function goOn(directory: string, given: Given = {}): Promise<Outcome> {
  let stepsBack = 0;
  {
    await using opened = await open(counting(ALL, given), directory);
    ({ stepsBack } = opened.checkpoint());
    await opened.engine.run();
  }
  return { stepsBack, left: leftIn(directory) };
}

/** Asserts exit code 106 and that no file has changed. */
async function refused(directory: string, given: Given, message: RegExp): Promise<void> {
  const before = fingerprint(directory);
  await assert.rejects(open(counting(ALL, given), directory), (error: LastcallError) => {
    assert.equal(error.exitCode, 106, error.stack);
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(fingerprint(directory), before);
}

/** A copy to be damaged. */
function copyOf(t: TestContext, directory: string): string {
  const copy = mkdtempSync(`${directory}-copy-`);
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(directory, copy, { recursive: true });
  return copy;
}

const isRoot = process.getuid?.() === 0;

function unreadable(path: string): void {
  rmSync(path);
  symlinkSync(path, path);
}

const archivesIn = (directory: string): string[] => readdirSync(join(directory, 'archives')).sort();

test('a pipeline with another topology is refused by name, and nothing is touched', async (t) => {
  const directory = await stateAfter(t, 500, [200]);
  await refused(directory, { seed: 2 }, /another topology: seed was 1 and is 2/);
  await refused(directory, { identity: 'elsewhere' }, /source was .*array.* and is .*elsewhere/);
});

test('a source that lost what was read: the newest archive that it still holds, or nothing is touched', async (t) => {
  const directory = await stateAfter(t, 1_000, [400, 900]);
  const shortened = (length: number): Given => ({ source: arraySource([ALL[0]!.slice(0, length)]) });
  await refused(
    directory,
    shortened(100),
    /no longer holds position 1000 of partition 0; no archive can take its place/,
  );
  const { stepsBack, left } = await goOn(directory, shortened(850));
  assert.equal(stepsBack, 2);
  const undisturbed = await temporaryDirectory(t);
  await runToEnd(counting([], shortened(850)), undisturbed);
  assert.deepEqual(left, leftIn(undisturbed));
});

test('a source with another number of partitions is refused', async (t) => {
  const directory = await stateAfter(t, 500, []);
  await refused(directory, { source: arraySource(events(10, 10)) }, /2 partitions, and the state has 1/);
});

test('a database cut short anywhere: the newest archive takes its place, and the end is the same', async (t) => {
  const directory = await stateAfter(t, 1_000, [400]);
  const expected = await calm(t);
  const { size } = statSync(join(directory, 'state.db'));
  for (const length of [0, 1, 99, 4_096, 5_000, Math.floor(size / 8_192) * 4_096, size - 4_096, size - 1]) {
    const damaged = copyOf(t, directory);
    truncate(join(damaged, 'state.db'), length);
    assert.deepEqual(await goOn(damaged), { stepsBack: 1, left: expected }, `cut to ${length} bytes`);
    assert.deepEqual(readdirSync(join(damaged, 'set-aside')).length, 1);
    const alone = copyOf(t, directory);
    truncate(join(alone, 'state.db'), length);
    rmSync(join(alone, 'archives'), { recursive: true });
    await refused(alone, {}, /there is no archive/);
  }
});

test('a bit flipped anywhere in the database is harmless, or found before it does harm', async (t) => {
  const directory = await stateAfter(t, 1_000, [400]);
  const expected = await calm(t);
  const path = join(directory, 'state.db');
  const outputPages = pagesOf(path, 'results');
  const found = { harmless: 0, restored: 0 };
  const { size } = statSync(path);
  for (let offset = 0; offset < size; offset += 1_024) {
    // The content of a sink's rows has no checksum: docs/stream.md says so.
    if (outputPages.has(Math.floor(offset / 4_096) + 1)) continue;
    const damaged = copyOf(t, directory);
    const at = offset + ((offset / 1_024) % 1_021);
    flip(join(damaged, 'state.db'), at, 1 << (at % 8));
    const { stepsBack, left } = await goOn(damaged);
    found[stepsBack === 0 ? 'harmless' : 'restored'] += 1;
    assert.deepEqual(left, expected, `byte ${at} flipped, ${stepsBack} steps back`);
    rmSync(damaged, { recursive: true });
  }
  assert.ok(found.restored >= 5 && found.harmless >= 5, JSON.stringify(found));
});

/** Numbers of the pages that a table occupies. */
function pagesOf(path: string, table: string): Set<number> {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return new Set(
      database
        .prepare('SELECT pageno FROM dbstat WHERE name = ?')
        .all(table)
        .map((row) => Number(row['pageno'])),
    );
  } finally {
    database.close();
  }
}

test('a log whose tail was silently dropped is noticed by the mark', async (t) => {
  const directory = await temporaryDirectory(t);
  const killed = await temporaryDirectory(t);
  {
    await using opened = await runUntil(directory, 600);
    await opened.archivist!.now();
  }
  {
    await using opened = await runUntil(directory, 2_500);
    assert.ok(opened.epochs.committed.row.records === 2_500);
    copyAsKilled(directory, killed);
  }
  const wal = join(killed, 'state.db-wal');
  const { size } = statSync(wal);
  assert.ok(size > 100_000);
  const expected = await calm(t);
  for (const share of [0.01, 0.3, 0.6, 0.9, 0.99]) {
    const damaged = copyOf(t, killed);
    flip(join(damaged, 'state.db-wal'), Math.floor(size * share));
    assert.deepEqual(await goOn(damaged), { stepsBack: 1, left: expected }, `flipped at ${share} of the log`);
    const alone = copyOf(t, killed);
    flip(join(alone, 'state.db-wal'), Math.floor(size * share));
    rmSync(join(alone, 'archives'), { recursive: true });
    await refused(alone, {}, /were committed, and the database ends at \d+; there is no archive/);
  }
  assert.deepEqual(await goOn(copyOf(t, killed)), { stepsBack: 0, left: expected });
});

test('a damaged or missing mark alone is no reason to stop', async (t) => {
  const directory = await stateAfter(t, 1_000, [400]);
  const expected = await calm(t);
  const flipped = copyOf(t, directory);
  flip(join(flipped, 'mark'), 3);
  flip(join(flipped, 'mark'), 520);
  assert.deepEqual(await goOn(flipped), { stepsBack: 0, left: expected });
  rmSync(join(directory, 'mark'));
  assert.deepEqual(await goOn(directory), { stepsBack: 0, left: expected });
});

test('archives that do not verify are passed over, each of them a step back', async (t) => {
  const directory = await stateAfter(t, 1_000, [300, 600, 900]);
  const expected = await calm(t);
  const archives = archivesIn(directory);
  assert.equal(archives.length, 3);
  rmSync(join(directory, 'state.db'));
  flip(join(directory, 'archives', archives[2]!, 'state.db'), 9_000);
  truncate(join(directory, 'archives', archives[1]!, 'manifest.json'), 40);
  const hopeless = copyOf(t, directory);
  assert.deepEqual(await goOn(directory), { stepsBack: 3, left: expected });
  assert.deepEqual(archivesIn(directory), [archives[0]]);
  rmSync(join(hopeless, 'archives', archives[0]!, 'state.db'));
  await refused(hopeless, {}, /the database is gone; no archive can take its place .*SHA-256.*manifest.*missing/);
});

test('a database or an archive that cannot be read is passed over like a damaged one, and the reason is told', async (t) => {
  const directory = await stateAfter(t, 1_000, [300, 600]);
  const expected = await calm(t);
  const [older, newest] = archivesIn(directory);
  const whole = copyOf(t, directory);
  const hopeless = copyOf(t, directory);
  for (const damaged of [directory, hopeless]) {
    // A link to itself cannot be read by anybody, nor can a directory be a database.
    for (const path of [join('archives', newest!, 'state.db'), 'mark']) unreadable(join(damaged, path));
    rmSync(join(damaged, 'state.db'));
    mkdirSync(join(damaged, 'state.db'));
  }
  {
    await using opened = await open(counting(ALL), directory);
    const { why, passedOver, stepsBack, archive } = opened.state.restored!;
    assert.match(why, /the database cannot be read: /);
    assert.deepEqual([passedOver.length, stepsBack, archive.manifest.id], [1, 2, older]);
    assert.match(passedOver[0]!.why, /symbolic links/);
  }
  assert.deepEqual(await goOn(directory), { stepsBack: 0, left: expected });
  unreadable(join(hopeless, 'archives', older!, 'state.db'));
  await assert.rejects(open(counting(ALL), hopeless), (error: LastcallError) => {
    assert.match(error.message, /cannot be read.*no archive can take its place .*symbolic links.*symbolic links/);
    return error.exitCode === 106;
  });
  // An archive that is not needed is no reason to stop.
  unreadable(join(whole, 'archives', newest!, 'manifest.json'));
  assert.deepEqual(await goOn(whole, { archive: ARCHIVE }), { stepsBack: 0, left: expected });
});

test(
  'a database without permission to read is passed over',
  { skip: isRoot && 'root may read everything' },
  async (t) => {
    const directory = await stateAfter(t, 1_000, [300]);
    chmodSync(join(directory, 'state.db'), 0);
    assert.deepEqual(await goOn(directory), { stepsBack: 1, left: await calm(t) });
  },
);

test('what a killed attempt left beside the state is not taken for a part of it', async (t) => {
  const directory = await stateAfter(t, 1_000, [400]);
  const expected = await calm(t);
  // A log of another database, under the name that the copy of an archive gets; and an archive that was begun.
  const strange = new DatabaseSync(join(directory, 'strange.db'));
  strange.exec('PRAGMA journal_mode = WAL; CREATE TABLE strange (value); INSERT INTO strange VALUES (1)');
  cpSync(join(directory, 'strange.db-wal'), join(directory, 'restoring.db-wal'));
  strange.close();
  const attempt = join(directory, 'archives', '.ckpt_00000000000000000000000000.0123456789abcdef.tmp');
  mkdirSync(attempt);
  truncate(join(directory, 'state.db'), 4_096);
  assert.deepEqual(await goOn(directory), { stepsBack: 1, left: expected });
  assert.equal(existsSync(attempt), false);
});
