// Exchanges that have no end of their own: streams of server-sent events, and upgraded connections.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';

import type { OpenExchange } from './tracker.ts';
import { ask, keepAliveServer, RawClient, serve, someSweeps, stageBegins, type ServeOptions } from './testing/serve.ts';

const UPGRADE = 'GET /socket?token=secret HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

/** Echoes on upgraded connections, streams events on `/events`, answers anything else. */
async function serveBoth(t: TestContext, options: ServeOptions = {}) {
  const server = keepAliveServer((request, response) => {
    if (request.url !== '/events') return void response.end('ok');
    // As applications write it: what writeHead() is given is not kept by the response.
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n');
  });
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
  });
  return serve(t, server, options);
}

function events(client: RawClient): RawClient {
  return client.send('GET /events HTTP/1.1\r\nHost: here\r\nAccept: text/event-stream\r\n\r\n');
}

test('goodbye gets the open streams and sockets once draining begins, and what it ends is finished', async (t) => {
  const got: OpenExchange[] = [];
  const { unit, port } = await serveBoth(t, {
    drain: {
      goodbye: (open) => {
        got.push(...open);
        for (const { response, socket } of open) {
          if (response) response.end('event: bye\ndata:\n\n');
          else socket.end('BYE');
        }
      },
    },
  });
  const stream = events(await RawClient.connect(t, port));
  await stream.sees('hello');
  const socket = (await RawClient.connect(t, port)).send(UPGRADE);
  await socket.sees('101');
  assert.equal(unit.work.inFlight, 2);
  const ended = unit.stop();
  await Promise.all([stream.closed, socket.closed]);
  socket.socket.end();
  assert.match(stream.text, /event: bye/);
  assert.match(socket.text, /BYE$/);
  assert.deepEqual(
    got.map(({ kind, method, url }) => [kind, method, url]),
    [
      ['events', 'GET', '/events'],
      ['upgrade', 'GET', '/socket?token=secret'],
    ],
  );
  const report = await ended;
  assert.deepEqual([report.outcome, report.work.finished, report.work.lost, report.work.returned], ['clean', 2, 0, 0]);
});

test('a drain waits for them: an upgraded connection goes on to work until its client leaves', async (t) => {
  const { unit, port } = await serveBoth(t);
  const client = (await RawClient.connect(t, port)).send(UPGRADE);
  await client.sees('101');
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  client.send('still here');
  await client.sees('STILL HERE');
  client.socket.end();
  const report = await ended;
  assert.deepEqual([report.outcome, report.work.finished], ['clean', 1]);
});

test('an upgrade on a connection that was kept alive is not taken for idle', async (t) => {
  const { unit, port } = await serveBoth(t);
  const client = (await RawClient.connect(t, port)).get('/first');
  await client.sees('ok');
  client.send(UPGRADE);
  await client.sees('101');
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  await someSweeps();
  client.send('still here');
  await client.sees('STILL HERE');
  client.socket.end();
  assert.equal((await ended).work.finished, 2);
});

test('what nobody ends is cut at the end: clients of event streams come back, others lost something', async (t) => {
  const { unit, port } = await serveBoth(t, { unit: { drainCap: '50ms' } });
  const stream = events(await RawClient.connect(t, port));
  await stream.sees('hello');
  const socket = (await RawClient.connect(t, port)).send(UPGRADE);
  await socket.sees('101');
  const report = await unit.stop();
  await Promise.all([stream.closed, socket.closed]);
  assert.deepEqual([report.work.returned, report.work.lost, report.exitCode], [1, 1, 100]);
  assert.match(report.work.lostIds.join(), /^GET \(upgrade\) \/socket #\d+$/);
});

test('a client of an event stream that leaves lost nothing, also while stopping', async (t) => {
  const { unit, port } = await serveBoth(t);
  const stream = events(await RawClient.connect(t, port));
  await stream.sees('hello');
  const ended = unit.stop();
  stream.socket.destroy();
  const report = await ended;
  assert.deepEqual([report.outcome, report.work.finished], ['clean', 1]);
});

test('an upgrade that comes after intake began is refused as any other request', async (t) => {
  const { unit, port } = await serveBoth(t);
  const working = (await RawClient.connect(t, port)).send(UPGRADE);
  await working.sees('101');
  const late = await RawClient.connect(t, port);
  late.send(UPGRADE.slice(0, -2));
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  late.send('\r\n');
  await late.sees('please try again');
  assert.match(late.text, /^HTTP\/1\.1 503 [^]*Connection: close\r\nRetry-After: 1\r\n/);
  assert.equal(await late.closed, 'end');
  working.socket.end();
  const report = await ended;
  assert.deepEqual([report.work.accepted, report.work.finished], [1, 1]);
});

test('a CONNECT tunnel counts as an upgrade', async (t) => {
  const server = keepAliveServer((_request, response) => void response.end());
  server.on('connect', (_request, socket) => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    socket.on('data', (chunk) => socket.write(chunk)).on('end', () => socket.end());
  });
  const { unit, port } = await serve(t, server);
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  client.write('CONNECT there:443 HTTP/1.1\r\nHost: there\r\n\r\n');
  await once(client, 'data');
  assert.equal(unit.work.inFlight, 1);
  const ended = unit.stop();
  client.end();
  assert.equal((await ended).work.finished, 1);
});

test('goodbye is not called when nothing is open', async (t) => {
  let called = false;
  const { unit, port } = await serveBoth(t, { drain: { goodbye: () => void (called = true) } });
  await ask(port, '/');
  await unit.stop();
  assert.equal(called, false);
});
