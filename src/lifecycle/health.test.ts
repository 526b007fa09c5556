import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';

import { CONNECTIONS_MAX } from './health-connections.ts';
import type { HealthPaths } from './health-routes.ts';
import { startHealthServer } from './health.ts';
import { unitMetrics } from './metrics.ts';
import { readExposition } from './testing/exposition.ts';
import { scriptedUnit, type ScriptedUnit } from './testing/scripted-unit.ts';

async function serve(
  t: TestContext,
  unit: ScriptedUnit,
  paths: HealthPaths = {},
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const server = await startHealthServer({ port: 0, host: '127.0.0.1', view: unit.view, paths });
  t.after(() => server.close());
  return (path, init) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
}

test('a ready unit answers 200 everywhere', async (t) => {
  const ask = await serve(t, scriptedUnit());
  for (const path of ['/livez', '/readyz', '/health', '/startupz', '/metrics', '/readyz?verbose']) {
    assert.equal((await ask(path)).status, 200, path);
  }
});

test('while stopping, readiness is 503 with the stage and when to come back, and liveness stays 200', async (t) => {
  const unit = scriptedUnit();
  unit.status = { ...unit.status, phase: 'stopping', ready: false, stage: 'drain', remainingMs: 12_345.6 };
  const ask = await serve(t, unit);
  for (const path of ['/readyz', '/health']) {
    const answer = await ask(path);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('retry-after'), '13');
    assert.deepEqual(await answer.json(), {
      unit: 'api',
      ready: false,
      phase: 'stopping',
      stage: 'drain',
      remainingMs: 12_346,
    });
  }
  assert.equal((await ask('/livez')).status, 200);
  assert.equal((await ask('/startupz')).status, 200);
});

test('a unit that never was ready is not started', async (t) => {
  const unit = scriptedUnit();
  unit.status = { ...unit.status, phase: 'starting', ready: false, everReady: false };
  const ask = await serve(t, unit);
  assert.equal((await ask('/startupz')).status, 503);
  assert.equal((await ask('/readyz')).status, 503);
  assert.equal((await ask('/livez')).status, 200);
});

test('paths can be renamed, and the former ones are free then', async (t) => {
  const ask = await serve(t, scriptedUnit(), { health: '/_lastcall/health', metrics: '/_lastcall/metrics' });
  assert.equal((await ask('/_lastcall/health')).status, 200);
  assert.equal((await ask('/health')).status, 404);
  assert.equal((await ask('/metrics')).status, 404);
});

test('metrics are Prometheus text of the unit and of the event loop', async (t) => {
  const unit = scriptedUnit();
  const view = { ...unit.view, metrics: () => unitMetrics(unit.status, []) };
  const ask = await serve(t, { ...unit, view });
  const answer = await ask('/metrics');
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const names = readExposition(await answer.text()).map((family) => family.name);
  assert.ok(names.includes('lastcall_unit_state') && names.includes('lastcall_event_loop_lag_seconds'), String(names));
});

test('metrics that fail are a 500 with the reason, and liveness does not suffer', async (t) => {
  const unit = scriptedUnit();
  const view = {
    ...unit.view,
    metrics: () => {
      throw new Error('no figures today');
    },
  };
  const ask = await serve(t, { ...unit, view });
  const answer = await ask('/metrics');
  assert.deepEqual([answer.status, await answer.text()], [500, 'no figures today\n']);
  assert.equal((await ask('/livez')).status, 200);
});

test('only GET and HEAD are answered, HEAD without a body', async (t) => {
  const ask = await serve(t, scriptedUnit());
  const head = await ask('/readyz', { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  const post = await ask('/readyz', { method: 'POST', body: 'x' });
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
});

/** Connections that ask for nothing, from a loopback address of their own. */
async function idle(t: TestContext, port: number, localAddress: string, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1', localAddress }));
  for (const socket of sockets) socket.on('error', () => {});
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

test('peers that hold all connections open keep nobody from asking, and cost only their own oldest', async (t) => {
  const server = await startHealthServer({ port: 0, host: '127.0.0.1', view: scriptedUnit().view });
  t.after(() => server.close());
  const [scraper] = await idle(t, server.port, '127.0.0.2', 1);
  const held = await idle(t, server.port, '127.0.0.3', CONNECTIONS_MAX - 1);
  const oldestClosed = once(held[0]!, 'close');
  for (let probe = 0; probe < 5; probe++) {
    const answer = await fetch(`http://127.0.0.1:${server.port}/livez`, { headers: { connection: 'close' } });
    assert.equal(answer.status, 200);
  }
  await oldestClosed;
  scraper!.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(String(await once(scraper!, 'data')), /^HTTP\/1\.1 200/);
});

test('a port that is taken is an error that names it and says what to do', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await assert.rejects(startHealthServer({ port, host: '127.0.0.1', view: scriptedUnit().view }), {
    code: 'io',
    message: `127.0.0.1:${port}: the health port is in use. Choose another healthPort, or 0 for any free one.`,
  });
});
