import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../base/errors.ts';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { lockDirectory, readLockOwner } from './lock.ts';
import { startProgram } from './testing/program.ts';

const NAMESPACE = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc'];

test('a lock names its owner, is private, and leaves an empty file behind', (context) => {
  const directory = join(temporaryDirectory(context), 'state', 'flights');
  const lock = lockDirectory(directory, 'unit_A');
  assert.equal(lock.owner.pid, process.pid);
  assert.equal(lock.abandonedBy, null);
  assert.deepEqual(readLockOwner(directory), lock.owner);
  for (const name of ['lock', 'owner.json']) assert.equal(fs.statSync(join(directory, name)).mode & 0o777, 0o600);
  lock.release();
  lock.release();
  assert.deepEqual(fs.readdirSync(directory), ['lock']);
  assert.equal(fs.statSync(join(directory, 'lock')).size, 0);
});

test('the same process is refused a second lock, and gets it after the release', (context) => {
  const directory = temporaryDirectory(context);
  {
    using lock = lockDirectory(directory, 'unit_A');
    assert.throws(() => lockDirectory(directory, 'unit_B'), /unit_A/);
    assert.equal(lock.owner.instance, 'unit_A');
  }
  using again = lockDirectory(directory, 'unit_B');
  assert.equal(again.abandonedBy, null);
});

test('another process is refused as fenced, told who owns it, and gets it when the owner was killed', async (context) => {
  const directory = temporaryDirectory(context);
  await using holder = startProgram('hold-lock', [directory, 'unit_A']);
  assert.equal(await holder.line(), 'held, abandoned by nobody');
  assert.throws(
    () => lockDirectory(directory, 'unit_B'),
    (error) => {
      assert.ok(error instanceof LastcallError);
      assert.equal(error.exitCode, 107);
      assert.match(error.message, new RegExp(`process ${holder.process.pid} on .*unit_A`));
      return true;
    },
  );
  await holder.kill();
  using lock = lockDirectory(directory, 'unit_B');
  assert.equal(lock.abandonedBy?.instance, 'unit_A');
  assert.equal(lock.abandonedBy?.pid, holder.process.pid);
});

test('a lock whose object was collected is still held', async (context) => {
  const directory = temporaryDirectory(context);
  await using holder = startProgram('hold-lock', [directory, 'unit_A'], { nodeOptions: ['--expose-gc'] });
  assert.match((await holder.line())!, /^held/);
  assert.throws(() => lockDirectory(directory, 'unit_B'), /unit_A/);
});

test('of processes that compete exactly one wins, round after round, though each winner is killed', async (context) => {
  const directory = temporaryDirectory(context);
  let before = 'nobody';
  for (let round = 0; round < 3; round++) {
    const names = ['a', 'b', 'c', 'd'].map((letter) => `unit_${round}${letter}`);
    const rivals = names.map((name) => startProgram('hold-lock', [directory, name]));
    const answers = await Promise.all(rivals.map((rival) => rival.line()));
    const winners = names.filter((_, index) => answers[index]!.startsWith('held'));
    assert.equal(winners.length, 1, answers.join('\n'));
    assert.ok(answers.includes(`held, abandoned by ${before}`), answers.join('\n'));
    before = winners[0]!;
    await Promise.all(rivals.map((rival) => rival.kill()));
  }
});

test('a container that shares the directory is refused and released like any process', async (context) => {
  if (spawnSync(NAMESPACE[0]!, [...NAMESPACE.slice(1), 'true']).status !== 0) {
    context.skip('PID namespaces cannot be made here (unshare --user --pid)');
    return;
  }
  const directory = temporaryDirectory(context);
  await using holder = startProgram('hold-lock', [directory, 'unit_A'], { through: NAMESPACE });
  assert.equal(await holder.line(), 'held, abandoned by nobody');
  assert.throws(() => lockDirectory(directory, 'unit_B'), /unit_A/);
  assert.notEqual(readLockOwner(directory)!.pidNamespace, fs.readlinkSync('/proc/self/ns/pid'));
  await holder.kill();
  using lock = lockDirectory(directory, 'unit_B');
  assert.equal(lock.abandonedBy?.instance, 'unit_A');
});

test('a damaged owner file does not keep the next owner out', (context) => {
  const directory = temporaryDirectory(context);
  for (const content of ['', '{"pid":1', '[]', '{"pid":1}', 'null']) {
    fs.writeFileSync(join(directory, 'owner.json'), content);
    using lock = lockDirectory(directory, 'unit_A');
    assert.equal(lock.abandonedBy, null);
  }
});
