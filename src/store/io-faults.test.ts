import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { integrityProblems } from './integrity.ts';
import { openSqlite } from './sqlite.ts';
import { startProgram } from './testing/program.ts';

/** System calls by which SQLite and our own files change the disk. */
const CALLS = ['pwrite64', 'fsync', 'ftruncate', '?unlink', 'unlinkat', '?link', 'linkat'];
const FAULTS = ['signal=KILL', 'error=EIO', 'error=ENOSPC'];
/** One in so many steps is hit by each fault; 1 hits every one (about a minute and a half). */
const STRIDE = Number(process.env['LASTCALL_FAULT_STRIDE'] ?? 12);
const ROWS = 6;

interface Step {
  readonly call: string;
  /** The n-th call of this kind. */
  readonly n: number;
}

const probe = spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO:when=9', 'true']);
const skip = probe.status === 0 ? false : 'system calls cannot be made to fail here (strace with leave to trace)';

describe('a writer whose n-th write, sync, truncation or removal fails', { skip }, () => {
  for (const [offset, fault] of FAULTS.entries()) {
    test(`by ${fault} loses no row whose COMMIT had returned`, async (context) => {
      const directory = temporaryDirectory(context);
      const steps = await countSteps(join(directory, 'counted.db'), join(directory, 'trace'));
      assert.ok(steps.length > 40);
      const chosen = steps.filter((_, index) => index % STRIDE === offset % STRIDE);
      for (const { call, n } of chosen) {
        const path = join(directory, `${call}-${n}.db`);
        const inject = [
          'strace',
          '-f',
          '-o',
          '/dev/null',
          '-e',
          `trace=${call}`,
          '-e',
          `inject=${call}:${fault}:when=${n}`,
        ];
        await using writer = startProgram('write-rows', [path, String(ROWS)], { through: inject });
        const said: string[] = [];
        for (let line = await writer.line(); line !== null; line = await writer.line()) said.push(line);
        const end = await writer.ended;
        const what = `${call} ${n}: ${said.join(' ')}, ended by ${end}`;
        assert.ok(end === 'SIGKILL' || end === 3 || end === 0, what);
        if (end === 3) assert.ok(['io', 'disk_full'].includes(said.at(-1)!), what);
        const acknowledged = Number(said.filter((line) => /^\d+$/.test(line)).at(-1) ?? 0);
        const committed = rowsIn(path);
        // A commit that failed at its fsync, or whose process was killed in it, may be there or not.
        assert.ok(
          committed === acknowledged || (end !== 0 && committed === acknowledged + 1),
          `${what}: ${committed} rows`,
        );
      }
      context.diagnostic(`${chosen.length} of ${steps.length} steps`);
    });
  }
});

/** The steps of an undisturbed run, by kind and number. */
async function countSteps(path: string, trace: string): Promise<Step[]> {
  const through = ['strace', '-f', '-o', trace, '-e', `trace=${CALLS.join(',')}`];
  await using writer = startProgram('write-rows', [path, String(ROWS)], { through });
  assert.equal(await writer.ended, 0);
  const counts = new Map<string, number>();
  return fs
    .readFileSync(trace, 'utf8')
    .split('\n')
    .map((line) => /^\d+\s+(\w+)\(/.exec(line)?.[1])
    .filter((call) => call !== undefined)
    .map((call) => {
      const n = (counts.get(call) ?? 0) + 1;
      counts.set(call, n);
      return { call, n };
    });
}

/** Opens the database as the next start would; the rows are 1 … n without a gap. */
function rowsIn(path: string): number {
  using database = openSqlite(path);
  assert.deepEqual(integrityProblems(database, 'full'), []);
  if (!database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'counted'").get()) return 0;
  const row = database.prepare('SELECT count(*) AS rows, coalesce(max(n), 0) AS last FROM counted').get()!;
  assert.equal(row['rows'], row['last']);
  return Number(row['last']);
}
