// HTTP/2: plain, over TLS, and beside HTTP/1 on one port.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as secureRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import {
  connect,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectPlain, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';

import { until } from '../testing/until.ts';
import { makeCertificate } from './testing/certificate.ts';
import { serve, type ServeOptions } from './testing/serve.ts';

function client(t: TestContext, port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }];
  let body = '';
  for await (const chunk of stream) body += String(chunk);
  return { status: headers[':status'], headers, body };
}

async function serveHeld(t: TestContext, options: ServeOptions = {}) {
  const held: Http2ServerResponse[] = [];
  const server = createServer((_request, response) => void held.push(response));
  return { held, ...(await serve(t, server, options)) };
}

test('streams in flight are finished, the session says GOAWAY, and closes when they are done', async (t) => {
  const { unit, port, held } = await serveHeld(t);
  const session = client(t, port);
  const goaway = once(session, 'goaway');
  const answer = answerOf(session.request({ ':path': '/predict?key=secret' }));
  await until(() => held.length === 1, 'the stream');
  const ended = unit.stop();
  const [code] = (await goaway) as [number];
  assert.equal(code, 0);
  held[0]!.end('done');
  assert.deepEqual([(await answer).status, (await answer).body], [200, 'done']);
  const report = await ended;
  assert.deepEqual([report.outcome, report.work.accepted, report.work.finished], ['clean', 1, 1]);
  await until(() => session.destroyed, 'the end of the session');
});

test('a session without streams does not hold the ending', async (t) => {
  const { unit, server, port } = await serveHeld(t);
  const session = client(t, port);
  await once(session, 'connect');
  const closed = once(server, 'close');
  assert.equal((await unit.stop()).outcome, 'clean');
  await closed;
  await until(() => session.destroyed, 'the end of the session');
});

test('a session that is idle is closed while another still works', async (t) => {
  const { unit, port, held } = await serveHeld(t);
  const idle = await RawSession.open(t, port);
  idle.get(1, '/quick');
  await until(() => held.length === 1, 'the quick stream');
  held[0]!.end('quick');
  await until(() => idle.received('quick'), 'the quick answer');
  const working = answerOf(client(t, port).request({ ':path': '/slow' }));
  await until(() => held.length === 2, 'the slow stream');
  const ended = unit.stop();
  await idle.closed;
  assert.equal(unit.phase, 'stopping');
  held[1]!.end('done');
  assert.equal((await working).body, 'done');
  assert.equal((await ended).outcome, 'clean');
});

test('a stream that arrives as intake begins is refused with 503, a later one by GOAWAY', async (t) => {
  const { unit, port, held } = await serveHeld(t);
  const session = await RawSession.open(t, port);
  session.get(1, '/first');
  await until(() => held.length === 1, 'the first stream');
  unit.on((event) => {
    if (event.event === 'stage_started' && event.stage === 'intake') session.get(3, '/late');
  });
  const ended = unit.stop();
  await until(() => session.received('please try again') && session.goaways().length > 0, 'the refusals');
  session.get(5, '/later');
  held[0]!.end('done');
  await session.closed;
  assert.ok(session.received('done'));
  assert.deepEqual([held.length, new Set(session.goaways())], [1, new Set([3])]);
  const report = await ended;
  assert.deepEqual([report.work.accepted, report.work.finished, report.exitCode], [1, 1, 0]);
});

test('readiness is answered on HTTP/2 as well', async (t) => {
  const { unit, port, held } = await serveHeld(t, { unit: { announce: 'always' }, drain: { readiness: '/readyz' } });
  const session = client(t, port);
  const ready = await answerOf(session.request({ ':path': '/readyz' }));
  assert.deepEqual([ready.status, (JSON.parse(ready.body) as { ready: boolean }).ready], [200, true]);
  void unit.stop();
  const stopping = await answerOf(client(t, port).request({ ':path': '/readyz?x' }));
  assert.equal(stopping.status, 503);
  assert.ok(Number(stopping.headers['retry-after']) >= 1);
  assert.deepEqual([held.length, unit.work.counts.accepted], [0, 0]);
});

test('a client that resets its stream is owed nothing while ready, and has lost its answer while stopping', async (t) => {
  const { unit, port, held } = await serveHeld(t);
  const session = client(t, port);
  const early = session.request({ ':path': '/early' });
  await until(() => held.length === 1, 'the early stream');
  early.close(8);
  await until(() => unit.work.inFlight === 0, 'the reset');
  const late = session.request({ ':path': '/late' });
  await until(() => held.length === 2, 'the late stream');
  const ended = unit.stop();
  late.close(8);
  const report = await ended;
  assert.deepEqual([report.work.finished, report.work.lost], [1, 1]);
  assert.match(report.work.lostIds.join(), /^GET \/late #\d+$/);
});

test('a stream that hangs is lost by its id, and its session is cut', async (t) => {
  const { unit, port, held } = await serveHeld(t, { unit: { drainCap: '50ms' } });
  const session = client(t, port);
  const stream = session.request({ ':path': '/hang' });
  stream.on('error', () => {});
  await until(() => held.length === 1, 'the stream');
  const report = await unit.stop();
  assert.match(report.work.lostIds.join(), /^GET \/hang #\d+$/);
  await until(() => session.destroyed, 'the end of the session');
});

test('a server that handles streams itself is drained too, and large answers arrive whole', async (t) => {
  const body = Buffer.alloc(3 * 2 ** 20, 'x');
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.end(body);
  });
  const { unit, port } = await serve(t, server);
  const stream = client(t, port).request({ ':path': '/model' });
  await once(stream, 'response');
  stream.pause();
  const ended = unit.stop();
  let length = 0;
  for await (const chunk of stream) length += (chunk as Buffer).length;
  assert.equal(length, body.length);
  assert.deepEqual([(await ended).outcome, unit.work.counts.finished], ['clean', 1]);
});

test('one port for HTTP/2 and HTTP/1 over TLS drains both', async (t) => {
  const certificate = makeCertificate();
  const held: { end(text: string): unknown }[] = [];
  const server = createSecureServer(
    { ...certificate, allowHTTP1: true },
    (_request, response) => void held.push(response),
  );
  const { unit, port } = await serve(t, server);
  const trust = { ca: certificate.cert, checkServerIdentity: () => undefined };
  const session = connect(`https://127.0.0.1:${port}`, trust);
  t.after(() => session.destroy());
  const second = answerOf(session.request({ ':path': '/two' }));
  const request = secureRequest({ ...trust, host: '127.0.0.1', port, path: '/one' }).end();
  const first = once(request, 'response') as Promise<[IncomingMessage]>;
  await until(() => held.length === 2, 'both');
  const ended = unit.stop();
  for (const response of held) response.end('done');
  const [response] = await first;
  let body = '';
  for await (const chunk of response) body += String(chunk);
  assert.deepEqual([body, response.headers.connection, (await second).body], ['done', 'close', 'done']);
  const report = await ended;
  assert.deepEqual([report.outcome, report.work.finished], ['clean', 2]);
  assert.match(report.work.lostIds.join(), /^$/);
});

/** A client that takes no notice of GOAWAY; it writes its frames by hand. */
class RawSession {
  /** Settles when the server has closed the connection. */
  readonly closed: Promise<unknown>;
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = once(socket, 'close');
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk)).on('error', () => {});
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(frame(0x4, 0, 0, Buffer.alloc(0)));
  }

  static async open(t: TestContext, port: number): Promise<RawSession> {
    const socket = connectPlain(port, '127.0.0.1');
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return new RawSession(socket);
  }

  /** Begins a stream without a body; fields as in RFC 7541: indexed, or literal with an indexed name. */
  get(stream: number, path: string): void {
    const literal = (index: number, value: string) =>
      Buffer.concat([Buffer.from([index, value.length]), Buffer.from(value)]);
    const fields = Buffer.concat([Buffer.from([0x82, 0x86]), literal(0x04, path), literal(0x01, 'here')]);
    this.#socket.write(frame(0x1, 0x5, stream, fields));
  }

  /** The last stream id of each GOAWAY. */
  goaways(): number[] {
    const ids: number[] = [];
    const all = Buffer.concat(this.#chunks);
    for (let at = 0; at + 9 <= all.length; at += 9 + all.readUIntBE(at, 3)) {
      if (all[at + 3] === 0x7) ids.push(all.readUInt32BE(at + 9));
    }
    return ids;
  }

  received(text: string): boolean {
    return Buffer.concat(this.#chunks).includes(text);
  }
}

/** RFC 9113, 4.1. */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
