import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { arraySource } from '../testdata/array-source.ts';
import { counting, events } from '../testing/counting.ts';
import { open, temporaryDirectory } from '../testing/engine.ts';
import { fingerprint, flip } from '../testing/files.ts';
import { statesAt, verifyState } from './verify.ts';
import type { Verdict } from './verify.ts';

const ALL = events(2_000);

/** A state with two archives, closed in order. */
async function archivedState(t: TestContext): Promise<string> {
  const directory = await temporaryDirectory(t);
  for (const records of [500, 1_000, 2_000]) {
    const source = arraySource([ALL[0]!.slice(0, records)]);
    await using opened = await open(counting([], { source, archive: { every: '1h' } }), directory);
    await opened.engine.run();
    if (records < 2_000) await opened.archivist!.now();
  }
  return directory;
}

const failed = ({ checks }: Verdict): unknown[] =>
  checks.filter(({ result }) => result === 'failed').map(({ name }) => name);

test('a good state is usable, by a quick and by a deep look, and looking changes nothing', async (t) => {
  const directory = await archivedState(t);
  const before = fingerprint(directory);
  for (const depth of ['quick', 'deep'] as const) {
    const verdict = await verifyState(directory, { depth });
    assert.equal(verdict.exitCode, 0);
    assert.equal(verdict.holding?.row.records, 2_000);
    assert.equal(verdict.holding?.pipeline, 'counting');
    assert.deepEqual(
      verdict.archives.map(({ manifest, damage }) => [manifest?.records, damage]),
      [
        [1_000, null],
        [500, null],
      ],
    );
    assert.equal(
      verdict.checks.some(({ name }) => name === 'pieces'),
      depth === 'deep',
    );
  }
  assert.deepEqual(fingerprint(directory), before);
});

test('a piece of state that was changed is found by a deep look, and the fallback is named', async (t) => {
  const directory = await archivedState(t);
  const database = new DatabaseSync(join(directory, 'state.db'));
  database.exec("UPDATE lastcall_piece SET value = CAST('9' AS BLOB) WHERE key = 'key k3'");
  database.close();
  assert.equal((await verifyState(directory)).usable, true);
  const verdict = await verifyState(join(directory, 'state.db'), { depth: 'deep' });
  assert.equal(verdict.exitCode, 106);
  assert.deepEqual(failed(verdict), ['pieces']);
  assert.match(verdict.checks.at(-1)!.detail, /state\.seen: piece "key k3" does not have the checksum/);
  assert.equal(verdict.fallback, verdict.archives[0]!.id);
});

test('what does not fit together is told by its check', async (t) => {
  const cases: [sql: string, check: string][] = [
    ["UPDATE lastcall_epoch SET code = 'x'", 'chain'],
    ['DELETE FROM lastcall_epoch WHERE epoch = (SELECT max(epoch) FROM lastcall_epoch)', 'mark'],
    ['UPDATE lastcall_position SET records = records + 1', 'positions'],
    ['UPDATE lastcall_slot SET pieces = pieces + 1 WHERE slot = 1', 'slots'],
    ["UPDATE lastcall_pipeline SET topology = '{}'", 'chain'],
    ["UPDATE schema_version SET version = 99 WHERE component = 'engine'", 'version'],
  ];
  for (const [sql, check] of cases) {
    const directory = await archivedState(t);
    const database = new DatabaseSync(join(directory, 'state.db'));
    database.exec(sql);
    database.close();
    assert.deepEqual(failed(await verifyState(directory)), [check], sql);
  }
});

test('a lost piece and one from the past are found, although each has its own checksum', async (t) => {
  for (const sql of [
    "DELETE FROM lastcall_piece WHERE key = 'key k3'",
    // What stood there before some later epoch: value and checksum fit together.
    "UPDATE lastcall_piece SET value = (SELECT value FROM old), checksum = (SELECT checksum FROM old) WHERE key = 'trail'",
  ]) {
    const directory = await archivedState(t);
    const database = new DatabaseSync(join(directory, 'state.db'));
    const [archive] = (await verifyState(directory)).archives;
    database.exec(`ATTACH '${join(directory, 'archives', archive!.id, 'state.db')}' AS archive`);
    database.exec("CREATE TEMP TABLE old AS SELECT * FROM archive.lastcall_piece WHERE key = 'trail'");
    database.exec(sql);
    database.close();
    const verdict = await verifyState(directory, { depth: 'deep' });
    assert.deepEqual(failed(verdict), ['pieces']);
    assert.match(verdict.checks.at(-1)!.detail, /are not all of them/);
  }
});

test('with its pipeline, topology and source are looked at too', async (t) => {
  const directory = await archivedState(t);
  assert.equal((await verifyState(directory, { pipeline: counting(ALL) })).usable, true);
  assert.deepEqual(failed(await verifyState(directory, { pipeline: counting(ALL, { seed: 7 }) })), ['topology']);
  assert.deepEqual(failed(await verifyState(directory, { pipeline: counting(events(1_999)) })), ['source']);
});

test('an archive alone can be verified', async (t) => {
  const directory = await archivedState(t);
  const [archive] = (await verifyState(directory)).archives;
  const path = join(directory, 'archives', archive!.id);
  assert.equal((await verifyState(path, { depth: 'deep' })).usable, true);
  flip(join(path, 'state.db'), 5_000);
  assert.equal((await verifyState(path)).usable, true);
  assert.equal((await verifyState(path, { depth: 'deep' })).exitCode, 106);
});

test('a state at work can be verified, and its owner is named', async (t) => {
  const directory = await temporaryDirectory(t);
  await using opened = await open(counting(ALL), directory);
  await opened.engine.run();
  const verdict = await verifyState(directory, { depth: 'deep' });
  assert.equal(verdict.usable, true);
  assert.equal(verdict.holding?.row.records, 2_000);
  assert.equal(verdict.owner?.pid, process.pid);
});

test('where there is no state, that is said', async (t) => {
  const directory = await temporaryDirectory(t);
  await assert.rejects(verifyState(directory), /there is no state here/);
  assert.deepEqual(statesAt(directory), [directory]);
});

test('the fallback that is named is the one that a start would take, or none', async (t) => {
  const directory = await archivedState(t);
  const [newest, oldest] = (await verifyState(directory)).archives;
  const fallback = async (records: number, seed = 1): Promise<string | null> => {
    return (await verifyState(directory, { pipeline: counting(events(records), { seed }) })).fallback;
  };
  assert.equal(await fallback(1_999), newest!.id);
  assert.equal(await fallback(999), oldest!.id);
  assert.equal(await fallback(499), null);
  // A good state of another pipeline is refused, and no archive takes its place.
  assert.equal(await fallback(2_000, 7), null);
});
