import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { temporaryDirectory } from '../../../base/files/testing/temporary-directory.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { isAlive } from '../../../supervise/index.ts';
import type { Command } from '../../core/types.ts';
import { readExit, readRecorded, readText, revoke } from './records.ts';
import { specText } from './spec.ts';

const KEEPER = join(import.meta.dirname, 'keeper.sh');
const ECHO = `process.stdout.write(JSON.stringify({ argv: process.argv.slice(1), env: process.env, cwd: process.cwd() }))`;

test('words, variables and directory reach the command as they were given, whatever characters they have', async (t) => {
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', "'", '"', '$', '`', '\\', '\n', '*', '-', 'é', ';', '&', '~', '!', '#'),
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 4 }), text, async (words, value) => {
      const directory = join(temporaryDirectory(t), "odd ' name");
      mkdirSync(directory);
      const environment = { PATH: process.env['PATH']!, VALUE: value, 'odd.name': value, HOME: '' };
      const argv = [process.execPath, '-e', ECHO, '--', ...words];
      const member = await kept(t, { argv, cwd: directory, environment }, []);
      const seen = JSON.parse(readText(member, 'stdout')!) as { argv: string[]; env: NodeJS.ProcessEnv; cwd: string };
      assert.deepEqual(seen.argv, words);
      assert.deepEqual([seen.env, seen.cwd], [environment, directory]);
    }),
    { numRuns: 12 },
  );
});

test('an exit code and a signal of the same number are told apart', async (t) => {
  const ends = async (line: string) => readExit(await kept(t, shell(line), []));
  assert.deepEqual(await ends('exit 7'), { code: 7, signal: null, reportCode: null });
  assert.deepEqual(await ends('exit 143'), { code: 143, signal: null, reportCode: null });
  assert.deepEqual(await ends('kill -TERM $$'), { code: null, signal: 'SIGTERM', reportCode: null });
  assert.deepEqual(await ends('kill -KILL $$'), { code: null, signal: 'SIGKILL', reportCode: null });
});

test('a command that does not exist ends with 127, one that may not be run with 126', async (t) => {
  const missing = await kept(t, { argv: ['no-such-command'], cwd: '/', environment: {} }, []);
  assert.equal(readExit(missing)?.code, 127);
  assert.match(readText(missing, 'stderr')!, /no-such-command/);
  const directory = await kept(t, { argv: ['/etc/passwd'], cwd: '/', environment: {} }, []);
  assert.equal(readExit(directory)?.code, 126);
  const nowhere = await kept(t, { argv: ['true'], cwd: '/no/such/directory', environment: {} }, []);
  assert.equal(readExit(nowhere)?.code, 126);
});

test('a revoked spawn starts nothing, and a claimed one cannot be revoked', async (t) => {
  const directory = prepared(t, shell('echo started'));
  renameSync(join(directory, 'go'), join(directory, 'revoked'));
  await once(keep(t, directory), 'exit');
  assert.deepEqual([readText(directory, 'stdout'), readExit(directory)], [null, null]);
  assert.equal(revoke(directory), true);
  const other = prepared(t, shell('exec sleep 60'));
  const keeper = keep(t, other);
  await until(() => readRecorded(other, 'started') !== null, 'the command starts');
  assert.equal(revoke(other), false);
  process.kill(readRecorded(other, 'started')!.pid, 'SIGKILL');
  await once(keeper, 'exit');
});

test('the command leads a session of its own, takes every signal, and its keeper outlives what is sent to it', async (t) => {
  const directory = prepared(t, shell('trap "echo int; exit 3" INT; echo ready; while :; do sleep 0.01; done'));
  const keeper = keep(t, directory);
  await until(() => readText(directory, 'stdout') === 'ready\n', 'the command is ready');
  const { pid, startTime } = readRecorded(directory, 'started')!;
  const recorded = readRecorded(directory, 'keeper.pid')!;
  assert.equal(recorded.pid, keeper.pid);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.kill(-keeper.pid!, signal);
  assert.ok(isAlive({ pid, startTime, command: '' }));
  process.kill(-pid, 'SIGINT');
  await once(keeper, 'exit');
  assert.deepEqual(readExit(directory), { code: 3, signal: null, reportCode: null });
});

test('a keeper is small', async (t) => {
  const directory = prepared(t, shell('exec sleep 60'));
  const keeper = keep(t, directory);
  await until(() => readRecorded(directory, 'started') !== null, 'the command starts');
  const status = readFileSync(`/proc/${keeper.pid}/status`, 'utf8');
  const kib = Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]);
  process.kill(readRecorded(directory, 'started')!.pid, 'SIGKILL');
  await once(keeper, 'exit');
  assert.ok(kib <= 3 * 1_024, `${kib} KiB`);
});

test('its last word is written into space that was taken at the start', async (t) => {
  const directory = prepared(t, shell('exec sleep 60'));
  const keeper = keep(t, directory);
  await until(() => readRecorded(directory, 'started') !== null, 'the command starts');
  assert.equal(readText(directory, 'exit.tmp')?.length, 1_024);
  process.kill(readRecorded(directory, 'started')!.pid, 'SIGKILL');
  await once(keeper, 'exit');
  assert.equal(readText(directory, 'exit')?.length, 1_024);
  assert.equal(existsSync(join(directory, 'exit.tmp')), false);
});

function shell(line: string): Command {
  return { argv: ['/bin/sh', '-c', line], cwd: '/', environment: { PATH: process.env['PATH']! } };
}

function prepared(t: TestContext, command: Command): string {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'spec'), specText(command), { mode: 0o600 });
  writeFileSync(join(directory, 'go'), '');
  return directory;
}

function keep(t: TestContext, directory: string, groups: readonly string[] = []): ChildProcess {
  const { PATH } = process.env;
  const keeper = spawn('/bin/sh', [KEEPER, ...groups], {
    cwd: directory,
    detached: true,
    stdio: 'ignore',
    env: { PATH },
  });
  t.after(() => {
    const started = readRecorded(directory, 'started');
    if (started && isAlive({ ...started, command: '' })) process.kill(-started.pid, 'SIGKILL');
    keeper.kill('SIGKILL');
  });
  return keeper;
}

/** Runs a command under a keeper to its end. @returns the member's directory */
async function kept(t: TestContext, command: Command, groups: readonly string[]): Promise<string> {
  const directory = prepared(t, command);
  await once(keep(t, directory, groups), 'exit');
  return directory;
}
