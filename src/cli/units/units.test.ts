// The commands that steer units, against a real unit in a process of its own.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { controlOf } from '../../lifecycle/control/client.ts';
import { lastcall } from '../testing/invoke.ts';

const FIXTURE = fileURLToPath(new URL('../testdata/steerable.ts', import.meta.url));

let stateDir: string;
let child: ChildProcess;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'lastcall-units-'));
  child = spawn(process.execPath, [FIXTURE], {
    env: { ...process.env, LASTCALL_STATE_DIR: stateDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [word] = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
  assert.equal(String(word), 'ready\n');
});
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  await rm(stateDir, { recursive: true, force: true });
});

const ask = (...words: string[]) => lastcall([...words, '--state-dir', stateDir]);
const answer = async (...words: string[]) => JSON.parse((await ask(...words, '--json')).stdout);

test('ps lists a running unit, and marks it as dead once it was killed', async () => {
  assert.match((await ask('ps')).stdout, /^NAME .*\nsteerable +service +ready +\d+ /);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  assert.match((await ask('ps')).stdout, /\nsteerable .*dead/);
  const { name, life, identity } = await answer('ps');
  assert.deepEqual([name, life, identity.pid], ['steerable', 'dead', child.pid]);
});

test('ps in an empty state directory lists nothing and is content', async () => {
  const empty = await lastcall(['ps', '--json', '--state-dir', join(stateDir, 'empty')]);
  assert.deepEqual(empty, { code: 0, stdout: '', stderr: '' });
});

test('status tells what the unit does, and the same as JSON', async () => {
  const { stdout } = await ask('status', 'steerable');
  assert.match(stdout, /^state +ready$/m);
  assert.match(stdout, /^requests +1 accepted = 0 finished .* 1 in flight$/m);
  assert.match(stdout, /scorer \(model\)/);
  const status = await answer('status', 'steerable');
  assert.equal(status.unit.pid, child.pid);
  assert.deepEqual(status.details, { learning: true, version: '1' });
});

test('a unit that does not run is an error that names the one that was meant', async () => {
  const { code, stdout, stderr } = await ask('status', 'steerabel');
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /no unit of this name is running\n {3}on: steerabel\n {3}do: Did you mean steerable\?/);
});

test('checkpoint, freeze, thaw, start and swap reach the unit', async () => {
  assert.equal((await ask('checkpoint', 'steerable')).stdout, 'ckpt_1, verified\n');
  assert.equal((await ask('freeze', 'steerable', 'delay')).code, 0);
  assert.equal((await answer('status', 'steerable')).details.learning, false);
  assert.equal((await ask('thaw', 'steerable', 'delay')).code, 0);
  assert.equal((await answer('status', 'steerable')).details.learning, true);
  assert.deepEqual(await answer('start', 'steerable', '--scope', 'model:delay'), { scope: 'model:delay' });
  assert.equal((await ask('start', 'steerable')).code, 2);
  const model = join(stateDir, 'model.bin');
  await writeFile(model, 'weights');
  await ask('swap', 'steerable', 'delay', model, '--version', '2');
  assert.equal((await answer('status', 'steerable')).details.version, '2');
  await ask('swap', 'steerable', 'delay', model);
  assert.match((await answer('status', 'steerable')).details.version, /^[0-9a-f]{64}$/);
});

test('what the unit refuses arrives as its own message', async () => {
  const { code, stderr } = await ask('stop', 'steerable', '--scope', 'model:none');
  assert.notEqual(code, 0);
  assert.match(stderr, /none/);
});

test('stop waits for the end and shows the report; an extension is asked for meanwhile, and answered', async () => {
  const exited = once(child, 'exit');
  const stopping = ask('stop', 'steerable', '--deadline', '40s', '--mode', 'drain');
  const client = await controlOf(stateDir, 'steerable');
  for (const abort = new AbortController(); !abort.signal.aborted;) {
    for await (const event of client.events(abort.signal)) {
      const inDrain =
        event.event === 'status'
          ? event.status.stage === 'drain'
          : event.event === 'stage_started' && event.stage === 'drain';
      if (inDrain) abort.abort();
    }
  }
  // Where a container engine or Kubernetes enforces the deadline, nothing can be granted, and that is said.
  const extension = await ask('extend', 'steerable', '30s', '--json');
  const { grantedMs, reason } = JSON.parse(extension.stdout);
  assert.equal(extension.code, grantedMs > 0 ? 0 : 1, extension.stdout);
  assert(grantedMs > 0 || reason.length > 0, extension.stdout);
  await client.send('POST', '/answer');
  const { code, stdout } = await stopping;
  assert.equal(code, 0);
  assert.match(stdout, /^clean: exit code 0, it ended as it should$/m);
  assert.match(stdout, /1 requests accepted = 1 finished/);
  assert.deepEqual(await exited, [0, null]);
});

test('stop with a scope ends that part and leaves the rest', async () => {
  const { report } = await answer('stop', 'steerable', '--scope', 'model:scorer');
  assert.equal(report.unit.name, 'scorer');
  assert.equal((await answer('status', 'steerable')).phase, 'ready');
});
