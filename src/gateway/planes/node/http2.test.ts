import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { temporaryDirectory } from '../../../base/files/testing/temporary-directory.ts';
import { makeCertificate } from '../../../lifecycle/http/testing/certificate.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { listening, portOf, Scene } from './testing/scene.ts';

const BOUND = { timeout: 60_000 };

async function overTls(t: TestContext, scene: Scene): Promise<ClientHttp2Session> {
  const directory = temporaryDirectory(t);
  const tls = { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
  const { cert, key } = makeCertificate();
  writeFileSync(tls.certificate, cert);
  writeFileSync(tls.key, key);
  await scene.plane.listen(scene.unit, { host: '127.0.0.1', port: 0 }, { tls });
  await scene.unit.ready();
  return session(t, `https://localhost:${scene.port}`);
}

async function session(t: TestContext, url: string): Promise<ClientHttp2Session> {
  const client = connect(url, { rejectUnauthorized: false });
  t.after(() => client.destroy());
  await once(client, 'connect');
  return client;
}

async function read(stream: ClientHttp2Stream): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  let body = '';
  for await (const chunk of stream) body += String(chunk);
  return { headers, body };
}

test('HTTP/2 to clients, HTTP/1.1 to the instance', BOUND, async (t) => {
  const instance = await listening(
    t,
    createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], connection: 'x-hop', 'x-hop': '1' });
        response.end(`${request.method} ${request.url} ${request.headers.host} ${request.headers.cookie} ${body}`);
      });
    }),
  );
  const scene = new Scene(t, {});
  scene.upstream = scene.add('one', portOf(instance));
  const client = await overTls(t, scene);
  const stream = client.request({ ':method': 'POST', ':path': '/a?b', cookie: ['x=1', 'y=2'] });
  stream.end('input');
  const { headers, body } = await read(stream);
  assert.equal(body, `POST /a?b localhost:${scene.port} x=1; y=2 input`);
  assert.equal(headers[':status'], 200);
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(headers['x-hop'], undefined);
  assert.equal(scene.requests[0]!.scheme, 'https');
  assert.equal((await read(client.request({ ':path': '//evil' }))).headers[':status'], 400);
});

test(
  'over HTTP/2 an answer that is cut resets its stream, and an event stream ends with an event',
  BOUND,
  async (t) => {
    const instance = await listening(
      t,
      createServer((request, response) => {
        if (request.url === '/events') response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: half\n\n', () => response.socket!.destroy());
      }),
    );
    const scene = new Scene(t, {});
    scene.upstream = scene.add('one', portOf(instance));
    const client = await overTls(t, scene);
    const cut = client.request({ ':path': '/' });
    cut.resume();
    await once(cut, 'error');
    assert.equal(cut.rstCode, 2);
    const events = await read(client.request({ ':path': '/events' }));
    assert.match(events.body, /^data: half\n\nevent: error\ndata: \{/);
  },
);

test('gRPC passes: HTTP/2 from end to end, both ways at once, with its trailers', BOUND, async (t) => {
  const instance = createHttp2Server();
  instance.on('stream', (stream: ServerHttp2Stream, headers) => {
    assert.equal(headers['te'], 'trailers');
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
    // Each message is answered before the next one is sent.
    stream.on('data', (chunk) => stream.write(`re:${String(chunk)}`));
    stream.on('end', () => stream.end());
    stream.on('error', () => {});
  });
  await listening(t, instance as never);
  const scene = new Scene(t, { address: { http2: true } });
  scene.upstream = scene.add('one', portOf(instance));
  await scene.plane.listen(scene.unit, { host: '127.0.0.1', port: 0 }, { http2: true });
  await scene.unit.ready();
  const client = await session(t, `http://127.0.0.1:${scene.port}`);
  const calls = Array.from({ length: 3 }, async (_, number) => {
    const stream = client.request({
      ':method': 'POST',
      ':path': '/Model/Predict',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let trailers: IncomingHttpHeaders = {};
    stream.on('trailers', (got: IncomingHttpHeaders) => (trailers = got));
    let said = '';
    stream.on('data', (chunk) => (said += String(chunk)));
    stream.write(`a${number}`);
    await until(() => said === `re:a${number}`, 'the first answer');
    stream.end(`b${number}`);
    await once(stream, 'close');
    assert.equal(said, `re:a${number}re:b${number}`);
    assert.equal(trailers['grpc-status'], '0');
    assert.equal(trailers['grpc-message'], 'fine');
  });
  await Promise.all(calls);
  assert.equal(scene.upstream.open.connections, 1);
});
