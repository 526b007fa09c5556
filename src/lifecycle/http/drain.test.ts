// Draining in the order of an ending, with real servers, real clients and a real unit.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { until } from '../testing/until.ts';
import { drainHttp } from './drain.ts';
import { ask, keepAliveServer, RawClient, serve, stageBegins, testUnit } from './testing/serve.ts';

/** Answers when the test says so. */
function heldServer(): { server: ReturnType<typeof keepAliveServer>; held: ServerResponse[] } {
  const held: ServerResponse[] = [];
  return { held, server: keepAliveServer((_request, response) => void held.push(response)) };
}

test('an accepted request is finished before the unit ends, and counted by a readable id without its query', async (t) => {
  const { server, held } = heldServer();
  const { unit, port } = await serve(t, server);
  const answer = ask(port, '/predict?key=secret');
  await until(() => held.length === 1, 'the request');
  assert.equal(unit.work.inFlight, 1);
  const slow = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await slow;
  held[0]!.end('done');
  assert.equal((await answer).body, 'done');
  const report = await ended;
  assert.deepEqual([report.outcome, report.exitCode], ['clean', 0]);
  assert.deepEqual(report.work, {
    of: 'requests',
    accepted: 1,
    finished: 1,
    returned: 0,
    lost: 0,
    unknown: 0,
    lostIds: [],
  });
});

test('a request that hangs is named in the report as stuck and lost, without its query', async (t) => {
  const { server, held } = heldServer();
  const { unit, port } = await serve(t, server, { unit: { drainCap: '50ms' } });
  const client = (await RawClient.connect(t, port)).get('/predict?key=secret');
  await until(() => held.length === 1, 'the request');
  const report = await unit.stop();
  const drain = report.stages.find((stage) => stage.name === 'drain')!;
  assert.equal(drain.result, 'timeout');
  assert.match(drain.stuck.join(), /GET \/predict #\d+/);
  assert.match(report.work.lostIds.join(), /^GET \/predict #\d+$/);
  assert.deepEqual([report.work.lost, report.outcome, report.exitCode], [1, 'incomplete', 100]);
  await client.closed;
  assert.equal(client.text, '');
});

test('what hangs in drain may still finish during persist', async (t) => {
  const { server, held } = heldServer();
  const { unit, port } = await serve(t, server, { unit: { drainCap: '50ms' } });
  const answer = ask(port, '/slow');
  await until(() => held.length === 1, 'the request');
  unit.onPersist('model', async () => {
    held[0]!.end('late, and whole');
    await answer;
  });
  const report = await unit.stop();
  assert.equal((await answer).body, 'late, and whole');
  assert.deepEqual([report.work.finished, report.work.lost], [1, 0]);
});

test('readiness is answered in front of the application, with the unit in view', async (t) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url!);
    response.end('app');
  });
  const unit = testUnit(t);
  unit.use(drainHttp(server, { readiness: '/readyz' }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal((await ask(port, '/readyz')).status, 503, 'before it is ready');
  await unit.ready();
  const ready = await ask(port, '/readyz?probe=1');
  assert.equal(ready.status, 200);
  assert.deepEqual(JSON.parse(ready.body), {
    unit: 'api',
    ready: true,
    phase: 'ready',
    stage: null,
    remainingMs: null,
  });
  assert.deepEqual(
    { ...(await ask(port, '/readyz', { method: 'HEAD' })), headers: null },
    { status: 200, headers: null, body: '' },
  );
  assert.equal((await ask(port, '/readyz2')).body, 'app');
  assert.deepEqual(seen, ['/readyz2']);
  assert.equal(unit.work.counts.accepted, 1, 'readiness is no work');
});

test('during announce everything is served, readiness is 503, and every answer says that it is the last', async (t) => {
  const { server, held } = heldServer();
  const { unit, port } = await serve(t, server, { unit: { announce: 'always' }, drain: { readiness: '/readyz' } });
  const before = (await RawClient.connect(t, port)).get('/before');
  await until(() => held.length === 1, 'the request before');
  const ended = unit.stop({ deadline: '60s' });
  const readiness = await ask(port, '/readyz');
  assert.equal(readiness.status, 503);
  assert.equal(readiness.headers.connection, 'close');
  assert.ok(Number(readiness.headers['retry-after']) >= 1);
  assert.deepEqual(
    { ...JSON.parse(readiness.body), remainingMs: 0 },
    { unit: 'api', ready: false, phase: 'stopping', stage: 'announce', remainingMs: 0 },
  );
  const during = ask(port, '/during');
  await until(() => held.length === 2, 'the request during announce');
  for (const response of held) response.end('served');
  assert.equal((await during).headers.connection, 'close');
  await before.sees('served');
  assert.match(before.text, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/i);
  assert.equal(await before.closed, 'end');
  void unit.stop({ deadline: 1 });
  assert.deepEqual((await ended).work.finished, 2);
});

test('after intake began nobody connects, and a request on a connection kept alive is refused', async (t) => {
  const { server, held } = heldServer();
  const { unit, port } = await serve(t, server);
  const working = ask(port, '/working');
  await until(() => held.length === 1, 'the request');
  const kept = await RawClient.connect(t, port);
  kept.send('GET /late HTTP/1.1\r\nHost: here\r\n');
  const intake = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await intake;
  kept.send('\r\n');
  await kept.sees('please try again');
  assert.match(kept.text, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(kept.text, /retry-after: 1\r\n/i);
  assert.match(kept.text, /connection: close\r\n/i);
  assert.equal(await kept.closed, 'end');
  await assert.rejects(ask(port, '/new'), { code: 'ECONNREFUSED' });
  held[0]!.end();
  await working;
  const report = await ended;
  assert.deepEqual([held.length, report.work.accepted, report.exitCode], [1, 1, 0]);
});

test('a client that leaves is owed nothing while the unit is ready, and is named as lost once it is stopping', async (t) => {
  const { server, held } = heldServer();
  const { unit, port } = await serve(t, server);
  const early = (await RawClient.connect(t, port)).get('/early');
  await until(() => held.length === 1, 'the early request');
  early.socket.destroy();
  await until(() => unit.work.inFlight === 0, 'the early client gone');
  assert.deepEqual([unit.work.counts.finished, unit.work.counts.lost], [1, 0]);
  const late = (await RawClient.connect(t, port)).get('/late');
  await until(() => held.length === 2, 'the late request');
  const ended = unit.stop();
  late.socket.destroy();
  const report = await ended;
  assert.deepEqual([report.work.finished, report.work.lost], [1, 1]);
  assert.match(report.work.lostIds.join(), /^GET \/late #\d+$/);
});

test('a server may listen later, or not before the ending: then it does not', async (t) => {
  const unit = testUnit(t);
  const server = createServer((_request, response) => void response.end());
  unit.use(drainHttp(server));
  await unit.ready();
  const other = createServer((_request, response) => void response.end());
  unit.use(drainHttp(other, { name: 'other' }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  assert.equal((await ask((server.address() as AddressInfo).port, '/')).status, 200);
  unit.onPersist('late', async () => {
    other.listen(0, '127.0.0.1');
    await once(other, 'close');
  });
  const { stages } = await unit.stop();
  assert.deepEqual([stages.find((stage) => stage.name === 'persist')?.result, other.listening], ['ok', false]);
});

test('a unit whose server listens waits for routers, one without does not', async (t) => {
  for (const listens of [true, false]) {
    const server = createServer();
    const unit = testUnit(t, { announce: 'auto', announceCap: '30ms' });
    unit.use(drainHttp(server));
    if (listens) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    await unit.ready();
    const { stages } = await unit.stop();
    const { tookMs } = stages.find((stage) => stage.name === 'announce')!;
    assert.equal(tookMs >= 25, listens, `announce took ${tookMs} ms`);
  }
});

test('after the ending the server is as it was before', async (t) => {
  const server = createServer((_request, response) => void response.end());
  const listeners = () => server.eventNames().map((name) => [name, server.listenerCount(name)]);
  const before = listeners();
  const { unit, port } = await serve(t, server);
  await ask(port, '/');
  await unit.stop();
  assert.deepEqual(listeners(), before);
  assert.ok(!Object.hasOwn(server, 'emit'));
  assert.equal(server.listening, false);
  const next = await serve(t, server);
  assert.equal((await ask(next.port, '/')).status, 200);
  assert.equal(next.unit.work.counts.accepted, 1);
});

test('a server belongs to one unit, and several servers to a unit under names of their own', async (t) => {
  const [one, two] = [createServer((_request, response) => void response.end('1')), createServer()];
  const { unit, port } = await serve(t, one);
  assert.throws(() => unit.use(drainHttp(one, { name: 'again' })), {
    code: 'usage',
    message: /belongs to a unit already/,
  });
  assert.throws(() => unit.use(drainHttp(two)), { code: 'usage', message: /name/ });
  unit.use(drainHttp(two, { name: 'admin' }));
  two.on('request', (_request, response: ServerResponse) => void response.end('2'));
  two.listen(0, '127.0.0.1');
  await once(two, 'listening');
  const both = await Promise.all([ask(port, '/'), ask((two.address() as AddressInfo).port, '/')]);
  assert.deepEqual(
    both.map((answer) => answer.body),
    ['1', '2'],
  );
  assert.equal((await unit.stop()).work.finished, 2);
});

test('what is not a server is refused with a hint', () => {
  assert.throws(() => drainHttp({} as never), { code: 'usage', message: /Pass what http\.createServer\(\)/ });
  assert.throws(() => drainHttp({ server: createServer() } as never), {
    code: 'usage',
    message: /drainHttp\(app\.server/,
  });
  assert.throws(() => drainHttp((() => {}) as never), { code: 'usage' });
});

test('a handler of Expect: 100-continue that passes the request on does not make it count twice', async (t) => {
  const server = createServer((request, response) => void request.resume().on('end', () => response.end('ok')));
  server.on('checkContinue', (request, response: ServerResponse) => {
    response.writeContinue();
    server.emit('request', request, response);
  });
  const { unit, port } = await serve(t, server);
  const client = await RawClient.connect(t, port);
  client.send('POST / HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  await client.sees('100 Continue');
  client.send('hi');
  await client.sees(/ok$/);
  await until(() => unit.work.inFlight === 0, 'the end of the request');
  assert.deepEqual([unit.work.counts.accepted, unit.work.counts.finished], [1, 1]);
});

test('stopping a part ends its server only', async (t) => {
  const main = await serve(
    t,
    createServer((_request, response) => void response.end('main')),
  );
  const part = main.unit.part('admin', { optional: true });
  const server = createServer((_request, response) => void response.end('admin'));
  part.use(drainHttp(server));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await part.ready();
  const { port } = server.address() as AddressInfo;
  assert.equal((await ask(port, '/')).body, 'admin');
  const report = await part.stop();
  assert.deepEqual([report.work.finished, report.exitCode], [1, 0]);
  await assert.rejects(ask(port, '/'), { code: 'ECONNREFUSED' });
  assert.equal((await ask(main.port, '/')).body, 'main');
});
