import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readManifest } from '../compile.ts';
import { buildExecutable } from './build.ts';

const folder = mkdtempSync(join(tmpdir(), 'lastcall-executable-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const executable = join(folder, 'lastcall');
buildExecutable(executable);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without Node on the PATH, and with nothing of this environment. */
function run(words: readonly string[], environment: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: '/nowhere', ...environment }, timeout: 60_000 };
    execFile(executable, words, options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

function home(name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

test('it is the command, and needs no Node', async () => {
  const HOME = home('first');
  const { code, stdout } = await run(['--version'], { HOME });
  assert.equal(code, 0);
  assert.equal(stdout.trim(), readManifest().version);
  const cache = join(HOME, '.cache');
  const [own = ''] = readdirSync(cache);
  assert.equal(readdirSync(join(cache, own)).length, 1, 'unpacked once');
  assert.equal((await run(['ps'], { HOME })).stdout, 'No units.\n');
});

test('a unit in it lives and ends: threads, database, report', async () => {
  const HOME = home('unit');
  const log = join(HOME, 'tasks.log');
  writeFileSync(log, '{"time":"2026-11-27T10:00:00Z","task_id":"a","status":"started"}\n');
  const { code, stdout, stderr } = await run(['reconcile', log, '--stale-after', '1h', '--json'], { HOME });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"task_id":"a".*"phase":"reported"/);
  const reports = join(HOME, '.local', 'state', 'lastcall', 'reports');
  const report = JSON.parse(readFileSync(join(reports, readdirSync(reports)[0]!), 'utf8')) as { outcome: string };
  assert.equal(report.outcome, 'clean');
});

test('several first starts at once leave one copy', async () => {
  const HOME = home('many');
  const all = await Promise.all(Array.from({ length: 6 }, () => run(['--version'], { HOME })));
  assert.deepEqual(
    all.map(({ code, stderr }) => [code, stderr]),
    all.map(() => [0, '']),
  );
  const cache = join(HOME, '.cache');
  assert.equal(readdirSync(join(cache, readdirSync(cache)[0]!)).length, 1);
});

test('a place that others may write to is passed over', async () => {
  const HOME = home('shared');
  const cache = join(HOME, '.cache');
  mkdirSync(join(cache, `lastcall-${process.getuid!()}`), { recursive: true });
  chmodSync(join(cache, `lastcall-${process.getuid!()}`), 0o777);
  const runtime = home('runtime');
  assert.equal((await run(['--version'], { HOME, XDG_RUNTIME_DIR: runtime })).code, 0);
  assert.equal(readdirSync(join(cache, readdirSync(cache)[0]!)).length, 0);
  assert.equal(readdirSync(runtime).length, 1);
});

test('a damaged one says so instead of running anything', async () => {
  const damaged = join(folder, 'damaged');
  const bytes = readFileSync(executable);
  // The archive lies behind Node itself; a megabyte before the end is inside of it, whatever else comes last.
  const at = bytes.lastIndexOf(Buffer.from('archive')) + 100_000;
  bytes[at]! ^= 0xff;
  writeFileSync(damaged, bytes, { mode: 0o755 });
  const { code, stderr } = await new Promise<Ended>((resolve) => {
    execFile(damaged, ['--version'], { env: { HOME: home('damaged-home') } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
  assert.equal(code, 110);
  assert.match(stderr, /this executable is damaged/);
});
