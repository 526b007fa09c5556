// The control socket as a file: who may open it, what is left behind, what is found.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { scriptedUnit } from '../testing/scripted-unit.ts';
import { controlOf, runningUnits } from './client.ts';
import { startControlServer } from './server.ts';
import { serveControl as serve } from './testing/serve-control.ts';

function useRuntimeDirectory(t: TestContext, directory: string): void {
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = directory;
  t.after(() => {
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = before;
  });
}

test('only this user can open the socket, and the directory is private', async (t) => {
  const stateDir = join(temporaryDirectory(t), 'state');
  const { path } = await serve(t, scriptedUnit(), stateDir);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(join(stateDir, 'units'))).mode & 0o777, 0o700);
});

test('closing removes the socket', async (t) => {
  const client = await serve(t);
  assert.deepEqual(await readdir(join(client.stateDir, 'units')), ['api.sock']);
  await client.close();
  assert.deepEqual(await readdir(join(client.stateDir, 'units')), []);
  await assert.rejects(client.status(), { code: 'not_found' });
});

test('the socket of a process that died is replaced', async (t) => {
  const stateDir = temporaryDirectory(t);
  await mkdir(join(stateDir, 'units'));
  const path = join(stateDir, 'units', 'api.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok((await stat(path)).isSocket(), 'the dead process left its socket');
  const client = await serve(t, scriptedUnit(), stateDir);
  assert.equal((await client.status()).phase, 'ready');
  assert.deepEqual(await readdir(join(stateDir, 'units')), ['api.sock']);
});

test('the socket of a live process is refused, and goes on to work', async (t) => {
  const first = await serve(t);
  await assert.rejects(serve(t, scriptedUnit(), first.stateDir), {
    code: 'fenced',
    message: /another running process is the unit api already/,
  });
  assert.equal((await first.status()).phase, 'ready');
  assert.deepEqual(await readdir(join(first.stateDir, 'units')), ['api.sock']);
});

test('of several that start at once on a stale socket exactly one serves', async (t) => {
  const stateDir = temporaryDirectory(t);
  await mkdir(join(stateDir, 'units'));
  const path = join(stateDir, 'units', 'api.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
  const starts = await Promise.allSettled(Array.from({ length: 8 }, () => serve(t, scriptedUnit(), stateDir)));
  const served = starts.filter((start) => start.status === 'fulfilled');
  assert.equal(served.length, 1);
  for (const start of starts) if (start.status === 'rejected') assert.equal(start.reason.code, 'fenced');
  assert.equal((await (await controlOf(stateDir, 'api')).status()).phase, 'ready');
});

test('a file that is no socket is left alone', async (t) => {
  const stateDir = temporaryDirectory(t);
  await mkdir(join(stateDir, 'units'));
  await writeFile(join(stateDir, 'units', 'api.sock'), 'precious');
  await assert.rejects(serve(t, scriptedUnit(), stateDir), { code: 'io', message: /no socket is in the way/ });
});

test('a state directory that is too long for a socket is served by a short name, which is found all the same', async (t) => {
  const stateDir = join(temporaryDirectory(t), 'd'.repeat(120));
  const runtime = temporaryDirectory(t);
  useRuntimeDirectory(t, runtime);
  const client = await serve(t, scriptedUnit(), stateDir);
  assert.ok(client.path.startsWith(join(runtime, 'lastcall')), client.path);
  assert.equal((await stat(join(runtime, 'lastcall'))).mode & 0o777, 0o700);
  assert.equal((await (await controlOf(stateDir, 'api')).status()).phase, 'ready');
  assert.deepEqual(await runningUnits(stateDir), [{ name: 'api', path: client.path }]);
  await client.close();
  assert.deepEqual(await readdir(join(stateDir, 'units')), []);
});

test('a runtime directory that somebody else prepared as a link is not used', async (t) => {
  const stateDir = join(temporaryDirectory(t), 'd'.repeat(120));
  const runtime = temporaryDirectory(t);
  await symlink(stateDir, join(runtime, 'lastcall'));
  useRuntimeDirectory(t, runtime);
  await assert.rejects(serve(t, scriptedUnit(), stateDir), { code: 'io', message: /not a directory of ours/ });
});

test('running units are listed by name, dead ones are not', async (t) => {
  const stateDir = temporaryDirectory(t);
  const { view, commands } = scriptedUnit();
  for (const name of ['b/1', 'a']) {
    const server = await startControlServer({ stateDir, name, view, commands });
    t.after(() => server.close());
  }
  const gone = createServer().listen(join(stateDir, 'units', 'gone.sock'));
  await once(gone, 'listening');
  const names = async () => (await runningUnits(stateDir)).map((unit) => unit.name);
  assert.deepEqual(await names(), ['a', 'b/1', 'gone']);
  gone.close();
  await once(gone, 'close');
  await writeFile(join(stateDir, 'units', 'gone.sock'), '');
  assert.deepEqual(await names(), ['a', 'b/1']);
  assert.deepEqual(await runningUnits(join(stateDir, 'nowhere')), []);
});

test('asking a unit that does not run says so', async (t) => {
  const client = await controlOf(temporaryDirectory(t), 'api');
  await assert.rejects(client.status(), { code: 'not_found', message: /no unit is running there/ });
});
