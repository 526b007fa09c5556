import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { test, type TestContext } from 'node:test';

import { ask, RawClient } from '../../../lifecycle/http/testing/serve.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import type { FailedAttempt } from '../ports.ts';
import { OK, RawInstance } from '../suite/raw-instance.ts';
import { NO_LIMITS, planeBefore, planeTo, portOf, type Scene } from './testing/scene.ts';

const BOUND = { timeout: 60_000 };

/** Goes to `first`, and after a failure to `second`. */
async function planeWithTwo(
  t: TestContext,
  firstPort: number,
  secondPort: number,
): Promise<{ scene: Scene; failures: FailedAttempt[] }> {
  const failures: FailedAttempt[] = [];
  const scene = await planeTo(t, firstPort, {
    direct(_request, failed, self) {
      if (failed) failures.push(failed);
      return self.forward(failed ? second : self.upstream);
    },
  });
  const second = scene.add('two', secondPort);
  return { scene, failures };
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  return port;
}

test('what never reached an instance is sent to another one, whatever its method and body', BOUND, async (t) => {
  const second = await RawInstance.start(t);
  const { scene, failures } = await planeWithTwo(t, await unusedPort(), second.port);
  const large = 'x'.repeat(100_000);
  for (const body of ['', 'small', large]) {
    assert.equal((await ask(scene.port, '/', { method: 'POST', body })).body, 'ok');
  }
  assert.deepEqual(
    failures.map(({ instance, failure, reached }) => ({ instance, failure, reached })),
    Array.from({ length: 3 }, () => ({ instance: 'one', failure: 'connect', reached: false })),
  );
  assert.ok(second.text.includes(large));
  assert.deepEqual(scene.calls.slice(0, 4), ['ended returned', 'sent', 'answered 200', 'ended finished']);
});

for (const [what, headers, method, again] of [
  ['an idempotent method', {}, 'PUT', true],
  ['an Idempotency-Key', { 'idempotency-key': 'k1' }, 'POST', true],
  ['a method that may do things twice', {}, 'POST', false],
] as const) {
  test(`an instance that is lost before it answers: ${what} is ${again ? '' : 'not '}sent again`, BOUND, async (t) => {
    const first = await RawInstance.start(t, (_head, socket) => {
      socket.resetAndDestroy();
      return null;
    });
    const second = await RawInstance.start(t);
    const { scene, failures } = await planeWithTwo(t, first.port, second.port);
    const answer = await ask(scene.port, '/', { method, headers: { ...headers }, body: 'input' });
    await until(() => scene.ends.length === (again ? 2 : 1), 'the ends of the attempts');
    assert.equal(scene.ends[0]!.outcome, 'lost');
    assert.equal(scene.ends[0]!.failure, 'reset');
    if (again) {
      assert.equal(answer.body, 'ok');
      assert.match(second.text, /input$/);
      assert.equal(failures[0]!.reached, true);
    } else {
      assert.equal(answer.status, 502);
      assert.equal((JSON.parse(answer.body) as { outcome: string }).outcome, 'lost');
      assert.equal(second.text, '');
    }
  });
}

test('nothing is sent again once a byte of an answer has gone to the client', BOUND, async (t) => {
  const first = await RawInstance.start(t, (_head, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.resetAndDestroy());
    return null;
  });
  const second = await RawInstance.start(t);
  const { scene } = await planeWithTwo(t, first.port, second.port);
  const client = await RawClient.connect(t, scene.port);
  client.get('/');
  assert.equal(await client.closed, 'reset');
  assert.equal(second.text, '');
});

test('an instance that does not answer in time is given up', BOUND, async (t) => {
  const instance = await RawInstance.start(t, () => null);
  const scene = await planeTo(t, instance.port, {
    forward: { limits: { ...NO_LIMITS, firstByteMsMax: 200 } },
    direct: (_request, failed, self) =>
      failed
        ? { action: 'answer', status: 504, headers: ['x-why', failed.failure], body: 'late', booked: 'lost' }
        : self.forward(self.upstream),
  });
  const answer = await ask(scene.port, '/');
  assert.equal(answer.status, 504);
  assert.equal(answer.headers['x-why'], 'timeout');
});

test('a held request goes on when it is let go, and is answered otherwise when its time is up', BOUND, async (t) => {
  const instance = await RawInstance.start(t);
  const waiting: (() => void)[] = [];
  let isOpen = false;
  const scene = await planeTo(t, instance.port, {
    direct: (request, _failed, self) =>
      isOpen
        ? self.forward(self.upstream)
        : {
            action: 'hold',
            msMax: request.target === '/short' ? 50 : 50_000,
            wait(resume) {
              waiting.push(resume);
              return () => void waiting.splice(waiting.indexOf(resume), 1);
            },
            otherwise: { action: 'close' },
          },
  });
  const client = await RawClient.connect(t, scene.port);
  client.get('/short');
  await client.closed;
  assert.equal(client.text, '');
  assert.equal(waiting.length, 0);
  const held = ask(scene.port, '/');
  await until(() => waiting.length === 1, 'a request that waits');
  isOpen = true;
  waiting[0]!();
  assert.equal((await held).body, 'ok');
  // Whoever leaves while it waits is forgotten.
  isOpen = false;
  const leaves = await RawClient.connect(t, scene.port);
  leaves.get('/');
  await until(() => waiting.length === 2, 'another one that waits');
  leaves.socket.destroy();
  await until(() => waiting.length === 1, 'one less');
});

test('Expect: 100-continue goes to the instance, whose word decides', BOUND, async (t) => {
  const server = await planeBefore(t, (_request, response) => response.writeHead(403).end('no'));
  const refused = httpRequest({
    port: server.port,
    method: 'POST',
    headers: { expect: '100-continue', 'content-length': 3 },
  });
  refused.flushHeaders();
  const [answer] = (await once(refused, 'response')) as [IncomingMessage];
  // Node's server says 100 by itself; an instance of bytes shows that the word is passed on and not ours.
  assert.equal(answer.statusCode, 403);
  refused.destroy();

  const instance = await RawInstance.start(t, (head) =>
    head.includes('yes')
      ? 'HTTP/1.1 100 Continue\r\n\r\n'
      : 'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n',
  );
  const scene = await planeTo(t, instance.port);
  const declined = await RawClient.connect(t, scene.port);
  declined.send('POST /no HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  await declined.sees(/^HTTP\/1\.1 417 /);
  const taken = await RawClient.connect(t, scene.port);
  taken.send('POST /yes HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  await taken.sees('HTTP/1.1 100 Continue\r\n\r\n');
  taken.send('body');
  await instance.sees(/\r\n\r\nbody$/);
  instance.sockets.at(-1)!.write(OK);
  await taken.sees(/HTTP\/1\.1 200 [\s\S]*ok$/);
});
