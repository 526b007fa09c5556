import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';

import { LastcallError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { networkFileSystem, requireLocal } from './file-system.ts';
import { openSqlite, openSqliteForReading } from './sqlite.ts';
import { hasWalResetRace, requireSafeSqlite } from './sqlite-version.ts';
import { transaction } from './transaction.ts';

function refusedAs(code: ErrorCode, pattern = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof LastcallError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0];
}

/** Names, sizes and contents, to see that nothing was created or changed. */
function snapshot(directory: string): Record<string, string> {
  return Object.fromEntries(
    fs.readdirSync(directory).map((name) => [name, fs.readFileSync(join(directory, name), 'hex')]),
  );
}

describe('a database opened for writing', () => {
  test('commits to the device, checks foreign keys, waits for locks and is private', (context) => {
    const directory = join(temporaryDirectory(context), 'state');
    using database = openSqlite(join(directory, 'state.db'));
    assert.equal(pragma(database, 'journal_mode'), 'wal');
    assert.equal(pragma(database, 'synchronous'), 2);
    assert.equal(pragma(database, 'foreign_keys'), 1);
    assert.equal(pragma(database, 'busy_timeout'), 5_000);
    database.exec('CREATE TABLE t (a)');
    assert.equal(fs.statSync(directory).mode & 0o777, 0o700);
    for (const name of fs.readdirSync(directory)) assert.equal(fs.statSync(join(directory, name)).mode & 0o777, 0o600);
    assert.equal(fs.readdirSync(directory).length, 3);
  });

  test('is refused when the file is something else, or cut off inside of its header', (context) => {
    const path = join(temporaryDirectory(context), 'state.db');
    fs.writeFileSync(path, 'not a database '.repeat(400));
    assert.throws(() => openSqlite(path), refusedAs('state_refused', /not a database/));
    assert.throws(() => openSqliteForReading(path), refusedAs('state_refused', /not a database/));
    fs.writeFileSync(path, 'SQLite format 3\0');
    assert.throws(() => openSqlite(path), refusedAs('state_refused'));
  });

  test('names the path when it cannot be opened', (context) => {
    const path = join(temporaryDirectory(context), 'state.db');
    fs.mkdirSync(path);
    assert.throws(() => openSqlite(path), refusedAs('io', new RegExp(path)));
  });
});

describe('a database opened for reading', () => {
  test('is not created', (context) => {
    const directory = temporaryDirectory(context);
    assert.throws(() => openSqliteForReading(join(directory, 'state.db')), refusedAs('not_found'));
    assert.deepEqual(fs.readdirSync(directory), []);
  });

  test('leaves a closed database as it is, to the byte, and its directory too', (context) => {
    const directory = temporaryDirectory(context);
    const path = join(directory, 'with space?.db');
    const writer = openSqlite(path);
    writer.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    writer.close();
    const before = snapshot(directory);
    const reader = openSqliteForReading(path);
    assert.equal(reader.prepare('SELECT a FROM t').get()!['a'], 1);
    assert.throws(() => reader.exec('INSERT INTO t VALUES (2)'), /readonly/);
    reader.close();
    assert.deepEqual(snapshot(directory), before);
  });

  test('shows what a running writer committed, and leaves the writer alone', (context) => {
    const path = join(temporaryDirectory(context), 'state.db');
    using writer = openSqlite(path);
    writer.exec('CREATE TABLE t (a)');
    for (let a = 1; a <= 3; a++) {
      transaction(writer, () => writer.prepare('INSERT INTO t VALUES (?)').run(a));
      const reader = openSqliteForReading(path);
      assert.equal(reader.prepare('SELECT count(*) AS rows FROM t').get()!['rows'], a);
      reader.close();
    }
  });

  test('shows what a killed writer committed, and changes neither the database nor its log', (context) => {
    const directory = temporaryDirectory(context);
    const [path, copy] = [join(directory, 'state.db'), join(directory, 'copy.db')];
    const writer = openSqlite(path);
    writer.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    for (const end of ['', '-wal']) fs.copyFileSync(path + end, copy + end);
    writer.close();
    const before = snapshot(directory);
    const reader = openSqliteForReading(copy);
    assert.equal(reader.prepare('SELECT a FROM t').get()!['a'], 1);
    reader.close();
    const { 'copy.db-shm': _, ...after } = snapshot(directory);
    assert.deepEqual(after, before);
  });
});

test('the versions of SQLite that can lose commits in a WAL reset are known', () => {
  for (const racy of ['3.7.0', '3.44.5', '3.45.0', '3.49.2', '3.50.6', '3.51.0', '3.51.2'])
    assert.ok(hasWalResetRace(racy), racy);
  for (const good of ['3.44.6', '3.50.7', '3.51.3', '3.52.0', '3.53.4', '4.0.0'])
    assert.ok(!hasWalResetRace(good), good);
});

test('a version that can lose commits is refused with the way out', () => {
  using database = new DatabaseSync(':memory:');
  requireSafeSqlite(database);
  database.function('sqlite_version', () => '3.51.2');
  assert.throws(() => requireSafeSqlite(database), refusedAs('dependency', /SQLite 3\.51\.2 can lose/));
});

test('network file systems are told from local ones', (context) => {
  assert.equal(networkFileSystem(0x6969), 'NFS');
  assert.equal(networkFileSystem(0xff534d42 | 0), 'CIFS', 'statfs may give it as a negative number');
  assert.equal(networkFileSystem(0xef53), null);
  requireLocal(temporaryDirectory(context));
});
