import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

import { ask, RawClient } from '../../../lifecycle/http/testing/serve.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { planeBefore } from './testing/scene.ts';

const BOUND = { timeout: 60_000 };

test('a client that does not take its answer is given up, and its instance is let go', BOUND, async (t) => {
  const { promise: letGo, resolve } = Promise.withResolvers<void>();
  const block = Buffer.alloc(2 ** 20, 7);
  const scene = await planeBefore(
    t,
    (_request, response) => {
      response.once('close', resolve);
      const more = () => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', more);
      more();
    },
    { plane: { readerIdle: 300 } },
  );
  const socket = connect(scene.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /endless HTTP/1.1\r\nHost: h\r\n\r\n');
  await letGo;
  await until(() => scene.ends.length === 1, 'the end of the attempt');
  assert.equal(scene.ends[0]!.outcome, 'abandoned');
});

test('more connections than the plane takes are closed at once, and those that there are go on', BOUND, async (t) => {
  const scene = await planeBefore(t, (_request, response) => void response.end('ok'), { plane: { connectionsMax: 2 } });
  const first = await RawClient.connect(t, scene.port);
  const second = await RawClient.connect(t, scene.port);
  first.get('/');
  await first.sees('ok');
  const third = await RawClient.connect(t, scene.port);
  await third.closed;
  assert.equal(third.text, '');
  second.get('/');
  await second.sees('ok');
  first.socket.destroy();
  second.socket.destroy();
  await until(async () => (await ask(scene.port, '/').catch(() => null))?.status === 200, 'room for another one');
});

test('options that are not known, or cannot be used, are refused with what was meant', BOUND, async (t) => {
  const listener = () => {};
  await assert.rejects(planeBefore(t, listener, { plane: { trustedHop: 1 } as never }), /Did you mean trustedHops/);
  await assert.rejects(planeBefore(t, listener, { plane: { via: 'two words' } }), /cannot stand in Via/);
  await assert.rejects(planeBefore(t, listener, { plane: { trustedHops: -1 } }), /whole number from 0 to 32/);
  await assert.rejects(planeBefore(t, listener, { plane: { headTime: 'soon' } }), /is not a duration/);
});
