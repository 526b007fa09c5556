// Connections that do not end by themselves, and answers that take long: the traps of closing an HTTP server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectSecure } from 'node:tls';

import { until } from '../testing/until.ts';
import { drainHttp } from './drain.ts';
import { makeCertificate } from './testing/certificate.ts';
import { ask, keepAliveServer, RawClient, serve, stageBegins, testUnit } from './testing/serve.ts';

test('a connection that turns idle after intake is closed at once, whatever its keep-alive time-out', async (t) => {
  const held: ServerResponse[] = [];
  const { unit, port } = await serve(
    t,
    keepAliveServer((_request, response) => void held.push(response)),
  );
  // Its head is sent before the ending, so it says keep-alive.
  const begun = (await RawClient.connect(t, port)).get('/begun');
  const other = (await RawClient.connect(t, port)).get('/other');
  await until(() => held.length === 2, 'both requests');
  held[0]!.writeHead(200, { 'content-length': '4' }).write('do');
  await begun.sees('do');
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  held[0]!.end('ne');
  // The other request still holds the drain, so nothing but the sweep closes this connection.
  assert.equal(await begun.closed, 'end');
  assert.match(begun.text, /connection: keep-alive[^]*done$/i);
  assert.equal(unit.phase, 'stopping');
  held[1]!.end('done');
  await other.sees('done');
  assert.equal((await ended).outcome, 'clean');
});

test('connections that are idle when intake begins are closed while others still work', async (t) => {
  const held: ServerResponse[] = [];
  const { unit, port } = await serve(
    t,
    keepAliveServer((request, response) =>
      request.url === '/hold' ? void held.push(response) : response.end('quick'),
    ),
  );
  const idle = (await RawClient.connect(t, port)).get('/quick');
  await idle.sees('quick');
  const working = (await RawClient.connect(t, port)).get('/hold');
  await until(() => held.length === 1, 'the request');
  const ended = unit.stop();
  assert.equal(await idle.closed, 'end');
  held[0]!.end('done');
  await working.sees('done');
  assert.equal((await ended).outcome, 'clean');
});

test('a client that never sent a byte does not hold the ending, and is cut when draining is over', async (t) => {
  const { unit, server, port } = await serve(
    t,
    keepAliveServer((_request, response) => void response.end()),
  );
  const silent = await RawClient.connect(t, port);
  await until(async () => (await connections(server)) === 1, 'the connection');
  const closed = once(server, 'close');
  unit.onPersist('later', async () => {
    await silent.closed;
    await closed;
  });
  const report = await unit.stop();
  assert.deepEqual([report.outcome, report.stages.find((stage) => stage.name === 'persist')?.result], ['clean', 'ok']);
});

test('a TLS client that stopped in the middle of its handshake is cut too, and requests over TLS are drained', async (t) => {
  const held: ServerResponse[] = [];
  const certificate = makeCertificate();
  const server = createSecureServer(
    { ...certificate, keepAliveTimeout: 120_000 },
    (_request, response) => void held.push(response),
  );
  const { unit, port } = await serve(t, server);
  const silent = connect(port, '127.0.0.1').on('error', () => {});
  await once(silent, 'connect');
  const silentClosed = once(silent.resume(), 'close');
  const client = new RawClient(
    connectSecure({ port, host: '127.0.0.1', ca: certificate.cert, checkServerIdentity: () => undefined }),
  );
  t.after(() => client.socket.destroy());
  client.get('/predict');
  await until(() => held.length === 1, 'the request');
  held[0]!.writeHead(200, { 'content-length': '4' }).write('do');
  await client.sees('do');
  const closed = once(server, 'close');
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  held[0]!.end('ne');
  await client.sees('done');
  const report = await ended;
  await Promise.all([client.closed, silentClosed, closed]);
  assert.deepEqual([report.outcome, report.work.finished], ['clean', 1]);
});

test('of pipelined requests every accepted one is answered, and only the last answer says close', async (t) => {
  const held: ServerResponse[] = [];
  const { unit, port } = await serve(
    t,
    keepAliveServer((_request, response) => void held.push(response)),
    {
      unit: { announce: 'always' },
    },
  );
  const client = await RawClient.connect(t, port);
  client.get('/1').get('/2');
  await until(() => held.length === 2, 'two requests');
  const ended = unit.stop();
  client.get('/3');
  await until(() => held.length === 3, 'the third during announce');
  for (const [index, response] of held.entries()) response.end(`answer ${index + 1}`);
  assert.equal(await client.closed, 'end');
  assert.deepEqual(client.text.match(/answer \d/g), ['answer 1', 'answer 2', 'answer 3']);
  const closes = [...client.text.matchAll(/connection: close/gi)].map((match) => match.index);
  assert.ok(closes.length === 1 && closes[0]! > client.text.indexOf('answer 2'), client.text);
  void unit.stop({ deadline: 1 });
  assert.deepEqual((await ended).work.finished, 3);
});

test('a request that follows an answer which said that it is the last is not taken on', async (t) => {
  const held: ServerResponse[] = [];
  const server = keepAliveServer((_request, response) => void held.push(response));
  const { unit, port } = await serve(t, server);
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const client = (await RawClient.connect(t, port)).get('/first');
  const [socket] = await connected;
  await until(() => held.length === 1, 'the first');
  const ended = unit.stop();
  held[0]!.writeHead(200, { 'content-length': '4' }).write('do');
  await client.sees('do');
  // Nobody could deliver an answer to this one: the connection ends with the first.
  const { bytesRead } = socket;
  client.get('/second');
  await until(() => socket.bytesRead > bytesRead, 'the second');
  held[0]!.end('ne');
  await client.sees('done');
  const report = await ended;
  assert.deepEqual([held.length, report.work.accepted, report.work.finished], [1, 1, 1]);
});

test('clients that keep connections alive and follow readiness lose nothing over many endings', async (t) => {
  for (let round = 0; round < 10; round++) {
    let asked = 0;
    let arrived = 0;
    const server = keepAliveServer((_request, response) => {
      arrived++;
      setImmediate(() => response.end('ok'));
    });
    const { unit, port } = await serve(t, server, { unit: { announce: 'auto' }, drain: { readiness: '/readyz' } });
    const agent = new Agent({ keepAlive: true });
    let ready = true;
    let answered = 0;
    const router = async () => {
      while (ready) ready = (await ask(port, '/readyz')).status === 200;
    };
    const client = async () => {
      while (ready) {
        asked++;
        assert.equal((await ask(port, '/', { agent })).body, 'ok');
        answered++;
      }
    };
    const watching = router();
    // The announcement is over when the router has noticed and nothing of what it sent is on the wire; the answers to
    // that may still be to come.
    unit.onAnnounce('router', async () => {
      await watching;
      await until(() => arrived === asked, 'the last request');
    });
    const clients = Promise.all(Array.from({ length: 8 }, client));
    await until(() => answered > 100, 'traffic');
    const [report] = await Promise.all([unit.stop(), clients]);
    agent.destroy();
    assert.deepEqual([report.outcome, report.work.finished, report.work.lost], ['clean', answered, 0]);
  }
});

test('who has connected or sent when intake begins is answered, not reset', async (t) => {
  const { unit, port } = await serve(
    t,
    keepAliveServer((_request, response) => void response.end('ok')),
  );
  const kept = (await RawClient.connect(t, port)).get('/');
  await kept.sees('ok');
  const late: RawClient[] = [kept];
  unit.on((event) => {
    if (event.event !== 'stage_started' || event.stage !== 'intake') return;
    // The kernel has both at once; the server reads them only in its next turn.
    kept.text = '';
    kept.get('/late');
    late.push(new RawClient(connect(port, '127.0.0.1')).get('/late'));
  });
  const report = await unit.stop();
  for (const client of late) {
    assert.equal(await client.closed, 'end');
    assert.match(client.text, /^HTTP\/1\.1 503 /);
  }
  assert.deepEqual([late.length, report.work.accepted], [2, 1]);
});

test('a chunked request whose head stops half-way is cut by the end of the drain', async (t) => {
  const { unit, server, port } = await serve(
    t,
    keepAliveServer((_request, response) => void response.end()),
  );
  const client = await RawClient.connect(t, port);
  client.send('GET /half HTTP/1.1\r\nHost: he');
  await until(async () => (await connections(server)) === 1, 'the connection');
  const report = await unit.stop();
  await client.closed;
  assert.deepEqual([report.outcome, report.work.accepted], ['clean', 0]);
});

test('a server that was serving before it joined is drained as well', async (t) => {
  const held: ServerResponse[] = [];
  const server = keepAliveServer((request, response) =>
    request.url === '/hold' ? void held.push(response) : response.end('early'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const early = (await RawClient.connect(t, port)).get('/');
  await early.sees('early');
  const unit = testUnit(t);
  unit.use(drainHttp(server));
  await unit.ready();
  early.get('/hold');
  await until(() => held.length === 1, 'the request');
  const closed = once(server, 'close');
  const ended = unit.stop();
  held[0]!.end('done');
  await early.sees('done');
  assert.equal((await ended).work.finished, 1);
  await early.closed;
  await closed;
});

function connections(server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown;
}): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
