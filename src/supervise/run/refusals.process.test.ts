import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { RunProgram } from '../testing/run-program.ts';

test('--foreground without a terminal is refused', async (t) => {
  const run = new RunProgram(t, ['--foreground', '--', 'true']);
  assert.equal((await run.ended).code, 2);
  assert.match(run.stderr, /there is no terminal to give away/);
});

const WRONG: readonly (readonly [words: readonly string[], says: RegExp])[] = [
  [['--grace', '30s', '--drain-cap', '25s'], /25 s drain \+ 7 s persist \+ 3 s release = 35 s, and --grace is 30 s/],
  [['--grace', '10s', '--then', 'INT after 20s'], /--then/],
  [['--grace', '10 seconds'], /--grace/],
  [['--stop-signal', 'TREM'], /Did you mean SIGTERM/],
  [['--stop-signal', 'KILL'], /asks nobody to end/],
  [['--ready', 'http:/health'], /--app-port/],
  [['--ready', 'log:('], /no regular expression/],
  [['--with', 'python reward.py'], /has no name/],
  [['--with', 'a=b', '--with-ready', 'c=tcp:1'], /there is no such companion/],
  [['--listen', '8080'], /nobody said where the command listens/],
  [['--memory-max', 'lots'], /is no size/],
  [['--notice', 'asw'], /Did you mean aws/],
  [['--redy', 'tcp:1'], /Did you mean --ready/],
];
for (const [words, says] of WRONG) {
  test(`refused at the start, with the field: ${words.join(' ')}`, async (t) => {
    const run = new RunProgram(t, [...words, '--', 'echo', 'started']);
    assert.equal((await run.ended).code, 2);
    assert.equal(run.stdout, '');
    assert.match(run.stderr, says);
  });
}

test('a budget beyond what the manifest says is refused with the sum', async (t) => {
  const environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1', LASTCALL_GRACE: '30s', LASTCALL_PRESTOP: '5s' };
  const run = new RunProgram(t, ['--grace', '75s', '--', 'true'], { environment });
  assert.equal((await run.ended).code, 2);
  assert.match(
    run.stderr,
    /75 s are more than the platform leaves: 30 s of kubernetes − 5 s preStop − 2 s margin = 23 s/,
  );
});

test('a command that is not there is 127, one that cannot be run 126', async (t) => {
  const missing = new RunProgram(t, ['--', 'no-such-command']);
  assert.equal((await missing.ended).code, 127);
  const directory = new RunProgram(t, ['--', newDirectory(t)]);
  assert.equal((await directory.ended).code, 126);
  const file = `${newDirectory(t)}/file`;
  writeFileSync(file, '');
  const unrunnable = new RunProgram(t, ['--', file]);
  assert.equal((await unrunnable.ended).code, 126);
  assert.match(unrunnable.stderr, /chmod \+x/);
});
