import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { test } from 'node:test';

import { ask, RawClient } from '../../../lifecycle/http/testing/serve.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { planeBefore } from './testing/scene.ts';

test('a request and its answer pass, and the director is told how it went', async (t) => {
  const scene = await planeBefore(t, (request, response) => {
    response.writeHead(201, { 'x-path': request.url, 'set-cookie': ['a=1', 'b=2'] }).end('made');
  });
  const answer = await ask(scene.port, '/things?q=1', { method: 'POST', body: 'x'.repeat(100) });
  assert.equal(answer.status, 201);
  assert.equal(answer.body, 'made');
  assert.equal(answer.headers['x-path'], '/things?q=1');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  await until(() => scene.ends.length === 1, 'the end of the attempt');
  assert.deepEqual(scene.calls, ['sent', 'answered 201', 'ended finished']);
  assert.equal(scene.ends[0]!.requestBytes, 100);
  assert.equal(scene.ends[0]!.responseBytes, 4);
  assert.match(scene.requests[0]!.id, /^POST \/things #\d+$/);
});

test('large bodies stream both ways, and neither side is read faster than the other takes it', async (t) => {
  const bytes = 32 * 2 ** 20;
  const scene = await planeBefore(t, (request, response) => void request.pipe(response));
  const request = httpRequest({ port: scene.port, method: 'PUT', headers: { 'content-length': bytes } });
  const block = Buffer.alloc(2 ** 20, 7);
  void (async () => {
    for (let sent = 0; sent < bytes; sent += block.length) if (!request.write(block)) await once(request, 'drain');
    request.end();
  })();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let got = 0;
  for await (const chunk of answer) got += (chunk as Buffer).length;
  assert.equal(got, bytes);
  assert.ok(answer.complete);
});

test('an answer whose source is lost in the middle is reset, never ended', async (t) => {
  const scene = await planeBefore(t, (_request, response) => {
    response.write('the first half');
    setImmediate(() => response.socket!.destroy());
  });
  const client = await RawClient.connect(t, scene.port);
  client.get('/');
  assert.equal(await client.closed, 'reset');
  assert.doesNotMatch(client.text, /\r\n0\r\n/);
  await until(() => scene.ends.length === 1, 'the end of the attempt');
  assert.equal(scene.ends[0]!.outcome, 'lost');
  assert.equal(scene.ends[0]!.failure, 'truncated');
});

test('a stream of events whose source is lost ends with an event that says so, and no event is cut in half', async (t) => {
  const scene = await planeBefore(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: whole\n\ndata: ha');
    setImmediate(() => response.socket!.destroy());
  });
  const { body } = await ask(scene.port, '/');
  const [whole, terminal] = body.split('\n\n');
  assert.equal(whole, 'data: whole');
  const [event, data] = terminal!.split('\n');
  assert.equal(event, 'event: error');
  assert.equal((JSON.parse(data!.slice('data: '.length)) as { code: string }).code, 'instance_lost');
});

test('a client that leaves is noticed by the instance', async (t) => {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const scene = await planeBefore(t, (request) => void request.socket.once('close', resolve));
  const client = await RawClient.connect(t, scene.port);
  client.get('/slow');
  await until(() => scene.calls.includes('sent'), 'the request at the instance');
  client.socket.destroy();
  await left;
  await until(() => scene.ends.length === 1, 'the end of the attempt');
  assert.equal(scene.ends[0]!.outcome, 'abandoned');
});
