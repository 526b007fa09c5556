import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lastcall } from '../testing/invoke.ts';

const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));
const SHELL_FORM = 'FROM python:3.13\nCMD gunicorn app:app\n';
const CLEAN = 'FROM python:3.13\nCMD ["gunicorn", "app:app"]\n';

let root: string;
let number = 0;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastcall-lint-'));
});
after(() => rm(root, { recursive: true }));

/** A folder of its own with these files. */
async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(root, String(number++));
  await mkdir(path);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return path;
}

test('a clean folder exits 0, findings exit 1 and show file, line, frame and fix', async () => {
  const clean = await lastcall(['lint', '.'], { cwd: await folder({ Dockerfile: CLEAN }) });
  assert.equal(clean.code, 0);
  assert.equal(clean.stdout, '1 file: nothing found.\n');
  const found = await lastcall(['lint', '.'], { cwd: await folder({ 'web/Dockerfile': SHELL_FORM }) });
  assert.equal(found.code, 1);
  assert.match(
    found.stdout,
    /^web\/Dockerfile:2:5 error shell-form\n.*gunicorn.*\n {2}1 \| FROM python:3\.13\n {2}2 \| CMD gunicorn app:app\n {4}\| {5}\^{16}\n/,
  );
  assert.match(found.stdout, /\n {2}fix: Write it as a JSON list/);
  assert.equal(found.stderr, '');
});

test('no path, a path that does not exist, an unknown rule and a file of another kind exit 2 and say what to do', async () => {
  const cwd = await folder({ 'notes.txt': 'nothing in particular' });
  for (const [words, on] of [
    [[], 'PATH'],
    [['nowhere'], 'nowhere'],
    [['.', '--rule', 'shell-from'], 'shell-from'],
    [['--explain', 'grace-sums'], 'grace-sums'],
    [['notes.txt'], 'notes.txt'],
    [['.', '--from-drill', 'notes.txt'], 'notes.txt'],
    [['.', '--baseline', 'notes.txt'], 'notes.txt'],
  ] as const) {
    const { code, stdout, stderr } = await lastcall(['lint', ...words], { cwd });
    assert.equal(code, 2, words.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`on: ${on}\n`), words.join(' '));
  }
});

test('a manifest that is no YAML exits 2, and what could be read is judged all the same', async () => {
  const cwd = await folder({ Dockerfile: SHELL_FORM, 'broken.yaml': 'apiVersion: v1\nkind: Pod\nspec: [1, 2\nx: }\n' });
  const { code, stdout, stderr } = await lastcall(['lint', '.'], { cwd });
  assert.equal(code, 2);
  assert.match(stdout, /shell-form/);
  assert.match(stderr, /^cannot be read: broken\.yaml:\d+:\d+: /);
});

test('stdin is read as -, whatever it holds', async () => {
  const text =
    'apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec:\n  terminationGracePeriodSeconds: 1\n  containers: [{ name: p, image: example/p }]\n';
  const child = spawn(process.execPath, [BIN, 'lint', '-', '--json'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(text);
  let stdout = '';
  for await (const chunk of child.stdout) stdout += String(chunk);
  const { findings, ok } = JSON.parse(stdout);
  assert.equal(ok, false);
  assert.deepEqual([findings[0].rule, findings[0].path, findings[0].line], ['grace-zero', '-', 5]);
});

test('--json is one object, and --severity leaves out what is less', async () => {
  const cwd = await folder({ Dockerfile: 'FROM node:24\nCMD ["node", "server.js"]\n' });
  const all = JSON.parse((await lastcall(['lint', '.', '--json'], { cwd })).stdout);
  assert.equal(all.schema, 'lastcall.lint/1');
  assert.deepEqual(
    all.findings.map((it: { rule: string }) => it.rule),
    ['no-init-reaper'],
  );
  const errors = await lastcall(['lint', '.', '--json', '--severity', 'error'], { cwd });
  assert.equal(errors.code, 0);
  assert.deepEqual(JSON.parse(errors.stdout).findings, []);
});

test('a baseline lets only new findings count, also when lines have moved', async () => {
  const cwd = await folder({ Dockerfile: SHELL_FORM });
  assert.equal((await lastcall(['lint', '.', '--write-baseline', 'known.json'], { cwd })).code, 0);
  await writeFile(join(cwd, 'Dockerfile'), `# a comment\n${SHELL_FORM}`);
  const { code, stdout } = await lastcall(['lint', '.', '--baseline', 'known.json'], { cwd });
  assert.equal(code, 0);
  assert.match(stdout, /1 known/);
  await writeFile(join(cwd, 'Dockerfile.other'), SHELL_FORM);
  assert.equal((await lastcall(['lint', '.', '--baseline', 'known.json'], { cwd })).code, 1);
});

test('--diff shows what --fix does, and --fix leaves a file that is clean', async () => {
  const cwd = await folder({ Dockerfile: SHELL_FORM });
  const diff = await lastcall(['lint', 'Dockerfile', '--diff'], { cwd });
  assert.equal(diff.code, 1);
  assert.match(diff.stdout, /\n-CMD gunicorn app:app\n\+CMD \["gunicorn", "app:app"\]\n/);
  assert.equal(await readFile(join(cwd, 'Dockerfile'), 'utf8'), SHELL_FORM);
  assert.equal((await lastcall(['lint', 'Dockerfile', '--fix'], { cwd })).code, 0);
  assert.equal(await readFile(join(cwd, 'Dockerfile'), 'utf8'), CLEAN);
  assert.equal((await lastcall(['lint', 'Dockerfile'], { cwd })).code, 0);
});

test('--fix keeps a byte order mark, and leaves what is no UTF-8 as it is', async () => {
  const cwd = await folder({ Dockerfile: `\ufeff${SHELL_FORM}` });
  await writeFile(join(cwd, 'Dockerfile.wide'), Buffer.from(`\ufeff${SHELL_FORM}`, 'utf16le'));
  const { code, stdout } = await lastcall(['lint', '.', '--fix'], { cwd });
  assert.equal(code, 1);
  assert.match(stdout, /1 mended, 1 left/);
  assert.equal(await readFile(join(cwd, 'Dockerfile'), 'utf8'), `\ufeff${CLEAN}`);
  assert.equal(await readFile(join(cwd, 'Dockerfile.wide'), 'utf16le'), `\ufeff${SHELL_FORM}`);
});

test('questions count only when they are asked, and the answer is then judged', async () => {
  const files = {
    'compose.yaml':
      "services:\n  web:\n    image: registry.example/web:1\n    ports: ['80:80']\n    stop_grace_period: 20s\n",
  };
  const cwd = await folder({
    ...files,
    'drill.json': '{"schema":"lastcall.drill/1","measures":{"p50Ms":20,"p99Ms":24500}}',
  });
  const quiet = await lastcall(['lint', 'compose.yaml'], { cwd });
  assert.equal(quiet.code, 0);
  assert.match(quiet.stdout, /1 questions? (?:is|are) open/);
  const asked = await lastcall(['lint', 'compose.yaml', '--ask'], { cwd });
  assert.equal(asked.code, 1);
  assert.match(asked.stdout, /needs-answer\n {2}How long does the longest request of service web take\? It has 20 s/);
  assert.equal((await lastcall(['lint', 'compose.yaml', '--ask', '--longest-request', '10s'], { cwd })).code, 0);
  for (const words of [
    ['--longest-request', '30s'],
    ['--from-drill', 'drill.json'],
  ]) {
    const { code, stdout } = await lastcall(['lint', 'compose.yaml', ...words], { cwd });
    assert.equal(code, 1, words.join(' '));
    assert.match(stdout, /grace-sum\n.*longest request (?:30|25) s \+ margin 1 s = /);
  }
});

test('--render calls the tool where it is installed, as a list of words, and says so where it is not', async () => {
  const cwd = await folder({
    'chart/Chart.yaml': 'name: x\n',
    'bin/helm': '#!/bin/sh\n[ "$1 $2" = "template chart" ] && cat rendered.yaml\n',
  });
  await chmod(join(cwd, 'bin/helm'), 0o755);
  await writeFile(
    join(cwd, 'rendered.yaml'),
    'apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { terminationGracePeriodSeconds: 0, containers: [{ name: p, image: example/p }] }\n',
  );
  const path = `${join(cwd, 'bin')}:/usr/bin:/bin`;
  const rendered = await lastcall(['lint', 'chart', '--render'], { cwd, environment: { PATH: path } });
  assert.equal(rendered.code, 1, rendered.stderr);
  assert.match(rendered.stdout, /^chart \(helm\):4:\d+ error grace-zero\n/);
  const missing = await lastcall(['lint', 'chart', '--render'], { cwd, environment: { PATH: join(cwd, 'none') } });
  assert.equal(missing.code, 109);
  assert.match(missing.stderr, /helm/);
});

test('--explain says what a rule is about, with both examples', async () => {
  const { code, stdout } = await lastcall(['lint', '--explain', 'grace-sum']);
  assert.equal(code, 0);
  assert.match(stdout, /^grace-sum \(error\)\n[^]*Documented: https:[^]*Not like this:[^]*Like this:/);
});

test('control characters in a file do not reach the terminal', async () => {
  const cwd = await folder({ Dockerfile: 'FROM python:3.13\nCMD gunicorn \u001b[2J\u0007app\n' });
  const { stdout } = await lastcall(['lint', '.'], { cwd });
  assert(!stdout.includes('\u001b') && !stdout.includes('\u0007'), JSON.stringify(stdout));
});
