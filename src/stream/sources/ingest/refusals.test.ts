// What somebody may send who means no good, with real connections.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { readUntil, temporaryDirectory } from '../testing/reading.ts';
import { CONNECTIONS_MAX } from './connections.ts';
import { listening } from './testing/listening.ts';

test('records may be nested 100 levels deep, whatever their strings hold, and no deeper', async (context) => {
  const { source, post } = await listening(context, await temporaryDirectory(context), { bodyBytesMax: 4 * 2 ** 20 });
  const nested = (levels: number): string =>
    `{"s":"\\"${'['.repeat(200)}","x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  assert.equal((await post(nested(100))).status, 202);
  const lines = { 'content-type': 'application/x-ndjson' };
  for (const [body, headers] of [
    [nested(101), {}],
    [`[${nested(100)}]`, {}],
    [`{"n":1}\n${nested(101)}`, lines],
    [nested(1_000_000), {}],
  ] as const) {
    assert.equal((await post(body, headers)).status, 422);
  }
  assert.equal((await readUntil(source, 1)).length, 1);
});

test('whatever is wrong with a request is answered with problem details', async (context) => {
  const { url } = await listening(context, await temporaryDirectory(context));
  const { port, origin } = new URL(url);
  const cases: [Promise<Response>, number][] = [
    [fetch(`${origin}/elsewhere`), 404],
    [fetch(url), 404],
    [fetch(`${origin}/%zz`, { method: 'POST' }), 400],
    [fetch(url, { method: 'POST' }), 400],
  ];
  for (const [asked, status] of cases) {
    const answer = await asked;
    assert.equal(answer.headers.get('content-type')?.split(';')[0], 'application/problem+json');
    assert.deepEqual(Object.keys((await answer.json()) as object), ['status', 'detail']);
    assert.equal(answer.status, status);
  }
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('no HTTP at all\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1\.1 400 .*application\/problem\+json.*"status":400/s);
});

test('connections that ask for nothing are few and short', { timeout: 60_000 }, async (context) => {
  const { url, post } = await listening(context, await temporaryDirectory(context));
  const { port } = new URL(url);
  let timedOut = 0;
  const half = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write('POST /records HTTP/1.1\r\nHost: localhost\r\n'),
    );
    context.after(() => socket.destroy());
    socket.on('data', (answer) => (timedOut += Number(answer.includes(' 408 '))));
    // A connection that is one too many may be reset; then it is closed like the others.
    socket.on('error', () => {}).on('close', () => resolve());
    await promise;
  };
  await Promise.all(Array.from({ length: CONNECTIONS_MAX + 100 }, half));
  assert.equal(timedOut, CONNECTIONS_MAX);
  assert.equal((await post('{"n":1}')).status, 202);
});
