import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { LastcallError } from '../base/errors.ts';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { migrate, requireKnownVersion, schemaVersion } from './migrations.ts';
import { openSqlite } from './sqlite.ts';
import { transaction } from './transaction.ts';

type Context = Parameters<typeof temporaryDirectory>[0];

function openTemporary(context: Context): DatabaseSync {
  const database = openSqlite(join(temporaryDirectory(context), 'state.db'));
  context.after(() => database.isOpen && database.close());
  return database;
}

function count(database: DatabaseSync): unknown {
  return database.prepare('SELECT count(*) AS rows FROM t').get()!['rows'];
}

test('a transaction gives its result and is all there', (context) => {
  const database = openTemporary(context);
  database.exec('CREATE TABLE t (a)');
  assert.equal(
    transaction(database, () => {
      database.exec('INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)');
      return 'both';
    }),
    'both',
  );
  assert.equal(count(database), 2);
});

test('whatever is thrown rolls all of it back and is thrown on', (context) => {
  const database = openTemporary(context);
  database.exec('CREATE TABLE t (a UNIQUE)');
  const mistake = new Error('a step threw');
  const throwing = (): never => {
    database.exec('INSERT INTO t VALUES (1)');
    throw mistake;
  };
  assert.throws(
    () => transaction(database, throwing),
    (error) => error === mistake,
  );
  const twice = (): void => database.exec('INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)');
  assert.throws(() => transaction(database, twice), /UNIQUE/);
  assert.equal(count(database), 0);
  assert.equal(database.isTransaction, false);
});

test('an asynchronous body and a transaction inside another are mistakes that are told and rolled back', (context) => {
  const database = openTemporary(context);
  database.exec('CREATE TABLE t (a)');
  const asynchronous = async (): Promise<void> => database.exec('INSERT INTO t VALUES (1)');
  assert.throws(() => transaction(database, asynchronous), /asynchronous/);
  const nested = (): void => transaction(database, () => database.exec('INSERT INTO t VALUES (1)'));
  assert.throws(() => transaction(database, nested), /inside/);
  assert.equal(count(database), 0);
});

test('a database that stays locked is told as a time-out that may be tried again', (context) => {
  const database = openTemporary(context);
  const other = openSqlite(database.location()!);
  context.after(() => other.close());
  other.exec('PRAGMA busy_timeout = 10');
  database.exec('BEGIN IMMEDIATE');
  assert.throws(
    () => transaction(other, () => {}),
    (error) => error instanceof LastcallError && error.code === 'timeout' && error.retryable,
  );
  database.exec('ROLLBACK');
  transaction(other, () => {});
});

const STEPS = [
  'CREATE TABLE t (a)',
  (database: DatabaseSync): void => void database.prepare('INSERT INTO t VALUES (?)').run(7),
  'ALTER TABLE t ADD COLUMN b',
];

test('migrations apply what is missing, once, for each component by itself', (context) => {
  const database = openTemporary(context);
  assert.equal(schemaVersion(database, 'stream'), 0);
  assert.equal(migrate(database, 'stream', STEPS.slice(0, 2)), 0);
  assert.equal(migrate(database, 'stream', STEPS), 2);
  assert.equal(migrate(database, 'stream', STEPS), 3);
  assert.deepEqual({ ...database.prepare('SELECT * FROM t').get() }, { a: 7, b: null });
  assert.equal(migrate(database, 'sink', ['CREATE TABLE sink (a)']), 0);
  assert.deepEqual([schemaVersion(database, 'stream'), schemaVersion(database, 'sink')], [3, 1]);
});

test('a migration that fails leaves the version and the tables as they were', (context) => {
  const database = openTemporary(context);
  migrate(database, 'stream', STEPS.slice(0, 1));
  assert.throws(() => migrate(database, 'stream', [...STEPS, 'CREATE TABLE t (again)']), /already exists/);
  assert.equal(schemaVersion(database, 'stream'), 1);
  assert.equal(count(database), 0);
});

test('tables of a newer Lastcall are refused and left alone', (context) => {
  const database = openTemporary(context);
  migrate(database, 'stream', STEPS);
  const older = (): number => migrate(database, 'stream', STEPS.slice(0, 2));
  assert.throws(
    older,
    (error) => error instanceof LastcallError && error.exitCode === 106 && /newer one/.test(error.todo),
  );
  assert.throws(() => requireKnownVersion(database, 'stream', 2), LastcallError);
  requireKnownVersion(database, 'stream', 3);
  assert.equal(schemaVersion(database, 'stream'), 3);
});
