import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../base/errors.ts';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { integrityProblems } from './integrity.ts';
import { openSqlite, openSqliteForReading } from './sqlite.ts';
import { startProgram } from './testing/program.ts';
import type { Program } from './testing/program.ts';
import { transaction } from './transaction.ts';

test('a database at its size limit says disk_full, stays readable at the last commit, and goes on when there is room', (context) => {
  const path = join(temporaryDirectory(context), 'state.db');
  using database = openSqlite(path);
  database.exec('CREATE TABLE counted (n INTEGER PRIMARY KEY, padding); PRAGMA max_page_count = 20');
  const insert = database.prepare('INSERT INTO counted (padding) VALUES (zeroblob(3000))');
  const addTwo = (): void => transaction(database, () => void [insert.run(), insert.run()]);
  let commits = 0;
  const fill = (): void => {
    for (; commits < 100; commits++) addTwo();
  };
  assert.throws(fill, (error) => error instanceof LastcallError && error.code === 'disk_full');
  assert.ok(commits > 3 && commits < 20);
  const rows = (): unknown => database.prepare('SELECT count(*) AS rows FROM counted').get()!['rows'];
  assert.equal(rows(), 2 * commits);
  database.exec('PRAGMA max_page_count = 1000');
  addTwo();
  assert.equal(rows(), 2 * commits + 2);
  assert.deepEqual(integrityProblems(database, 'full'), []);
});

/** What the writer acknowledged, and what it said at its end. */
async function runToItsEnd(writer: Program): Promise<{ acknowledged: number; said: string }> {
  let acknowledged = 0;
  for (let line = await writer.line(); line !== null; line = await writer.line()) {
    if (!/^\d+$/.test(line)) return { acknowledged, said: line };
    acknowledged = Number(line);
  }
  return { acknowledged, said: '' };
}

function assertHolds(path: string, rows: number): void {
  using database = openSqliteForReading(path);
  assert.deepEqual(integrityProblems(database, 'full'), []);
  assert.equal(database.prepare('SELECT max(n) AS n FROM counted').get()!['n'], rows);
}

test('a write that the system refuses is told as an I/O error, and nothing that was committed is lost', async (context) => {
  // A limit on the size of files, in blocks of 512 bytes: what lies beyond is refused with EFBIG.
  for (const blocks of [120, 160, 200]) {
    const path = join(temporaryDirectory(context), 'state.db');
    const through = ['sh', '-c', `ulimit -f ${blocks}; exec "$0" "$@"`];
    await using writer = startProgram('write-rows', [path, '1000'], { through });
    const { acknowledged, said } = await runToItsEnd(writer);
    assert.equal(said, 'io');
    assert.ok(acknowledged > 3 && acknowledged < 1_000, `${acknowledged} rows`);
    assertHolds(path, acknowledged);
  }
});

test('a full file system is told as disk_full, and the database stays readable at the last commit', async (context) => {
  const [mounted, out] = [temporaryDirectory(context), temporaryDirectory(context)];
  const inNamespace = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'];
  const mount = `mount -t tmpfs -o size=600k tmpfs ${mounted}`;
  if (spawnSync(inNamespace[0]!, [...inNamespace.slice(1), mount]).status !== 0) {
    context.skip('no small file system can be mounted here (unshare --user --mount)');
    return;
  }
  // The mount is seen only inside of the namespace, so the files are copied out of it at the end.
  const script = `${mount} && "$0" "$@"; rm -f ${mounted}/*-shm; cp ${mounted}/state.db* ${out}`;
  await using writer = startProgram('write-rows', [join(mounted, 'state.db'), '1000'], {
    through: [...inNamespace, script],
  });
  const { acknowledged, said } = await runToItsEnd(writer);
  await writer.ended;
  assert.equal(said, 'disk_full');
  assert.ok(acknowledged > 3 && acknowledged < 1_000, `${acknowledged} rows`);
  assert.deepEqual(fs.readdirSync(mounted), []);
  assertHolds(join(out, 'state.db'), acknowledged);
});
