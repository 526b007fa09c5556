import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { Load, type LoadOptions } from './load.ts';
import type { RequestRecord } from './types.ts';

async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // clients cut as they like
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

function loadOn(t: TestContext, port: number, changes: Partial<LoadOptions>): Load {
  const load = new Load({
    address: { host: '127.0.0.1', port, tls: false },
    rate: 100,
    clients: new Map([['new', 1]]),
    shape: { method: 'GET', path: '/', headers: [], body: null, host: 'here' },
    line: null,
    timeoutMs: 30_000,
    streams: { count: 1, sse: null, ws: null, message: '{id}' },
    mark: 'drilltest',
    random: new SeededRandom(1),
    ...changes,
  });
  t.after(() => load.stop());
  return load;
}

/** Runs the load until so many requests are over, and nothing is in flight. */
async function over(load: Load, requests: number): Promise<readonly RequestRecord[]> {
  load.start();
  await until(() => load.records.filter((it) => it.end !== null).length >= requests, `${requests} requests over`);
  load.pause();
  await until(() => load.inFlight === 0, 'nothing in flight');
  return load.records;
}

function ends(records: readonly RequestRecord[]): string[] {
  return [...new Set(records.map((it) => it.end ?? 'none'))];
}

const http = (t: TestContext, handle: RequestListener) => listen(t, createHttp(handle));

test('each kind of client gets its answers, with its id, and knows whether the connection was used before', async (t) => {
  const ids = new Set<string>();
  const port = await http(t, (request, response) => {
    ids.add(String(request.headers['x-request-id']));
    response.end('x'.repeat(2_000));
  });
  for (const kind of ['keep-alive', 'new', 'pipelined', 'slow'] as const) {
    const records = await over(loadOn(t, port, { clients: new Map([[kind, 1]]), mark: `drill${kind}` }), 12);
    assert.deepEqual(ends(records), ['answered'], kind);
    assert.ok(
      records.every((it) => it.status === 200 && ids.has(it.id)),
      kind,
    );
    if (kind === 'keep-alive') assert.ok(records.some((it) => it.reused));
    if (kind === 'new' || kind === 'slow')
      assert.ok(
        records.every((it) => !it.reused),
        kind,
      );
  }
});

test('a connection that is cut before the first byte is a reset, inside an answer a truncation, and refused if never made', async (t) => {
  const cutAt = async (bytes: string): Promise<string[]> => {
    const port = await listen(
      t,
      createServer((socket) => void socket.once('data', () => socket.end(bytes))),
    );
    return ends(await over(loadOn(t, port, {}), 5));
  };
  assert.deepEqual(await cutAt(''), ['reset']);
  assert.deepEqual(await cutAt('HTTP/1.1 200 OK\r\nContent-Le'), ['truncated']);
  assert.deepEqual(await cutAt('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'), ['truncated']);
  assert.deepEqual(await cutAt('220 smtp.example.org ESMTP\r\n'), ['garbage']);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(ends(await over(loadOn(t, port, {}), 5)), ['refused']);
});

test('an idle connection that the server closed is not taken, or the request is sent again: nothing is dropped', async (t) => {
  const server = createHttp((_request, response) => {
    response.end('ok');
    // Closed as soon as it is idle, though it said that it would be kept.
    setImmediate(() => response.socket?.end());
  });
  const records = await over(loadOn(t, await listen(t, server), { clients: new Map([['keep-alive', 1]]) }), 40);
  assert.deepEqual(ends(records), ['answered']);
});

test('a request that was being worked on is reset, also on a connection used before', async (t) => {
  let answered = 0;
  const port = await http(t, (_request, response) => {
    answered += 1;
    if (answered <= 3) return void response.end('ok');
    setTimeout(() => response.destroy(), 60);
  });
  const load = loadOn(t, port, { clients: new Map([['keep-alive', 1]]), rate: 20 });
  const records = await over(load, 6);
  const cut = records.filter((it) => it.end === 'reset');
  assert.ok(cut.length >= 3 && cut.some((it) => it.reused));
});

test('a pipelined request behind an answer that closes is sent again, as its server asked for', async (t) => {
  const port = await http(t, (_request, response) => void response.setHeader('Connection', 'close').end('ok'));
  const records = await over(loadOn(t, port, { clients: new Map([['pipelined', 1]]) }), 8);
  assert.deepEqual(ends(records.filter((it) => it.retries < 2)), ['answered']);
  assert.ok(records.some((it) => it.retries > 0));
});

test('an answer that carries the id of another request is mixed up', async (t) => {
  const port = await http(t, (_request, response) => void response.setHeader('X-Request-Id', 'drilltest-0').end());
  const records = await over(loadOn(t, port, {}), 5);
  assert.deepEqual(ends(records.slice(1)), ['mixed']);
});

test('what takes too long is timed out, and requests go on being due at the rate meanwhile', async (t) => {
  const port = await http(t, () => {});
  const load = loadOn(t, port, { timeoutMs: 300, rate: 50 });
  const records = await over(load, 10);
  assert.deepEqual(ends(records), ['timeout']);
  const gaps = records.slice(1).map((it, index) => Math.round(it.dueMs - records[index]!.dueMs));
  assert.ok(
    gaps.every((gap) => gap === 20),
    `every 20 ms: ${gaps.join()}`,
  );
});

test('event streams end well with the end of their body, and are truncated without it', async (t) => {
  let isCutting = false;
  const port = await http(t, (request, response) => {
    assert.equal(request.headers.accept, 'text/event-stream');
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    setTimeout(() => (isCutting ? response.destroy() : response.end()), 30);
  });
  const streams = { count: 1, sse: '/events', ws: null, message: '' };
  assert.deepEqual(ends(await over(loadOn(t, port, { rate: 0, streams }), 2)), ['answered']);
  isCutting = true;
  assert.deepEqual(ends(await over(loadOn(t, port, { rate: 0, streams }), 2)), ['truncated']);
});

test('WebSockets end well with a close frame that says going away, and are truncated without one', async (t) => {
  let closes: Buffer | null = Buffer.from([0x88, 2, 1001 >> 8, 1001 & 255]);
  const heard: Buffer[] = [];
  const server = createHttp();
  server.on('upgrade', (request, socket: Socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => {});
    socket.once('data', (bytes: Buffer) => {
      heard.push(bytes);
      if (closes) socket.end(closes);
      else socket.destroy();
    });
  });
  const port = await listen(t, server);
  const streams = { count: 1, sse: null, ws: '/socket', message: 'hello {id}' };
  assert.deepEqual(ends(await over(loadOn(t, port, { rate: 0, streams }), 1)), ['answered']);
  assert.ok(heard.length > 0);
  closes = null;
  assert.deepEqual(ends(await over(loadOn(t, port, { rate: 0, streams }), 1)), ['truncated']);
});

test('servers that speak lines are asked in lines', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => void socket.on('data', (bytes: Buffer) => socket.write(`+${bytes.toString()}`))),
  );
  const records = await over(loadOn(t, port, { line: 'PING {id}\n', clients: new Map([['tcp', 1]]) }), 20);
  assert.deepEqual(ends(records), ['answered']);
  assert.ok(records.some((it) => it.reused));
});
