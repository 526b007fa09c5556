import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLineOf, processIds, processStat } from '../../base/process-table.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { rungsHere } from '../testing/owned.ts';
import { RunProgram } from '../testing/run-program.ts';

const LOOP = 'while :; do sleep 0.02; done';

for (const rung of rungsHere) {
  const proven = rung === 'group' ? 'swept' : true;
  const own = ['--own', rung, '--'];

  test(`${rung}: the code of a command that ends by itself is the code of run`, async (t) => {
    const run = new RunProgram(t, [...own, 'sh', '-c', 'echo out; exit 7']);
    assert.deepEqual(await run.ended, { code: 7, signal: null });
    assert.equal(run.stdout, 'out\n');
    const { outcome, exitCodeFrom, workExitCode, released } = run.report();
    assert.deepEqual([outcome, exitCodeFrom, workExitCode], ['failed', 'work', 7]);
    assert.deepEqual(released, {
      proven,
      processes: { ended: released.processes.ended, survivors: [] },
      gpus: [],
      ports: [],
      quarantined: [],
    });
    assert(released.processes.ended >= 1);
  });

  test(`${rung}: asked to end, a command ends its own way, and that is clean`, async (t) => {
    const run = new RunProgram(t, [...own, 'sh', '-c', `trap "echo saved; exit 0" TERM; echo up; ${LOOP}`]);
    await run.says('up');
    run.signal('SIGTERM');
    assert.equal((await run.ended).code, 0);
    assert.match(run.stdout, /saved/);
    const { outcome, cause } = run.report();
    assert.deepEqual([outcome, cause.kind, cause.signal], ['clean', 'signal', 'SIGTERM']);
  });

  test(`${rung}: what ignores the signal is killed at its time, with all that it started, and the code is 105`, async (t) => {
    const script = `trap "" TERM; setsid sleep 971 & (sleep 972 &); echo up; ${LOOP}`;
    const run = new RunProgram(t, ['--grace', '3s', ...own, 'sh', '-c', script]);
    await run.says('up');
    run.signal('SIGTERM');
    assert.equal((await run.ended).code, 105);
    const { outcome, released } = run.report();
    assert.equal(outcome, 'killed');
    assert.equal(released.proven, proven);
    assert.deepEqual(run.left(), []);
  });

  test(`${rung}: SIGKILL of run takes the whole tree along`, async (t) => {
    const run = new RunProgram(t, [...own, 'sh', '-c', `trap "" TERM; setsid sleep 973 & echo up; ${LOOP}`]);
    await run.says('up');
    await until(() => run.left().includes('sleep 973'), 'the tree');
    run.signal('SIGKILL');
    await until(() => run.left().length === 0, 'the end of the tree');
  });
}

test('a command that dies of the signal that we sent ended as it was asked to', async (t) => {
  const run = new RunProgram(t, ['--', 'sleep', '974']);
  await run.logs('ready');
  run.signal('SIGINT');
  assert.equal((await run.ended).code, 0);
  assert.equal(run.report().outcome, 'clean');
});

test('any other code of a command that was asked to end passes through', async (t) => {
  const run = new RunProgram(t, ['--', 'sh', '-c', `trap "exit 9" TERM; echo up; ${LOOP}`]);
  await run.says('up');
  run.signal('SIGTERM');
  assert.equal((await run.ended).code, 9);
  const { exitCodeFrom, workExitCode } = run.report();
  assert.deepEqual([exitCodeFrom, workExitCode], ['work', 9]);
});

test('a command that is killed from outside ends run with 137, and that is no clean end', async (t) => {
  const run = new RunProgram(t, ['--', 'sh', '-c', 'echo $$; exec sleep 975']);
  await run.says('\n');
  process.kill(Number(run.stdout), 'SIGKILL');
  assert.equal((await run.ended).code, 137);
  assert.equal(run.report().outcome, 'failed');
});

test('the stop signal can be chosen, and a second step comes in its time', async (t) => {
  const script = `trap "echo quit" QUIT; trap "echo int; exit 0" INT; echo up; ${LOOP}`;
  const run = new RunProgram(t, ['--stop-signal', 'quit', '--then', 'SIGINT after 100ms', '--', 'sh', '-c', script]);
  await run.says('up');
  run.signal('SIGTERM');
  assert.equal((await run.ended).code, 0);
  assert.equal(run.stdout, 'up\nquit\nint\n');
});

test('a shell that passes nothing on dies first, and its server is asked as well', async (t) => {
  const server = `trap "echo asked; exit 0" TERM; echo up; ${LOOP}`;
  const run = new RunProgram(t, ['--', 'sh', '-c', `sh -c '${server}'; echo never`]);
  await run.says('up');
  run.signal('SIGTERM');
  assert.equal((await run.ended).code, 0);
  assert.equal(run.stdout, 'up\nasked\n');
});

test('a second signal gives up draining, and the command hears of it at once', async (t) => {
  const script = `trap "echo first" TERM; trap "echo second; exit 0" INT; echo up; ${LOOP}`;
  const run = new RunProgram(t, ['--then', 'INT after 50s', '--', 'sh', '-c', script]);
  await run.says('up');
  run.signal('SIGTERM');
  await run.says('first');
  await until(() => {
    // Repeats within half a second of the first count as the same one.
    run.signal('SIGTERM');
    return run.stdout.includes('second');
  }, 'the second signal');
  assert.equal((await run.ended).code, 104);
  assert.equal(run.report().outcome, 'forced');
});

test('a third signal kills everything at once, and nothing is left', async (t) => {
  const run = new RunProgram(t, ['--', 'sh', '-c', `trap "" TERM INT; setsid sleep 976 & echo up; ${LOOP}`]);
  await run.says('up');
  const over = run.ended.then(() => true);
  let done = false;
  void over.then(() => (done = true));
  await until(() => {
    run.signal('SIGTERM');
    return done;
  }, 'the end');
  assert.notEqual((await run.ended).code, 0);
  await until(() => run.left().length === 0, 'the end of the tree');
});

test('a stop that comes before the command is ready is not forgotten', async (t) => {
  const run = new RunProgram(t, ['--ready', 'file:/nonexistent/ready', '--', 'sh', '-c', `echo up; ${LOOP}`]);
  await run.says('up');
  run.signal('SIGTERM');
  assert.equal((await run.ended).code, 0);
  assert.equal(run.report().outcome, 'clean');
});

test('what the next run of a name finds of a killed one, it ends before it starts', async (t) => {
  // With its guardian killed as well, nothing holds the tree on the last rung.
  const words = ['--own', 'group', '--name', 'job', '--'];
  const first = new RunProgram(t, [
    ...words,
    'sh',
    '-c',
    'setsid sleep 977 >/dev/null 2>&1 & echo up; exec sleep 978 >/dev/null 2>&1',
  ]);
  await first.says('up');
  await until(() => first.left().includes('sleep 977'), 'the tree');
  const guardian = processIds().find(
    (pid) => processStat(pid)?.parent === first.pid && /guardian\.sh/.test(commandLineOf(pid)),
  );
  process.kill(guardian!, 'SIGKILL');
  first.signal('SIGKILL');
  await first.ended;
  assert(first.left().includes('sleep 977'));
  const second = new RunProgram(t, [...words, 'true'], { stateDir: first.stateDir });
  assert.equal((await second.ended).code, 0);
  const { ended } = (await second.logs('leftovers_ended')) as unknown as { ended: string[] };
  assert(ended.some((line) => line.endsWith('sleep 977')));
  assert.deepEqual(second.left(), []);
});
