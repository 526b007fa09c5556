// The control socket with real sockets, files and processes, in front of a unit that only says what a test tells it to.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { LastcallError } from '../../base/errors.ts';
import type { Report } from '../report.ts';
import { scriptedUnit, type ScriptedUnit } from '../testdata/scripted-unit.ts';
import { childRoutes } from './child.ts';
import { controlClient, controlOf, runningUnits, type ControlClient, type ControlEvent } from './client.ts';
import { startControlServer } from './server.ts';

async function temporaryDirectory(t: TestContext, name = 'lastcall-'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), name));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function serve(
  t: TestContext,
  unit: ScriptedUnit = scriptedUnit(),
  stateDir?: string,
): Promise<ControlClient & { stateDir: string; close(): Promise<void> }> {
  const directory = stateDir ?? (await temporaryDirectory(t));
  const server = await startControlServer({
    stateDir: directory,
    name: 'api',
    view: unit.view,
    commands: unit.commands,
  });
  t.after(() => server.close());
  return { ...controlClient(server.path), stateDir: directory, close: () => server.close() };
}

/** A request as some other program would send it. */
function raw(
  path: string,
  method: string,
  route: string,
  body: string,
): Promise<{ status: number; type: string | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath: path, method, path: route, agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve({
        status: response.statusCode!,
        type: response.headers['content-type'],
        body: text === '' ? null : JSON.parse(text),
      });
    });
    request.on('error', reject).end(body);
  });
}

test('status, extension and checkpoint are answered', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  assert.deepEqual(await client.status(), unit.status);
  assert.deepEqual(await client.extend(45_000), { grantedMs: 30_000, reason: null });
  assert.equal((await client.checkpoint()).id, 'ckpt_1');
  assert.deepEqual(unit.calls, [{ extend: 45_000 }]);
});

test('stop answers at once with who stops, and hands on scope, deadline and mode', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const answer = await client.stop({ scope: 'model:delay', deadlineMs: 5_000, mode: 'drain' }, 0);
  assert.deepEqual(answer, { unit: 'api', instance: 'unit_1', report: null });
  assert.deepEqual(unit.calls, [{ stop: { scope: 'model:delay', deadlineMs: 5_000, mode: 'drain' } }]);
});

test('stop waits for the report when asked to', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const waiting = client.stop({}, 60_000);
  const events = client.events(AbortSignal.timeout(60_000))[Symbol.asyncIterator]();
  await events.next();
  unit.end({ schema: 'lastcall.report/1', exitCode: 0 } as Report);
  assert.deepEqual((await waiting).report, { schema: 'lastcall.report/1', exitCode: 0 });
  await events.return?.();
});

test('a stop that waits is answered without a report when the socket closes first', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const waiting = client.stop({}, 60_000);
  while (unit.calls.length === 0) await new Promise(setImmediate);
  await client.close();
  assert.equal((await waiting).report, null);
});

test('only this user can open the socket, and the directory is private', async (t) => {
  const stateDir = join(await temporaryDirectory(t), 'state');
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

test('errors are problem details with what happened, on which thing and what to do', async (t) => {
  const unit = scriptedUnit({
    checkpoint: () => Promise.reject(new LastcallError('usage', { what: 'nothing here has a state', todo: 'Go on.' })),
  });
  const { path } = await serve(t, unit);
  const wrong: [string, string, string, number, string][] = [
    ['GET', '/nowhere', '', 404, 'this unit has no such route'],
    ['GET', '/stop', '', 405, 'GET does not go here'],
    ['POST', '/stop', '{"deadline":1}', 400, 'unknown field'],
    ['POST', '/stop', '{"deadlineMs":"soon"}', 400, '"soon" is not a number of 0 or more'],
    ['POST', '/stop', '{"deadlineMs":-1}', 400, '-1 is not a number of 0 or more'],
    ['POST', '/stop', '{"mode":"hard"}', 400, '"hard" is not a mode'],
    ['POST', '/stop', '[1]', 400, 'the body is not a JSON object'],
    ['POST', '/stop', '{', 400, 'the body is not JSON'],
    ['POST', '/stop?wait=soon', '', 400, '"soon" is not a duration'],
    ['POST', '/extend', '{}', 400, 'the field is missing'],
    ['POST', '/checkpoint', '', 400, 'nothing here has a state'],
  ];
  for (const [method, route, body, status, detail] of wrong) {
    const answer = await raw(path, method, route, body);
    assert.equal(answer.status, status, `${method} ${route} ${body}`);
    assert.equal(answer.type, 'application/problem+json');
    const details = answer.body as { detail: string; hint: string };
    assert.equal(details.detail, detail);
    assert.match(details.hint, /\.$/);
  }
  assert.deepEqual(unit.calls, []);
});

test('the client throws what the unit answered, with the same parts', async (t) => {
  const unit = scriptedUnit({
    stop: () => {
      throw new LastcallError('not_found', {
        what: 'there is no model delay2',
        on: 'model:delay2',
        todo: 'Use delay.',
      });
    },
  });
  const client = await serve(t, unit);
  await assert.rejects(client.stop({ scope: 'model:delay2' }, 0), {
    code: 'not_found',
    what: 'there is no model delay2',
    on: 'model:delay2',
    todo: 'Use delay.',
  });
});

test('a body that is too large is refused, also one that does not say its length, and the unit goes on', async (t) => {
  const client = await serve(t);
  for (const length of [100_000, 4_000_000]) {
    const answer = await raw(client.path, 'POST', '/stop', `{"scope":"${'x'.repeat(length)}"}`);
    assert.equal(answer.status, 413);
  }
  // An endless one is cut, whatever it is read into.
  const endless = httpRequest({ socketPath: client.path, method: 'POST', path: '/stop', agent: false });
  const cut = once(endless, 'error');
  endless.on('response', () => {});
  const chunk = 'x'.repeat(64 * 1024);
  const more = () => void (endless.destroyed || endless.write(chunk, more));
  more();
  await cut;
  assert.equal((await client.status()).phase, 'ready');
});

test('routes of extensions are found by method and path with parameters, as they are at that moment', async (t) => {
  const routes: ReturnType<ScriptedUnit['commands']['routes']>[] = [{}];
  const client = await serve(t, scriptedUnit({ routes: () => routes.at(-1)! }));
  await assert.rejects(client.send('POST', '/models/delay/swap', {}), { code: 'not_found' });
  routes.push({
    'POST /models/:name/swap': (request) => Promise.resolve({ status: 200, body: request }),
    'GET /models': () => Promise.resolve({ status: 200, body: ['delay'] }),
  });
  assert.deepEqual(await client.send('POST', '/models/a%2Fb%20c/swap', { path: 'm.onnx' }), {
    params: { name: 'a/b c' },
    body: { path: 'm.onnx' },
  });
  assert.deepEqual(await client.send('GET', '/models'), ['delay']);
  await assert.rejects(client.send('POST', '/models//swap', {}), { code: 'not_found' });
});

test('a child tells what it has done, and a wrong message is refused as a whole', async (t) => {
  const told: unknown[] = [];
  const child = childRoutes({
    ready: () => told.push('ready'),
    work: (work) => told.push(work),
    progress: (progress) => told.push(progress),
    checkpointed: (checkpoint) => told.push(checkpoint),
    complete: () => told.push('complete'),
  });
  const unit = scriptedUnit({ routes: () => child });
  const client = await serve(t, unit);
  await client.send('POST', '/ready');
  await client.send('POST', '/work', { accepted: 5, finished: 3 });
  await client.send('POST', '/progress', { fraction: 0.5, metrics: { loss: 0.25 } });
  await client.send('POST', '/checkpointed', { path: 'ckpt/7', hash: 'sha256:00' });
  await client.send('POST', '/extend', { ms: 1_000 });
  await client.send('POST', '/complete');
  assert.deepEqual(told, [
    'ready',
    { accepted: 5, finished: 3, returned: 0, lost: 0 },
    { fraction: 0.5, metrics: { loss: 0.25 } },
    { path: 'ckpt/7', hash: 'sha256:00' },
    'complete',
  ]);
  assert.deepEqual(unit.calls, [{ extend: 1_000 }]);
  for (const [route, body] of [
    ['/work', { accepted: 1.5 }],
    ['/work', { accepted: 1, finnished: 1 }],
    ['/progress', { metrics: { loss: 'low' } }],
    ['/checkpointed', { path: 'ckpt/7' }],
  ] as const) {
    await assert.rejects(client.send('POST', route, body), { code: 'usage' });
  }
  assert.equal(told.length, 5);
});

test('events begin with the status, follow in order, and end with the unit', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const seen: ControlEvent[] = [];
  const listening = (async () => {
    for await (const event of client.events(AbortSignal.timeout(60_000))) {
      seen.push(event);
      if (event.event === 'status') {
        unit.tell({ event: 'stage_started', stage: 'drain', capMs: 60_000, unit: 'api', instance: 'unit_1' });
        unit.tell({ event: 'ended', outcome: 'clean', exitCode: 0, unit: 'api', instance: 'unit_1' });
        void client.close();
      }
    }
  })();
  await listening;
  assert.deepEqual(
    seen.map((event) => event.event),
    ['status', 'stage_started', 'ended'],
  );
  while (unit.listeners() > 0) await new Promise(setImmediate);
});

test('a listener that leaves is forgotten, and too many are refused', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const leave = new AbortController();
  const listeners = Array.from({ length: 16 }, () => client.events(leave.signal)[Symbol.asyncIterator]());
  for (const listener of listeners) await listener.next();
  assert.equal(unit.listeners(), 16);
  await assert.rejects(client.events(leave.signal)[Symbol.asyncIterator]().next(), /too many listen already/);
  leave.abort();
  for (const listener of listeners) assert.equal((await listener.next()).done, true);
  while (unit.listeners() > 0) await new Promise(setImmediate);
});

test('a listener that does not read is cut before it fills the memory', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const socket = connect(client.path);
  socket.write('GET /events HTTP/1.1\r\nHost: unit\r\n\r\n');
  while (unit.listeners() === 0) await new Promise(setImmediate);
  const stage = {
    event: 'slow',
    stage: 'drain',
    pending: ['x'.repeat(10_000)],
    unit: 'api',
    instance: 'unit_1',
  } as const;
  for (let count = 0; unit.listeners() > 0; count++) {
    assert.ok(count < 10_000, 'still listening after 100 MB');
    unit.tell(stage);
    await new Promise(setImmediate);
  }
  socket.destroy();
});

test('the socket of a process that died is replaced', async (t) => {
  const stateDir = await temporaryDirectory(t);
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
  const stateDir = await temporaryDirectory(t);
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
  const stateDir = await temporaryDirectory(t);
  await mkdir(join(stateDir, 'units'));
  await writeFile(join(stateDir, 'units', 'api.sock'), 'precious');
  await assert.rejects(serve(t, scriptedUnit(), stateDir), { code: 'io', message: /no socket is in the way/ });
});

test('a state directory that is too long for a socket is served by a short name, which is found all the same', async (t) => {
  const stateDir = join(await temporaryDirectory(t), 'd'.repeat(120));
  const runtime = await temporaryDirectory(t, 'lc-');
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = runtime;
  t.after(() =>
    before === undefined ? delete process.env['XDG_RUNTIME_DIR'] : (process.env['XDG_RUNTIME_DIR'] = before),
  );
  const client = await serve(t, scriptedUnit(), stateDir);
  assert.ok(client.path.startsWith(join(runtime, 'lastcall')), client.path);
  assert.equal((await stat(join(runtime, 'lastcall'))).mode & 0o777, 0o700);
  assert.equal((await (await controlOf(stateDir, 'api')).status()).phase, 'ready');
  assert.deepEqual(await runningUnits(stateDir), [{ name: 'api', path: client.path }]);
  await client.close();
  assert.deepEqual(await readdir(join(stateDir, 'units')), []);
});

test('a runtime directory that somebody else prepared as a link is not used', async (t) => {
  const stateDir = join(await temporaryDirectory(t), 'd'.repeat(120));
  const runtime = await temporaryDirectory(t, 'lc-');
  await symlink(stateDir, join(runtime, 'lastcall'));
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = runtime;
  t.after(() =>
    before === undefined ? delete process.env['XDG_RUNTIME_DIR'] : (process.env['XDG_RUNTIME_DIR'] = before),
  );
  await assert.rejects(serve(t, scriptedUnit(), stateDir), { code: 'io', message: /not a directory of ours/ });
});

test('running units are listed by name, dead ones are not', async (t) => {
  const stateDir = await temporaryDirectory(t);
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
  const client = await controlOf(await temporaryDirectory(t), 'api');
  await assert.rejects(client.status(), { code: 'not_found', message: /no unit is running there/ });
});
