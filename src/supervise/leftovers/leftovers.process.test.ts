import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { thisProcess } from '../../base/process-identity.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { formatCookie, ownedAttempt } from '../ownership/cookie.ts';
import { findLeftovers, killLeftovers, type Leftover } from './find.ts';

const STORE = `store_${randomUUID()}`;
const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));
const { pid: ownPid, startTime } = thisProcess();
/** As of an owner that had our number before us. */
const GONE = ownedAttempt('1').replace(`${ownPid}-${startTime}`, `${ownPid}-1`);

async function leftovers(): Promise<{ found: Leftover[] }> {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, 'leftovers', '--json']).catch(
    (error: unknown) => error as { stdout: string },
  );
  return JSON.parse(stdout) as { found: Leftover[] };
}

test('what nobody watches over is shown with its ports, and killed; what somebody may watch over is left alone', async (t) => {
  const start = (attempt: string, program: string) => {
    const LASTCALL_UNIT = formatCookie({ storeId: STORE, unit: 'job/7', attempt });
    const child = spawn(process.execPath, ['-e', program], {
      env: { ...process.env, LASTCALL_UNIT },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  const idle = 'setInterval(() => {}, 1000)';
  const server =
    "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })";
  const left = start(GONE, server);
  const watched = start(ownedAttempt('1'), idle);
  const elsewhere = start(GONE.replace(/-\d+$/, '-1'), idle);
  let said = '';
  left.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes('\n') && findLeftovers().some(({ pid }) => pid === elsewhere.pid), 'all three');

  const { found } = await leftovers();
  const of = (pid: number | undefined) => found.find((one) => one.pid === pid);
  assert.deepEqual([of(left.pid)?.owner, of(left.pid)?.unit, of(left.pid)?.ports], ['gone', 'job/7', [Number(said)]]);
  assert.equal(of(watched.pid), undefined);
  assert.equal(of(elsewhere.pid)?.owner, 'unknown');

  // Not by the command: on this machine others may have leftovers that their tests wait for.
  const ours = found.filter(({ storeId }) => storeId === STORE);
  assert.deepEqual(await killLeftovers(ours), []);
  await until(() => left.signalCode === 'SIGKILL', 'its end');
  assert.equal(watched.exitCode ?? watched.signalCode ?? elsewhere.exitCode ?? elsewhere.signalCode, null);
});
