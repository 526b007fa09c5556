import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { ask, RawClient } from '../../../lifecycle/http/testing/serve.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { OK, RawInstance } from '../suite/raw-instance.ts';
import { addressOf, listening, planeBefore, planeTo, portOf } from './testing/scene.ts';

const BOUND = { timeout: 60_000 };

test('a shadow gets a copy of each small request, and its answer goes nowhere', BOUND, async (t) => {
  const instance = await RawInstance.start(t);
  const shadow = await RawInstance.start(t, 'HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n');
  const scene = await planeTo(t, instance.port, {
    direct: (_request, _failed, self) => ({ ...self.forward(self.upstream), mirror }),
  });
  const mirror = scene.add('shadow', shadow.port);
  assert.equal((await ask(scene.port, '/a', { method: 'POST', body: 'input' })).body, 'ok');
  await shadow.sees(/^POST \/a [\s\S]*\r\n\r\ninput$/);
  const large = 'x'.repeat(20_000);
  assert.equal((await ask(scene.port, '/b', { method: 'POST', body: large })).status, 200);
  assert.equal((await ask(scene.port, '/c')).status, 200);
  await shadow.sees('GET /c');
  assert.doesNotMatch(shadow.text, /POST \/b/);
  assert.equal(scene.ends.length, 3);
  assert.ok(scene.ends.every(({ status, outcome }) => status === 200 && outcome === 'finished'));
  shadow.sockets.forEach((socket) => socket.destroy());
  assert.equal((await ask(scene.port, '/d')).status, 200);
});

test('connections to an instance are used again, and never more than it may have', BOUND, async (t) => {
  let open = 0;
  let most = 0;
  const server = createServer((_request, response) => setImmediate(() => response.end('ok')));
  server.on('connection', (socket) => {
    most = Math.max(most, ++open);
    socket.once('close', () => open--);
  });
  const scene = await planeTo(t, portOf(await listening(t, server)), { address: { connectionsMax: 3 } });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(scene.port, `/${index}`)));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(most, 3);
});

test('a draining instance keeps no connection', BOUND, async (t) => {
  const server = createServer((request, response) => {
    if (request.url !== '/slow') response.end('ok');
  });
  let open = 0;
  server.on('connection', (socket) => {
    open++;
    socket.once('close', () => open--);
  });
  const scene = await planeTo(t, portOf(await listening(t, server)));
  const slow = await RawClient.connect(t, scene.port);
  slow.get('/slow');
  await until(() => open === 1, 'the slow request');
  await ask(scene.port, '/');
  assert.equal(open, 2);
  scene.upstream.drain();
  await until(() => open === 1, 'the idle connection to close');
  assert.equal(scene.upstream.open.requests, 1);
});

test('what is open is cut as its protocol says it: requests apart from streams', BOUND, async (t) => {
  const scene = await planeBefore(t, (request, response) => {
    if (request.url === '/events')
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    if (request.url === '/begun') response.write('begun');
  });
  const events = await RawClient.connect(t, scene.port);
  const begun = await RawClient.connect(t, scene.port);
  events.get('/events');
  begun.get('/begun');
  const waiting = ask(scene.port, '/waiting');
  await events.sees('data: 1');
  await begun.sees('begun');
  await until(() => scene.calls.filter((call) => call === 'sent').length === 3, 'all three at the instance');
  assert.equal(scene.upstream.cut('requests', 'time is up').length, 2);
  const answer = await waiting;
  assert.equal(answer.status, 503);
  assert.equal((JSON.parse(answer.body) as { code: string; outcome: string }).outcome, 'lost');
  assert.equal(await begun.closed, 'reset');
  assert.deepEqual(
    { ...scene.upstream.open, connections: 0 },
    { requests: 0, streams: 1, upgrades: 0, connections: 0 },
  );
  assert.match(scene.upstream.cut('streams', 'time is up')[0]!, /^GET \/events #\d+$/);
  await events.sees(/event: error\ndata: \{.*"detail":"time is up".*\}\n\n/);
  assert.deepEqual(new Set(scene.ends.map(({ outcome }) => outcome)), new Set(['cut']));
});

test('what cannot be an address is refused with what to write', BOUND, async (t) => {
  const scene = await planeTo(t, 1);
  for (const url of ['ftp://x', 'http://x/path', 'http://user:secret@x', 'unix:relative', 'nonsense']) {
    assert.throws(() => scene.plane.upstream('bad', addressOf(1, { url })), /is not the address of an instance/, url);
  }
});

test(
  'an answer that comes before the upload ends is passed on, and the connection is not used again',
  BOUND,
  async (t) => {
    const instance = await RawInstance.start(t, () => OK.replace('200 OK', '413 Too Large'));
    const scene = await planeTo(t, instance.port);
    const client = await RawClient.connect(t, scene.port);
    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nsome of it');
    await client.sees(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*ok$/i);
    await client.closed;
  },
);
