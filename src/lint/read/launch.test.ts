import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Launch } from '../subjects/launch.ts';
import { readLaunch } from './launch.ts';

function of(text: string, scripts: Readonly<Record<string, string>> = {}): Launch {
  const words = text.startsWith('[') ? (JSON.parse(text) as string[]) : text.split(' ');
  return readLaunch(words, 'exec', { script: (path) => scripts[path] });
}

test('inits, wrappers and runners are taken off until the program is left', () => {
  for (const [line, program, first, init] of [
    ['tini -- node server.js', 'node', 'server.js', true],
    ['/usr/bin/dumb-init --single-child python3.12 -m app', 'python', '-m', true],
    ['env A=b nice -n 5 gunicorn app', 'gunicorn', 'app', false],
    ['gosu postgres postgres -D x', 'postgres', '-D', false],
    ['poetry run uvicorn a:b', 'uvicorn', 'a:b', false],
    ['opentelemetry-instrument --traces console python x.py', 'console', 'python', false],
    ['/init nginx', 'nginx', undefined, true],
  ] as const) {
    const launch = of(line);
    assert.deepEqual([launch.program, launch.args[0], launch.init], [program, first, init], line);
  }
});

test('a shell stays unless its last command is exec; options may come after -c', () => {
  assert.equal(of('["sh","-c","a && exec b"]').shell?.execs, true);
  assert.equal(of('["sh","-c","exec b | tee log"]').shell?.execs, false);
  assert.equal(of('["bash","-lc","a; b 1"]').program, 'b');
  assert.equal(of('["/bin/sh","-c","-x","b"]').program, 'b');
  assert.equal(of('["/bin/sh","-c","--","b"]').program, 'b');
  assert.equal(of('["bash","-o","pipefail","-c","b"]').program, 'b');
});

test('a script beside the file is read: exec "$@" becomes the words after it, a trap and a background job are seen', () => {
  const passing = of('["entrypoint.sh","node","x.js"]', { 'entrypoint.sh': '#!/bin/sh\nset -e\nexec "$@"\n' });
  assert.deepEqual([passing.program, passing.shell?.execs], ['node', true]);
  const keeping = of('/start.sh', { '/start.sh': '#!/bin/bash\ntrap stop TERM\nserver &\nwait\n' });
  assert.deepEqual([keeping.program, keeping.shell?.traps, keeping.shell?.background], ['server', true, true]);
  assert.equal(of('/start', { '/start': '\u007fELF' }).shell, null, 'a binary is no script');
});

test('package managers count only where they start what goes on', () => {
  assert.equal(of('npm start').manager, 'npm');
  assert.equal(of('["sh","-c","npm run serve"]').manager, 'npm');
  assert.equal(of('yarn dev').manager, 'yarn');
  assert.equal(of('npm ci').manager, null);
  assert.equal(of('yarn install').manager, null);
});

test('wrappers around wrappers end, also if somebody means it badly', () => {
  assert.equal(of(Array.from({ length: 1_000 }, () => 'env').join(' ')).program, 'env');
});
