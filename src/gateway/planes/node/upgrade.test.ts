import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';

import { RawClient } from '../../../lifecycle/http/testing/serve.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { listening, planeTo, portOf, type Scene } from './testing/scene.ts';

const BOUND = { timeout: 60_000 };
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A WebSocket server that sends back what comes, as it is; its connections are kept. */
async function planeBeforeWebSockets(t: TestContext): Promise<{ scene: Scene; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((_request, response) => response.writeHead(426).end('upgrade'));
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    socket.on('error', () => {});
    if (request.url === '/no') return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    const accept = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    if (head.length > 0) socket.write(head);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('end', () => socket.end());
    sockets.push(socket);
  });
  await listening(t, server);
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  return { scene: await planeTo(t, portOf(server)), sockets };
}

function handshake(path = '/chat'): string {
  return `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
}

test('a WebSocket passes both ways, and is one exchange until it ends', BOUND, async (t) => {
  const { scene, sockets } = await planeBeforeWebSockets(t);
  const client = await RawClient.connect(t, scene.port);
  // Its first frame comes with the request.
  client.send(`${handshake()}\x81\x02hi`);
  await client.sees(/^HTTP\/1\.1 101 [\s\S]*Upgrade: websocket[\s\S]*\r\n\r\n\x81\x02hi/i);
  assert.deepEqual(
    { ...scene.upstream.open, connections: 0 },
    { requests: 0, streams: 0, upgrades: 1, connections: 0 },
  );
  assert.equal(scene.unit.work.inFlight, 1);
  assert.equal(scene.requests[0]!.kind, 'upgrade');
  client.send('\x81\x05there');
  await client.sees('there');
  sockets[0]!.end();
  assert.equal(await client.closed, 'end');
  client.socket.end();
  await until(() => scene.ends.length === 1, 'the end of the exchange');
  assert.deepEqual(scene.calls, ['sent', 'answered 101 stream', 'ended finished']);
  assert.equal(scene.ends[0]!.requestBytes, 4 + 7);
});

test('an instance that declines an upgrade has its answer passed on', BOUND, async (t) => {
  const { scene } = await planeBeforeWebSockets(t);
  const client = await RawClient.connect(t, scene.port);
  client.send(handshake('/no'));
  await client.closed;
  assert.match(client.text, /^HTTP\/1\.1 403 [\s\S]*no$/);
  await until(() => scene.ends.length === 1, 'the end of the exchange');
  assert.equal(scene.ends[0]!.status, 403);
});

test('a WebSocket is told goodbye between two frames when the gateway ends', BOUND, async (t) => {
  const { scene, sockets } = await planeBeforeWebSockets(t);
  const client = await RawClient.connect(t, scene.port);
  client.send(handshake());
  await client.sees('\r\n\r\n');
  // Half a frame is on its way: ten bytes are announced, four have come.
  const [head] = client.text.split('\r\n\r\n', 1);
  sockets[0]!.write(Buffer.from('\x82\x0a0123', 'latin1'));
  await client.sees('0123');
  const ids = scene.upstream.cut('streams', 'the model is replaced');
  assert.match(ids[0]!, /^GET \(upgrade\) \/chat #\d+$/);
  sockets[0]!.write(Buffer.from('456789\x81\x04next', 'latin1'));
  await client.closed;
  const frames = Buffer.from(client.text.slice(head!.length + 4), 'latin1');
  assert.equal(frames.toString('latin1', 0, 18), '\x82\x0a0123456789\x81\x04next');
  assert.equal(frames[18], 0x88);
  assert.equal(frames.readUInt16BE(20), 1012);
  assert.equal(frames.toString('utf8', 22), 'the model is replaced');
  await until(() => scene.ends.length === 1, 'the end of the exchange');
  assert.equal(scene.ends[0]!.outcome, 'cut');
});

test('a WebSocket whose instance is lost is told to connect again', BOUND, async (t) => {
  const { scene, sockets } = await planeBeforeWebSockets(t);
  const client = await RawClient.connect(t, scene.port);
  client.send(handshake());
  await client.sees('\r\n\r\n');
  sockets[0]!.resetAndDestroy();
  await client.closed;
  assert.equal(Buffer.from(client.text.split('\r\n\r\n')[1]!, 'latin1').readUInt16BE(2), 1012);
  await until(() => scene.ends.length === 1, 'the end of the exchange');
  assert.equal(scene.ends[0]!.outcome, 'lost');
});

test('an upgrade that no instance takes is refused as one that never began', BOUND, async (t) => {
  const { scene } = await planeBeforeWebSockets(t);
  const gone = createServer();
  gone.listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const port = portOf(gone);
  gone.close();
  scene.upstream = scene.add('gone', port);
  const client = await RawClient.connect(t, scene.port);
  client.send(handshake());
  await client.closed;
  assert.match(client.text, /^HTTP\/1\.1 503 [\s\S]*Retry-After/i);
  assert.equal(scene.ends[0]!.outcome, 'returned');
});
