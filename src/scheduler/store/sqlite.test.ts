import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { LastcallError } from '../../base/errors.ts';
import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { openSqliteStore } from './sqlite.ts';
import { batchOf, manyJobs, storeContract } from './testing/contract.ts';

storeContract('SQLite', async (t) => {
  const directory = temporaryDirectory(t);
  return async () => opened(t, directory);
});

test('SQLite: one directory has one scheduler', (t) => {
  const directory = temporaryDirectory(t);
  opened(t, directory);
  assert.throws(
    () => openSqliteStore(directory, 'unit_other'),
    (error) => isRefused(error, 'fenced'),
  );
});

test('SQLite: a file that is no database is refused, named, and left as it is', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(
    join(directory, 'scheduler.db'),
    'this is not a database, and it is longer than a header of one hundred bytes, so that it is read'.repeat(40),
  );
  assert.throws(
    () => openSqliteStore(directory, 'unit_1'),
    (error) => isRefused(error, 'state_refused') && /scheduler\.db/.test(String(error)),
  );
});

test('SQLite: a batch is there as a whole or not at all', async (t) => {
  const store = opened(t, temporaryDirectory(t));
  const jobs = manyJobs(2);
  const broken = { event: 'broken', wallMs: 1, toJSON: () => assert.fail('it cannot be written') };
  await assert.rejects(store.commit(batchOf({ jobs, told: [broken] })));
  assert.deepEqual((await store.load()).seq, 0);
});

function opened(t: TestContext, directory: string) {
  const store = openSqliteStore(directory, 'unit_1');
  t.after(() => store[Symbol.asyncDispose]());
  return store;
}

function isRefused(error: unknown, code: string): boolean {
  return error instanceof LastcallError && error.code === code;
}
