// The control socket's routes with real sockets, in front of a unit that only says what a test tells it to.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';

import { LastcallError } from '../../base/errors.ts';
import type { Report } from '../report.ts';
import { scriptedUnit, type ScriptedUnit } from '../testing/scripted-unit.ts';
import { until } from '../testing/until.ts';
import { childRoutes } from './child.ts';
import type { ControlEvent } from './client.ts';
import { serveControl as serve } from './testing/serve-control.ts';

/** A request as some other program would send it. */
async function raw(
  path: string,
  method: string,
  route: string,
  body: string,
): Promise<{ status: number; type: string | undefined; body: unknown }> {
  const request = httpRequest({ socketPath: path, method, path: route, agent: false }).end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return {
    status: response.statusCode!,
    type: response.headers['content-type'],
    body: text === '' ? null : JSON.parse(text),
  };
}

test('status, extension and checkpoint are answered', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  assert.deepEqual(await client.status(), unit.status);
  assert.deepEqual(await client.extend(45_000), { grantedMs: 30_000, reason: null });
  assert.equal((await client.checkpoint()).id, 'ckpt_1');
  assert.deepEqual(unit.calls, [{ extend: 45_000 }]);
});

test('stop answers at once with who stops, and hands on scope, deadline and mode', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const answer = await client.stop({ scope: 'model:delay', deadlineMs: 5_000, mode: 'drain' }, 0);
  assert.deepEqual(answer, { unit: 'api', instance: 'unit_1', report: null });
  assert.deepEqual(unit.calls, [{ stop: { scope: 'model:delay', deadlineMs: 5_000, mode: 'drain' } }]);
});

test('stop waits for the report when asked to', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const waiting = client.stop({}, 60_000);
  const events = client.events(AbortSignal.timeout(60_000))[Symbol.asyncIterator]();
  await events.next();
  unit.end({ schema: 'lastcall.report/1', exitCode: 0 } as Report);
  assert.deepEqual((await waiting).report, { schema: 'lastcall.report/1', exitCode: 0 });
  await events.return?.();
});

test('a stop that waits is answered without a report when the socket closes first', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const waiting = client.stop({}, 60_000);
  await until(() => unit.calls.length > 0, 'the stop');
  await client.close();
  assert.equal((await waiting).report, null);
});

test('errors are problem details with what happened, on which thing and what to do', async (t) => {
  const unit = scriptedUnit({
    checkpoint: () => Promise.reject(new LastcallError('usage', { what: 'nothing here has a state', todo: 'Go on.' })),
  });
  const { path } = await serve(t, unit);
  const wrong: [string, string, string, number, string][] = [
    ['GET', '/nowhere', '', 404, 'this unit has no such route'],
    ['GET', '/stop', '', 405, 'GET does not go here'],
    ['POST', '/stop', '{"deadline":1}', 400, 'unknown field'],
    ['POST', '/stop', '{"deadlineMs":"soon"}', 400, '"soon" is not a number of 0 or more'],
    ['POST', '/stop', '{"deadlineMs":-1}', 400, '-1 is not a number of 0 or more'],
    ['POST', '/stop', '{"mode":"hard"}', 400, '"hard" is not a mode'],
    ['POST', '/stop', '[1]', 400, 'the body is not a JSON object'],
    ['POST', '/stop', '{', 400, 'the body is not JSON'],
    ['POST', '/stop?wait=soon', '', 400, '"soon" is not a duration'],
    ['POST', '/extend', '{}', 400, 'the field is missing'],
    ['POST', '/checkpoint', '', 400, 'nothing here has a state'],
  ];
  for (const [method, route, body, status, detail] of wrong) {
    const answer = await raw(path, method, route, body);
    assert.equal(answer.status, status, `${method} ${route} ${body}`);
    assert.equal(answer.type, 'application/problem+json');
    const details = answer.body as { detail: string; hint: string };
    assert.equal(details.detail, detail);
    assert.match(details.hint, /\.$/);
  }
  assert.deepEqual(unit.calls, []);
});

test('the client throws what the unit answered, with the same parts', async (t) => {
  const unit = scriptedUnit({
    stop: () => {
      throw new LastcallError('not_found', {
        what: 'there is no model delay2',
        on: 'model:delay2',
        todo: 'Use delay.',
      });
    },
  });
  const client = await serve(t, unit);
  await assert.rejects(client.stop({ scope: 'model:delay2' }, 0), {
    code: 'not_found',
    what: 'there is no model delay2',
    on: 'model:delay2',
    todo: 'Use delay.',
  });
});

test('a body that is too large is refused, also one that does not say its length, and the unit goes on', async (t) => {
  const client = await serve(t);
  for (const length of [100_000, 4_000_000]) {
    const answer = await raw(client.path, 'POST', '/stop', `{"scope":"${'x'.repeat(length)}"}`);
    assert.equal(answer.status, 413);
  }
  // An endless one is cut, whatever it is read into.
  const endless = httpRequest({ socketPath: client.path, method: 'POST', path: '/stop', agent: false });
  const cut = once(endless, 'error');
  endless.on('response', () => {});
  const chunk = 'x'.repeat(64 * 1024);
  const more = () => void (endless.destroyed || endless.write(chunk, more));
  more();
  await cut;
  assert.equal((await client.status()).phase, 'ready');
});

test('routes of extensions are found by method and path with parameters, as they are at that moment', async (t) => {
  const routes: ReturnType<ScriptedUnit['commands']['routes']>[] = [{}];
  const client = await serve(t, scriptedUnit({ routes: () => routes.at(-1)! }));
  await assert.rejects(client.send('POST', '/models/delay/swap', {}), { code: 'not_found' });
  routes.push({
    'POST /models/:name/swap': (request) => Promise.resolve({ status: 200, body: request }),
    'GET /models': () => Promise.resolve({ status: 200, body: ['delay'] }),
  });
  assert.deepEqual(await client.send('POST', '/models/a%2Fb%20c/swap', { path: 'm.onnx' }), {
    params: { name: 'a/b c' },
    body: { path: 'm.onnx' },
  });
  assert.deepEqual(await client.send('GET', '/models'), ['delay']);
  await assert.rejects(client.send('POST', '/models//swap', {}), { code: 'not_found' });
});

test('a child tells what it has done, and a wrong message is refused as a whole', async (t) => {
  const told: unknown[] = [];
  const child = childRoutes({
    ready: () => told.push('ready'),
    work: (work) => told.push(work),
    progress: (progress) => told.push(progress),
    checkpointed: (checkpoint) => told.push(checkpoint),
    complete: () => told.push('complete'),
  });
  const unit = scriptedUnit({ routes: () => child });
  const client = await serve(t, unit);
  await client.send('POST', '/ready');
  await client.send('POST', '/work', { accepted: 5, finished: 3 });
  await client.send('POST', '/progress', { fraction: 0.5, metrics: { loss: 0.25 } });
  await client.send('POST', '/checkpointed', { path: 'ckpt/7', hash: 'sha256:00' });
  await client.send('POST', '/extend', { ms: 1_000 });
  await client.send('POST', '/complete');
  assert.deepEqual(told, [
    'ready',
    { accepted: 5, finished: 3, returned: 0, lost: 0 },
    { fraction: 0.5, metrics: { loss: 0.25 } },
    { path: 'ckpt/7', hash: 'sha256:00' },
    'complete',
  ]);
  assert.deepEqual(unit.calls, [{ extend: 1_000 }]);
  for (const [route, body] of [
    ['/work', { accepted: 1.5 }],
    ['/work', { accepted: 1, finnished: 1 }],
    ['/progress', { metrics: { loss: 'low' } }],
    ['/checkpointed', { path: 'ckpt/7' }],
  ] as const) {
    await assert.rejects(client.send('POST', route, body), { code: 'usage' });
  }
  assert.equal(told.length, 5);
});

test('events begin with the status, follow in order, and end with the unit', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const seen: ControlEvent[] = [];
  const listening = (async () => {
    for await (const event of client.events(AbortSignal.timeout(60_000))) {
      seen.push(event);
      if (event.event === 'status') {
        unit.tell({ event: 'stage_started', stage: 'drain', capMs: 60_000, unit: 'api', instance: 'unit_1' });
        unit.tell({ event: 'ended', outcome: 'clean', exitCode: 0, unit: 'api', instance: 'unit_1' });
        void client.close();
      }
    }
  })();
  await listening;
  assert.deepEqual(
    seen.map((event) => event.event),
    ['status', 'stage_started', 'ended'],
  );
  await until(() => unit.listeners() === 0, 'nobody listens');
});

test('a listener that leaves is forgotten, and too many are refused', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const leave = new AbortController();
  const listeners = Array.from({ length: 16 }, () => client.events(leave.signal)[Symbol.asyncIterator]());
  for (const listener of listeners) await listener.next();
  assert.equal(unit.listeners(), 16);
  await assert.rejects(client.events(leave.signal)[Symbol.asyncIterator]().next(), /too many listen already/);
  leave.abort();
  for (const listener of listeners) assert.equal((await listener.next()).done, true);
  await until(() => unit.listeners() === 0, 'nobody listens');
});

test('a listener that does not read is cut before it fills the memory', async (t) => {
  const unit = scriptedUnit();
  const client = await serve(t, unit);
  const socket = connect(client.path);
  socket.write('GET /events HTTP/1.1\r\nHost: unit\r\n\r\n');
  await until(() => unit.listeners() > 0, 'a listener');
  const stage = {
    event: 'slow',
    stage: 'drain',
    pending: ['x'.repeat(10_000)],
    unit: 'api',
    instance: 'unit_1',
  } as const;
  for (let count = 0; unit.listeners() > 0; count++) {
    assert.ok(count < 10_000, 'still listening after 100 MB');
    unit.tell(stage);
    await new Promise(setImmediate);
  }
  socket.destroy();
});
