import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { ask, RawClient, stageBegins, testUnit } from '../../lifecycle/http/testing/serve.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { frontDoor } from './door.ts';
import { appWith, frontBefore } from './testing/front.ts';

test('requests are served while readiness says no, refused after intake, and the application is told last', async (t) => {
  const { promise: finish, resolve } = Promise.withResolvers<void>();
  const app = await appWith(t, (request, response) => {
    if (request.url === '/slow') void finish.then(() => response.end('slow'));
    else response.end('quick');
  });
  const { unit, front, port, told } = await frontBefore(t, app, {}, { announce: 'always', announceCap: '3s' });
  front.appReady();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  assert.equal((await ask(port, '/readyz')).status, 200);
  const kept = await RawClient.connect(t, port);
  kept.get('/quick');
  await kept.sees('quick');
  const slow = ask(port, '/slow');
  await until(() => unit.work.inFlight === 1, 'the slow request in flight');

  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  const probe = await ask(port, '/readyz');
  assert.equal(probe.status, 503);
  assert.ok(Number(probe.headers['retry-after']) > 0);
  const served = await ask(port, '/quick');
  assert.equal(served.status, 200);
  assert.equal(served.headers['connection'], 'close');
  await draining;
  assert.equal(told.app, false);
  await assert.rejects(ask(port, '/quick'), { code: 'ECONNREFUSED' });
  resolve();
  assert.equal((await slow).body, 'slow');
  const report = await ended;
  assert.equal(told.app, true);
  assert.equal(report.exitCode, 0);
  assert.deepEqual(report.work, {
    of: 'requests',
    accepted: 3,
    finished: 3,
    returned: 0,
    lost: 0,
    unknown: 0,
    lostIds: [],
  });
  assert.deepEqual(await front.stillAnswering(), []);
});

test('streams, uploads and downloads are in flight; what is cut at the end is told so and booked', async (t) => {
  const app = await appWith(t, (request, response) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    } else response.write('some of it');
  });
  const { unit, front, port } = await frontBefore(t, app, {}, { grace: '3s' });
  front.appReady();
  const events = ask(port, '/events');
  const download = await RawClient.connect(t, port);
  download.get('/download');
  await download.sees('some of it');
  await until(() => unit.work.inFlight === 2, 'both in flight');
  const report = await unit.stop();
  const { body } = await events;
  assert.match(body, /^data: 1\n\nevent: error\ndata: \{.*"code":"cut".*\}\n\n$/);
  assert.equal(await download.closed, 'reset');
  assert.equal(report.exitCode, 100);
  assert.equal(report.work.returned, 1);
  assert.equal(report.work.lost, 1);
  assert.match(report.work.lostIds[0]!, /^GET \/download #\d+$/);
});

test('requests wait while the application starts, and one that waits for too long may come again', async (t) => {
  const app = await appWith(t, (_request, response) => void response.end('there'));
  const patient = await frontBefore(t, app, { wait: '50s' });
  const waiting = ask(patient.port, '/');
  await until(() => patient.unit.work.inFlight === 1, 'a request that waits');
  patient.front.appReady();
  assert.equal((await waiting).body, 'there');
  const impatient = await frontBefore(t, app, { wait: '10ms' });
  const refused = await ask(impatient.port, '/');
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['retry-after'], '1');
});

test('a front that can only ask whether the command is up lets requests wait until it is', async (t) => {
  const app = await appWith(t, (_request, response) => void response.end('up'));
  const unit = testUnit(t);
  let isUp = false;
  const path = join(temporaryDirectory(t), 'front.sock');
  const door = frontDoor({ listen: [`unix:${path}`], wait: '50s' });
  await assert.rejects(door.join(unit, { appPort: null, isUp: () => isUp, commandHook: 'command' }), /--app-port/);
  await door.join(unit, { appPort: Number(app), isUp: () => isUp, commandHook: 'command' });
  await unit.ready();
  const request = httpRequest({ socketPath: path }).end();
  const answered = once(request, 'response');
  await until(() => unit.work.inFlight === 1, 'a request that waits');
  isUp = true;
  const [answer] = (await answered) as [IncomingMessage];
  assert.equal(answer.statusCode, 200);
  answer.resume();
});

test('a restart of the application drops no request that had not reached it', async (t) => {
  const first = createServer((_request, response) => response.end('first'));
  first.listen(0, '127.0.0.1');
  await once(first, 'listening');
  const { port: appPort } = first.address() as AddressInfo;
  const { front, port } = await frontBefore(t, String(appPort), { wait: '50s' });
  front.appReady();
  assert.equal((await ask(port, '/')).body, 'first');
  first.close();
  first.closeAllConnections();
  await once(first, 'close');
  // Nobody has told the front yet: the connection is refused, and the request waits.
  const held = ask(port, '/', { method: 'POST', body: 'x' });
  const second = createServer((_request, response) => response.end('second'));
  second.listen(appPort, '127.0.0.1');
  t.after(() => {
    second.close();
    second.closeAllConnections();
  });
  await once(second, 'listening');
  front.appGone();
  front.appReady();
  assert.equal((await held).body, 'second');
});

test('health paths can be renamed or left to the application', async (t) => {
  const app = await appWith(t, (request, response) => void response.end(`app ${request.url}`));
  const paths = { readyz: '/internal/ready', health: null, metrics: null };
  const { front, port } = await frontBefore(t, app, { paths });
  front.appReady();
  for (const path of ['/readyz', '/health', '/metrics']) assert.equal((await ask(port, path)).body, `app ${path}`);
  assert.equal((await ask(port, '/internal/ready')).status, 200);
  assert.match((await ask(port, '/livez')).body, /"alive":true/);
});

test('clients to whom an error is fatal get a closed connection instead of 503 once intake has begun', async (t) => {
  const app = await appWith(t, (request, response) => {
    if (request.url !== '/open') response.end('ok');
  });
  const { unit, front, port } = await frontBefore(t, app, { whenDraining: 'close' });
  front.appReady();
  const open = await RawClient.connect(t, port);
  open.get('/open');
  await until(() => unit.work.inFlight === 1, 'an open request');
  // It has connected before, and what it asks for is there only after intake began.
  const late = await RawClient.connect(t, port);
  late.send('GET /late HTTP/1.1\r\nHost: here\r\n');
  const draining = stageBegins(unit, 'drain');
  void unit.stop();
  await draining;
  late.send('\r\n');
  await late.closed;
  assert.equal(late.text, '');
  open.socket.destroy();
});

test('a task log has a line for what each request did, and none of its query', async (t) => {
  const taskLog = join(temporaryDirectory(t), 'tasks.jsonl');
  const app = await appWith(t, (request, response) => {
    if (request.url?.startsWith('/crash') === true) request.socket.destroy();
    else response.end('ok');
  });
  const { unit, front, port } = await frontBefore(t, app, { taskLog });
  front.appReady();
  await ask(port, '/predict?key=secret');
  assert.equal((await ask(port, '/crash', { method: 'POST' })).status, 502);
  await unit.stop();
  const text = readFileSync(taskLog, 'utf8');
  assert.doesNotMatch(text, /secret/);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ status, payload_ref, attempt }) => [status, payload_ref, attempt]),
    [
      ['submitted', 'GET /predict', 1],
      ['started', 'GET /predict', 1],
      ['completed', 'GET /predict', 1],
      ['submitted', 'POST /crash', 1],
      ['started', 'POST /crash', 1],
      ['failed', 'POST /crash', 1],
    ],
  );
  assert.equal(lines[0]!['idempotent'], true);
  assert.equal(lines[3]!['idempotent'], false);
  assert.equal(lines[0]!['task_id'], lines[2]!['task_id']);
});
