// What somebody may have put where a database belongs, with real files and real SQLite.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { createPrivately } from './database-file.ts';
import { openSqlite } from './sqlite.ts';

function newDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'database-file-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('a link where a database, or a file beside it, belongs is refused, and what it points to is not made', (context) => {
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    const directory = newDirectory(context);
    const path = join(directory, 'state.db');
    const target = join(directory, 'target');
    symlinkSync(target, `${path}${suffix}`);
    assert.throws(() => openSqlite(path), { code: 'state_refused', on: `${path}${suffix}` });
    assert.equal(existsSync(target), false, suffix);
    writeFileSync(target, '');
    assert.throws(() => openSqlite(path), { code: 'state_refused', on: `${path}${suffix}` });
    assert.equal(statSync(target).size, 0, suffix);
  }
});

test('a directory where a database belongs is refused', (context) => {
  const path = join(newDirectory(context), 'state.db');
  mkdirSync(path);
  assert.throws(() => createPrivately(path), { code: 'io', on: path });
});

test('a database and the files beside it are private whatever the umask', (context) => {
  const path = join(newDirectory(context), 'state.db');
  const umask = process.umask(0);
  context.after(() => process.umask(umask));
  const database = openSqlite(path);
  context.after(() => database.close());
  database.exec('CREATE TABLE t (n INTEGER) STRICT');
  for (const suffix of ['', '-wal', '-shm']) assert.equal(statSync(`${path}${suffix}`).mode & 0o777, 0o600, suffix);
});
