import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import type { ArchiveNews } from '../engines/embedded/archivist.ts';
import { arraySource } from '../testdata/array-source.ts';
import { counting, events } from '../testing/counting.ts';
import { open, temporaryDirectory } from '../testing/engine.ts';
import { checkArchive } from './check.ts';
import { archiveIds, readManifest } from './manifest.ts';
import { pruneArchives } from './prune.ts';
import { writeArchive } from './write.ts';

const ALL = events(4_000)[0]!;
const never = new AbortController().signal;

async function stateWith(t: TestContext, records: number): Promise<string> {
  const directory = await temporaryDirectory(t);
  const source = arraySource([ALL.slice(0, records)]);
  await using opened = await open(counting([], { records: 100, batch: 100, source }), directory);
  await opened.engine.run();
  return directory;
}

test('an archive holds all that a resume needs, privately, and says what it is', async (t) => {
  const directory = await stateWith(t, 1_000);
  const before = await writeArchive({ directory, pipeline: 'counting', nowMs: 1_000, signal: never });
  const archived = await writeArchive({ directory, pipeline: 'counting', nowMs: 2_000, signal: never });
  assert.equal(archived.records, 1_000);
  assert.equal(archived.parent, before.id);
  assert.equal(archived.verified, true);
  assert.deepEqual(archived.progress, [{ records: 1_000, position: [1_000] }]);
  const path = join(directory, 'archives', archived.id);
  assert.deepEqual(readManifest(path), archived);
  assert.deepEqual(readdirSync(path).sort(), ['manifest.json', 'state.db']);
  for (const name of ['.', 'manifest.json', 'state.db']) assert.equal(statSync(join(path, name)).mode & 0o077, 0, name);
  const { holding } = await checkArchive(path, never);
  assert.equal(holding.row.hash, archived.hash);
});

test('an archive that is given up leaves nothing', async (t) => {
  const directory = await stateWith(t, 1_000);
  const giveUp = AbortSignal.abort(new Error('no time'));
  await assert.rejects(writeArchive({ directory, pipeline: 'counting', nowMs: 1_000, signal: giveUp }), /no time/);
  assert.deepEqual(readdirSync(join(directory, 'archives')), []);
});

test('a pipeline archives by records while it works, and keeps the newest few', async (t) => {
  const directory = await temporaryDirectory(t);
  const archive = { everyRecords: 500, every: '1h', keep: 2 };
  const news: ArchiveNews[] = [];
  {
    const options = { onArchive: (told: ArchiveNews) => void news.push(told) };
    await using opened = await open(counting([ALL], { records: 100, batch: 100, archive }), directory, options);
    // Archives are written beside the work; here the work waits, so that several come to be.
    opened.epochs.onCommit(() => void opened.engine.atBarrier(() => opened.archivist!.settled()).catch(() => {}));
    await opened.engine.run();
    await opened.archivist!.finish(() => 60_000, never);
  }
  const archived = news.map((told) => ('archived' in told ? told.archived.records : told.failed));
  assert.ok(archived.length >= 3, JSON.stringify(archived));
  for (const [index, records] of archived.entries()) {
    assert.ok(Number(records) - Number(archived[index - 1] ?? 0) >= 500, JSON.stringify(archived));
  }
  const kept = archiveIds(join(directory, 'archives')).map(
    (id) => readManifest(join(directory, 'archives', id)).records,
  );
  assert.deepEqual(kept, archived.slice(-2).reverse());
});

test('at the end an archive is written if one is due and time is left, else not', async (t) => {
  for (const [remainingMs, expected] of [
    [60_000, 1],
    [10, 0],
  ] as const) {
    const directory = await stateWith(t, 3_900);
    const due = { archive: { everyRecords: 3_900, every: '1h' } };
    await using opened = await open(counting([ALL], due), directory);
    await opened.archivist!.finish(() => remainingMs, never);
    assert.equal(archiveIds(join(directory, 'archives')).length, expected);
  }
});

test('an archive that cannot be written is told, and the pipeline works on', async (t) => {
  const directory = await temporaryDirectory(t);
  const news: ArchiveNews[] = [];
  const options = { onArchive: (told: ArchiveNews) => void news.push(told) };
  const archive = { everyRecords: 100 };
  await using opened = await open(counting([ALL], { records: 500, batch: 500, archive }), directory, options);
  writeFileSync(join(directory, 'archives'), 'in the way');
  assert.equal(await opened.engine.run(), 'end');
  await opened.archivist!.finish(() => 60_000, never);
  assert.ok(news.length > 0 && news.every((told) => 'failed' in told));
});

test('a half removed archive is none, and goes with the next pruning', async (t) => {
  const directory = await stateWith(t, 500);
  const first = await writeArchive({ directory, pipeline: 'counting', nowMs: 1_000, signal: never });
  const second = await writeArchive({ directory, pipeline: 'counting', nowMs: 2_000, signal: never });
  rmSync(join(directory, 'archives', first.id, 'manifest.json'));
  assert.deepEqual(await pruneArchives(directory, { keep: 5, keepForMs: 10_000 }, 3_000), []);
  assert.deepEqual(await pruneArchives(directory, { keep: 1, keepForMs: 10_000 }, 3_000), [first.id]);
  assert.equal(existsSync(join(directory, 'archives', second.id)), true);
});

test('a manifest that names another file than the one that is restored is refused', async (t) => {
  const directory = await stateWith(t, 500);
  const { id } = await writeArchive({ directory, pipeline: 'counting', nowMs: 1_000, signal: never });
  const path = join(directory, 'archives', id);
  const manifest = readManifest(path);
  const [file] = manifest.files;
  for (const files of [[{ ...file!, name: '../../state.db' }], [], [file!, { ...file!, name: 'other.db' }]]) {
    writeFileSync(join(path, 'manifest.json'), JSON.stringify({ ...manifest, files }));
    await assert.rejects(checkArchive(path, never), /its manifest cannot be read: it lists .* and not state\.db/);
  }
});

test('an archive covers what was committed until its copy began: at the end no second one says the same', async (t) => {
  const directory = await stateWith(t, 3_900);
  const rules = { archive: { everyRecords: 100, every: '1h' } };
  await using opened = await open(counting([ALL], { records: 100, batch: 100, ...rules }), directory);
  const archivist = opened.archivist!;
  const written = archivist.now();
  await opened.engine.run();
  await written;
  await archivist.settled();
  const newest = readManifest(join(directory, 'archives', archiveIds(join(directory, 'archives'))[0]!));
  assert.equal(archivist.isDue, 4_000 - newest.records >= 100);
});

test('after the wall clock was set back the newest archive still comes first', async (t) => {
  const directory = await stateWith(t, 500);
  const archives = join(directory, 'archives');
  const tomorrow = await writeArchive({ directory, pipeline: 'counting', nowMs: 86_400_000, signal: never });
  const today = await writeArchive({ directory, pipeline: 'counting', nowMs: 1_000, signal: never });
  assert.deepEqual(archiveIds(archives), [today.id, tomorrow.id]);
  await pruneArchives(directory, { keep: 1, keepForMs: 86_400_000 }, 2_000);
  assert.deepEqual(archiveIds(archives), [today.id]);
});

test('after the wall clock was set back archives are due as before', async (t) => {
  const directory = await stateWith(t, 500);
  await writeArchive({ directory, pipeline: 'counting', nowMs: 86_400_000, signal: never });
  let monotonicMs = 0;
  const clock: Clock = { ...systemClock, wallMs: () => 1_000, monotonicMs: () => monotonicMs };
  await using opened = await open(counting([ALL], { archive: { every: '1m' } }), directory, { clock });
  const archivist = opened.archivist!;
  await opened.engine.run();
  assert.equal(archivist.isDue, false);
  monotonicMs = 60_000;
  assert.equal(archivist.isDue, true);
});
