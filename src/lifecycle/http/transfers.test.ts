// Answers and uploads that take long.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';

import { until } from '../testing/until.ts';
import { ask, keepAliveServer, RawClient, serve, someSweeps, stageBegins } from './testing/serve.ts';

test('a long answer to a slow reader arrives whole, although the application has long called end()', async (t) => {
  const answer = Buffer.alloc(24 * 2 ** 20, 'x');
  const { unit, port } = await serve(
    t,
    keepAliveServer(
      (_request, response) => void response.writeHead(200, { 'content-length': answer.length }).end(answer),
    ),
  );
  const reader = connect(port, '127.0.0.1');
  t.after(() => reader.destroy());
  reader.write('GET /model HTTP/1.1\r\nHost: here\r\n\r\n');
  await once(reader, 'readable');
  assert.equal(unit.work.inFlight, 1);
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  await someSweeps();
  assert.equal(unit.phase, 'stopping');
  let length = 0;
  for await (const chunk of reader) length += (chunk as Buffer).length;
  assert.ok(length > answer.length, `${length} of ${answer.length} bytes`);
  const report = await ended;
  assert.deepEqual([report.outcome, report.work.finished], ['clean', 1]);
});

test('a slow upload that was accepted is received whole and answered', async (t) => {
  const { unit, port } = await serve(
    t,
    keepAliveServer((request, response) => {
      let size = 0;
      request.on('data', (chunk: Buffer) => (size += chunk.length));
      request.on('end', () => response.end(`got ${size}`));
    }),
  );
  const client = await RawClient.connect(t, port);
  client.send('POST /upload HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n');
  await until(() => unit.work.inFlight === 1, 'the request');
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  for (let part = 0; part < 10; part++) {
    client.send('x'.repeat(10_000));
    await new Promise(setImmediate);
  }
  await client.sees('got 100000');
  assert.match(client.text, /connection: close/i);
  assert.equal((await ended).outcome, 'clean');
});

test('an upload that comes too late gets its refusal whole instead of a reset', async (t) => {
  const held: ServerResponse[] = [];
  const { unit, port } = await serve(
    t,
    keepAliveServer((_request, response) => void held.push(response)),
  );
  const holding = ask(port, '/hold');
  await until(() => held.length === 1, 'the request');
  const late = await RawClient.connect(t, port);
  late.send('POST /late HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n');
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  late.send(`\r\n${'x'.repeat(500_000)}`);
  await late.sees('please try again');
  // Nothing is in flight any more, and yet the drain waits for the rest of what it refused.
  held[0]!.end();
  await holding;
  late.send('x'.repeat(500_000));
  assert.equal(await late.closed, 'end');
  assert.match(late.text, /^HTTP\/1\.1 503 /);
  assert.equal((await ended).work.accepted, 1);
});
