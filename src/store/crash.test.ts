import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { SeededRandom } from '../base/random.ts';
import { integrityProblems } from './integrity.ts';
import { openSqlite, openSqliteForReading } from './sqlite.ts';
import { startProgram } from './testing/program.ts';
import { transaction } from './transaction.ts';

const KILLS = 12;

/** The rows are 1 … n without a gap, and the database is whole. Returns n. */
function committedRows(path: string): number {
  using database = openSqliteForReading(path);
  assert.deepEqual(integrityProblems(database, 'full'), []);
  const row = database.prepare('SELECT count(*) AS rows, coalesce(max(n), 0) AS last FROM counted').get()!;
  assert.equal(row['rows'], row['last']);
  return Number(row['last']);
}

test(`a writer killed ${KILLS} times never loses a row whose COMMIT had returned`, async (context) => {
  const path = join(temporaryDirectory(context), 'state.db');
  const random = new SeededRandom(1);
  let before = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await using writer = startProgram('write-rows', [path]);
    let acknowledged = Number(await writer.line());
    assert.equal(acknowledged, before, 'it goes on where the database ends');
    const target = acknowledged + 1 + random.below(60);
    while (acknowledged < target) acknowledged = Number(await writer.line());
    await writer.kill();
    // What it said between our last look and its end counts too.
    for (let line = await writer.line(); line !== null; line = await writer.line()) acknowledged = Number(line);
    const committed = committedRows(path);
    assert.ok(committed === acknowledged || committed === acknowledged + 1, `${committed} rows, ${acknowledged} said`);
    before = committed;
  }
  context.diagnostic(`${before} rows over ${KILLS} kills`);
});

test('a log that lost its tail, wherever it is cut, holds the first commits and nothing of a later one', (context) => {
  const directory = temporaryDirectory(context);
  const { path, commits } = writeTenCommits(directory);
  const log = fs.readFileSync(`${path}-wal`);
  const seen = new Set<number>();
  for (let length = log.length; length > 0; length -= 1_013) {
    const rows = rowsOfCopy(directory, path, log.subarray(0, length));
    assert.equal(rows % 3, 0, 'a commit of three rows is there whole or not at all');
    seen.add(rows / 3);
  }
  assert.ok(seen.has(commits) && seen.size > commits / 2, [...seen].join(' '));
});

test('a flipped bit in the log drops the commits from there on, whole, and SQLite finds nothing wrong', (context) => {
  const directory = temporaryDirectory(context);
  const { path, commits } = writeTenCommits(directory);
  const log = fs.readFileSync(`${path}-wal`);
  let dropped = 0;
  for (let at = 40; at < log.length; at += 2_003) {
    const flipped = Buffer.from(log);
    flipped[at]! ^= 1;
    const rows = rowsOfCopy(directory, path, flipped);
    assert.equal(rows % 3, 0);
    if (rows < commits * 3) dropped += 1;
  }
  assert.ok(
    dropped > 10,
    'so who must know of a lost tail keeps the newest epoch elsewhere, as the stream engine does',
  );
});

/** Ten commits of three rows, all of them still in the log. */
function writeTenCommits(directory: string): { path: string; commits: number } {
  const path = join(directory, 'state.db');
  const source = join(directory, 'source.db');
  using database = openSqlite(source);
  database.exec('CREATE TABLE counted (n INTEGER PRIMARY KEY, padding)');
  const insert = database.prepare('INSERT INTO counted (padding) VALUES (zeroblob(900))');
  for (let commit = 0; commit < 10; commit++) {
    transaction(database, () => {
      for (let row = 0; row < 3; row++) insert.run();
    });
  }
  for (const end of ['', '-wal']) fs.copyFileSync(source + end, path + end);
  return { path, commits: 10 };
}

/** How many rows a copy of the database with this log has; it is checked to be whole. */
function rowsOfCopy(directory: string, path: string, log: Uint8Array): number {
  const copy = join(directory, 'copy.db');
  for (const end of ['-wal', '-shm']) fs.rmSync(copy + end, { force: true });
  fs.copyFileSync(path, copy);
  fs.writeFileSync(`${copy}-wal`, log);
  using database = openSqlite(copy);
  assert.deepEqual(integrityProblems(database, 'full'), []);
  const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'counted'").get();
  return table ? Number(database.prepare('SELECT count(*) AS rows FROM counted').get()!['rows']) : 0;
}
