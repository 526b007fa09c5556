import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../base/errors.ts';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { integrityProblems } from './integrity.ts';
import type { IntegrityDepth } from './integrity.ts';
import { openSqlite, openSqliteForReading } from './sqlite.ts';

const PAGE_BYTES = 4_096;

/** A closed database of some pages with a table and an index. */
function makeDatabase(path: string): void {
  using database = openSqlite(path);
  database.exec(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, padding BLOB);
    CREATE INDEX t_name ON t (name);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO t SELECT i, 'name ' || i, zeroblob(500) FROM n;
  `);
}

/** What a reader is told; a refusal to open counts as told. */
function problems(path: string, depth: IntegrityDepth): string[] {
  try {
    using database = openSqliteForReading(path);
    return integrityProblems(database, depth);
  } catch (error) {
    assert.ok(error instanceof LastcallError && error.code === 'state_refused', String(error));
    return [error.what];
  }
}

test('a good database has no problems at any depth, open for writing or closed', (context) => {
  const path = join(temporaryDirectory(context), 'state.db');
  makeDatabase(path);
  for (const depth of ['header', 'quick', 'full'] as const) assert.deepEqual(problems(path, depth), []);
  using database = openSqlite(path);
  database.exec("INSERT INTO t VALUES (1000, 'more', zeroblob(100000))");
  for (const depth of ['header', 'quick', 'full'] as const) assert.deepEqual(integrityProblems(database, depth), []);
});

test('a file that was cut off anywhere is noticed by its header alone', (context) => {
  const path = join(temporaryDirectory(context), 'state.db');
  makeDatabase(path);
  const whole = fs.readFileSync(path);
  for (let length = whole.length - 1; length > 0; length -= 3_001) {
    fs.writeFileSync(path, whole.subarray(0, length));
    assert.notDeepEqual(problems(path, 'header'), [], `${length} bytes of ${whole.length}`);
  }
});

test('each page that is overwritten is noticed by the quick check', (context) => {
  const path = join(temporaryDirectory(context), 'state.db');
  makeDatabase(path);
  const whole = fs.readFileSync(path);
  for (let page = 0; page < whole.length / PAGE_BYTES; page++) {
    const damaged = Buffer.from(whole);
    damaged.fill(0xa5, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    fs.writeFileSync(path, damaged);
    assert.notDeepEqual(problems(path, 'quick'), [], `page ${page + 1}`);
  }
});

test('an index that does not match its table is noticed by the full check only', (context) => {
  const path = join(temporaryDirectory(context), 'state.db');
  makeDatabase(path);
  const content = fs.readFileSync(path);
  // The text is there twice, in the table and in the index.
  const at = content.indexOf('name 299');
  content.write('name 29X', at, 'latin1');
  fs.writeFileSync(path, content);
  assert.deepEqual(problems(path, 'quick'), []);
  assert.notDeepEqual(problems(path, 'full'), []);
});

test('a row that refers to a missing one is noticed by the full check', (context) => {
  using database = openSqlite(join(temporaryDirectory(context), 'state.db'));
  database.exec('CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (p REFERENCES parent (id))');
  database.exec('PRAGMA foreign_keys = OFF; INSERT INTO child VALUES (7)');
  assert.deepEqual(integrityProblems(database, 'quick'), []);
  assert.deepEqual(integrityProblems(database, 'full'), ['row 1 of child refers to a missing row of parent']);
});
