import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lastcall } from './testing/invoke.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lastcall-cli-'));
});
after(() => rm(directory, { recursive: true }));

test('--version prints the version and nothing else', async () => {
  const { code, stdout, stderr } = await lastcall(['--version']);
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(stderr, '');
});

test('no command at all is a mistake that is answered with the list of commands on stderr', async () => {
  const { code, stdout, stderr } = await lastcall([]);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /^Usage: lastcall COMMAND/);
});

test('an unknown command exits 2 and names the nearest one', async () => {
  const { code, stdout, stderr } = await lastcall(['cofnig']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /^error: .*\n {3}on: cofnig\n {3}do: Did you mean config\?/);
});

test('an unknown option exits 2 and names the nearest one', async () => {
  const { code, stderr } = await lastcall(['config', '--state-dri', 'x']);
  assert.equal(code, 2);
  assert.match(stderr, /on: --state-dri\n {3}do: Did you mean --state-dir\?/);
});

test('an option without its value, a missing argument and one too many each exit 2 and name the thing', async () => {
  for (const [words, on] of [
    [['config', '--grace'], '--grace'],
    [['report'], 'FILE'],
    [['config', 'surplus'], 'surplus'],
    [['completion', 'basch'], 'SHELL'],
  ] as const) {
    const { code, stderr } = await lastcall(words);
    assert.equal(code, 2, words.join(' '));
    assert.match(stderr, new RegExp(`on: ${on}\n`));
  }
});

test('with --json an error is one JSON object on stderr and stdout stays empty', async () => {
  const { code, stdout, stderr } = await lastcall(['report', '--json', join(directory, 'none.json')]);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  const { error } = JSON.parse(stderr);
  assert.equal(error.code, 'io');
  assert.equal(error.on, join(directory, 'none.json'));
  assert.equal(typeof error.todo, 'string');
});

test('a stack trace is shown with --debug only', async () => {
  const path = join(directory, 'none.json');
  assert.doesNotMatch((await lastcall(['report', path])).stderr, /\n\s+at /);
  assert.match((await lastcall(['report', path, '--debug'])).stderr, /\n\s+at /);
});

test('config names the value that counts and where it came from, through all four levels', async () => {
  const inner = join(directory, 'a', 'b');
  await mkdir(inner, { recursive: true });
  await writeFile(join(directory, 'a', 'lastcall.yaml'), 'grace: 40s\nannounce: never\nhealthPort: 9000\n');
  const { code, stdout } = await lastcall(['config', '--json', '--health-port', '9100'], {
    cwd: inner,
    environment: { LASTCALL_GRACE: '20s', LASTCALL_HEALTH_PORT: '9050' },
  });
  assert.equal(code, 0);
  const settings = JSON.parse(stdout);
  assert.deepEqual([settings.healthPort.value, settings.healthPort.origin.from], [9100, 'argument']);
  assert.deepEqual([settings.grace.value, settings.grace.origin.name], [20_000, 'LASTCALL_GRACE']);
  assert.deepEqual([settings.announce.value, settings.announce.origin.name], ['never', '../lastcall.yaml:2']);
  assert.deepEqual([settings.reportUrl.value, settings.reportUrl.origin.from], [null, 'default']);
});

test('--config names a file; one that is missing is an error', async () => {
  const path = join(directory, 'other.yaml');
  await writeFile(path, 'announce: always\n');
  const { stdout } = await lastcall(['config', '--json', '--config', path], { cwd: directory });
  assert.equal(JSON.parse(stdout).announce.value, 'always');
  assert.equal((await lastcall(['config', '--config', join(directory, 'gone.yaml')])).code, 2);
});

test('output to a pipe is whole and without colours', async () => {
  const { stdout } = await lastcall(['completion', 'bash'], { environment: { TERM: 'xterm-256color' } });
  assert.match(stdout, /complete -o default -F _lastcall lastcall\n$/);
  assert(!stdout.includes('\u001b'));
});
