import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { describeProcess, fateOf, processIdentity, thisProcess } from './process-identity.ts';

test('a process is alive while it runs and gone afterwards', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const identity = processIdentity(child.pid!);
  assert.ok(identity);
  assert.equal(fateOf(identity), 'alive');
  child.stdin.end();
  await once(child, 'exit');
  assert.equal(fateOf(identity), 'gone');
  assert.equal(processIdentity(child.pid!), null);
});

test('a process that took over the number of another is not taken for it', () => {
  const self = thisProcess();
  assert.equal(fateOf(self), 'alive');
  assert.equal(fateOf({ ...self, startTime: `${self.startTime}1` }), 'gone');
});

test('an earlier boot of the same machine is gone, and another host or container is unknown', () => {
  const self = thisProcess();
  const machine = process.platform === 'linux' ? { pidNamespace: 'pid:[4026531836]' } : {};
  const onMachine = self.pidNamespace === (machine.pidNamespace ?? '');
  assert.equal(fateOf({ ...self, ...machine, bootId: 'earlier' }), onMachine ? 'gone' : 'unknown');
  assert.equal(fateOf({ ...self, bootId: 'earlier', pidNamespace: 'pid:[1]' }), 'unknown');
  assert.equal(fateOf({ ...self, bootId: 'other', host: 'elsewhere' }), 'unknown');
  assert.equal(fateOf({ ...self, bootId: '' }), 'unknown');
  assert.equal(fateOf({ ...self, pidNamespace: 'pid:[1]' }), 'unknown');
});

test('a zombie counts as ended', { skip: process.platform === 'linux' ? false : 'needs /proc' }, async () => {
  // The shell's child, which ends with pipe 3, is never waited for: exec puts a program in the shell's place that does
  // not know of it, and that says so by a line.
  const script = 'cat <&3 & echo $!; exec "$0" -e "console.log(); process.stdin.resume()"';
  const shell = spawn('sh', ['-c', script, process.execPath], { stdio: ['pipe', 'pipe', 'ignore', 'pipe'] });
  try {
    const lines = createInterface({ input: shell.stdout! })[Symbol.asyncIterator]();
    const pid = Number(String((await lines.next()).value));
    await lines.next();
    assert.ok(processIdentity(pid));
    shell.stdio[3]!.destroy();
    const giveUpAt = performance.now() + 10_000;
    while (processIdentity(pid) !== null && performance.now() < giveUpAt) await setImmediate();
    assert.equal(processIdentity(pid), null);
    process.kill(pid, 0);
  } finally {
    shell.kill('SIGKILL');
    await once(shell, 'exit');
  }
});

test('a message names the process and its host', () => {
  const self = thisProcess();
  assert.equal(describeProcess(self), `process ${process.pid} on ${self.host}`);
});
