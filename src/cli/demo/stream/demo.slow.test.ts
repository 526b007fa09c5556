// The demo itself, small: all that it does to its runs, and that nothing is left of it however it ends.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lastcall } from '../../testing/invoke.ts';

const BIN = fileURLToPath(new URL('../../../../bin/lastcall.js', import.meta.url));
const ONLY_LINUX = process.platform === 'linux' ? false : 'processes are looked for in /proc';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'lastcall-demo-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true, maxRetries: 3 }));

/** Processes whose command line names the state directory of this test. */
function processesOfTest(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(stateDir);
      } catch {
        return false;
      }
    });
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const deadlineMs = performance.now() + 60_000; !holds(); await sleep(20)) {
    assert(performance.now() < deadlineMs, `never: ${what}`);
  }
}

/** Starts a demo whose disturbed run is at work. */
async function startDemo(): Promise<ChildProcess> {
  const words = [BIN, 'demo', 'stream', '--records', '3000000', '--state-dir', stateDir];
  const demo = spawn(process.execPath, words, { stdio: 'ignore' });
  await until(
    () => existsSync(join(stateDir, 'demo', 'work', 'disturbed', 'pipelines', 'flights', 'state.db')),
    'a run',
  );
  return demo;
}

test('five interruptions lose and double nothing, and end where the undisturbed run ends', async () => {
  const words = ['demo', 'stream', '--records', '60000', '--seed', '5', '--json', '--state-dir', stateDir];
  const { code, stdout, stderr } = await lastcall(words);
  const verdict = JSON.parse(stdout);
  assert.deepEqual(verdict.violations, [], stderr);
  assert.equal(code, 0);
  const { demo, seed, records, finished, lost, doubled, leaked, modelHashEqual, kills, ok } = verdict;
  assert.deepEqual(
    { demo, seed, records, finished, lost, doubled, leaked, modelHashEqual, kills, ok },
    {
      demo: 'stream',
      seed: 5,
      records: 60_000,
      finished: 60_000,
      lost: 0,
      doubled: 0,
      leaked: 0,
      modelHashEqual: true,
      kills: 3,
      ok: true,
    },
  );
  assert.match(verdict.modelHash, /^[0-9a-f]{64}$/);
  assert(verdict.score.logLoss < verdict.score.baselineLogLoss);
  const fallbacks = verdict.disturbances.filter(({ fallback }: { fallback: string | null }) => fallback !== null);
  assert.deepEqual(
    fallbacks.map(({ kind }: { kind: string }) => kind),
    ['corrupt'],
  );
  assert.match(await readFile(verdict.curve, 'utf8'), /^<svg .*<polyline/s);
  assert.deepEqual(readdirSync(join(stateDir, 'demo')), ['lock', 'loss-curve.svg']);
});

test('Ctrl+C ends the demo and its runs, is no success, and leaves no files', { skip: ONLY_LINUX }, async () => {
  const demo = await startDemo();
  // A second one in the same place is refused, and touches nothing.
  const second = await lastcall(['demo', 'stream', '--state-dir', stateDir]);
  assert.deepEqual([second.code, /is owned by process/.test(second.stderr)], [107, true], second.stderr);
  assert(existsSync(join(stateDir, 'demo', 'work', 'disturbed', 'pipelines', 'flights', 'state.db')));
  const exited = once(demo, 'exit');
  demo.kill('SIGINT');
  const [code, signal] = await exited;
  assert.equal(signal, null);
  assert.notEqual(code, 0);
  assert.deepEqual(processesOfTest(), []);
  assert(!existsSync(join(stateDir, 'demo', 'work')));
});

test('a demo that is killed leaves no process behind', { skip: ONLY_LINUX }, async () => {
  const demo = await startDemo();
  assert(processesOfTest().length >= 2);
  demo.kill('SIGKILL');
  await until(() => processesOfTest().length === 0, 'its runs ended');
});
