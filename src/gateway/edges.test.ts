import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../lifecycle/testing/until.ts';
import { gatewayWith, modelServer } from './testing/scene.ts';

test('a route that holds keeps its clients until somebody is ready; one that closes says nothing at all', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models: { churn: { versions: { v1: { instances: [{ url: ${one.url}, name: one }] } } } }
routes:
  - { path: /holds, model: churn, whenDraining: hold }
  - { path: /closes, model: churn, whenDraining: close }
  - { path: /answers, model: churn }
`,
  );
  await gateway.admin('POST', '/v1/instances/one/drain');
  await until(() => gateway.engine.state.instances.get('one')!.state === 'gone', 'the end of the drain');
  const held = fetch(`${gateway.url}/holds`);
  await assert.rejects(fetch(`${gateway.url}/closes`));
  const answered = await fetch(`${gateway.url}/answers`);
  assert.deepEqual([answered.status, answered.headers.get('retry-after')], [503, '1']);
  assert.equal(((await answered.json()) as { code: string }).code, 'no_instance');
  await until(() => gateway.engine.state.totals.refused >= 3, 'all three asked');
  await gateway.admin('POST', '/v1/instances/one/return');
  assert.equal((await held).status, 200);
});

test('a mirror gets copies, and whatever becomes of them nobody hears of it', async (t) => {
  const [one, shadow] = [await modelServer(t, 'v1'), await modelServer(t, 'v2')];
  const gateway = await gatewayWith(
    t,
    `
models:
  churn:
    versions: { v1: { instances: [${one.url}] }, v2: { instances: [${shadow.url}] } }
    weights: { v1: 100, v2: 0 }
    mirror: { version: v2, percent: 100 }
routes: [{ model: churn }]
`,
  );
  await shadow.set('broken=true');
  for (let index = 0; index < 5; index++) assert.equal((await fetch(`${gateway.url}/x`)).status, 200);
  await until(async () => (await shadow.counts()).requests === 5, 'five copies');
  const { settled, sent } = gateway.engine.state.totals;
  assert.deepEqual([settled, sent], [5, 5]);
  await shadow.kill();
  assert.equal((await fetch(`${gateway.url}/x`)).status, 200);
});

test('beyond the limit of an instance requests wait their turn, and a full queue is told', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models:
  churn:
    versions: { v1: { instances: [${one.url}] } }
    concurrency: { max: 2, queue: 3, queueFor: 30s }
routes: [{ model: churn }]
`,
  );
  const answers = Array.from({ length: 8 }, () => fetch(`${gateway.url}/x?ms=500`));
  const statuses = (await Promise.all(answers)).map(({ status }) => status).sort((a, b) => a - b);
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 503, 503, 503]);
});

test('the access log has a line for each request, without its query', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
accessLog: { sample: 0 }
models: { churn: { versions: { v1: { instances: [{ url: ${one.url}, name: one }] } } } }
routes: [{ name: all, path: /x, model: churn }]
`,
  );
  await fetch(`${gateway.url}/x?secret=1`);
  await one.set('broken=true');
  await fetch(`${gateway.url}/x?secret=1`);
  await fetch(`${gateway.url}/nowhere?secret=1`);
  await gateway.unit.stop({ deadline: '10s' });
  const text = readFileSync(join(gateway.stateDir, 'gateway', 'gateway', 'access.jsonl'), 'utf8');
  assert(!text.includes('secret'));
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ path, route, status, outcome }) => ({ path, route, status, outcome })),
    [
      { path: '/x', route: 'all', status: 500, outcome: 'finished' },
      { path: '/nowhere', route: null, status: 404, outcome: 'returned' },
    ],
    'of a sample of nothing only what went wrong is left',
  );
});

test('every request is in the figures, by route, instance, version and code', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models: { churn: { versions: { v1: { instances: [{ url: ${one.url}, name: one }] } } } }
routes: [{ name: all, path: /x, model: churn }]
`,
  );
  for (let index = 0; index < 3; index++) await (await fetch(`${gateway.url}/x`)).text();
  await fetch(`${gateway.url}/nowhere`);
  const families = gateway.metrics();
  const requests = families.find(({ name }) => name === 'lastcall_gateway_requests_total')!.samples;
  assert.deepEqual(requests, [
    { labels: { route: 'all', instance: 'one', version: 'v1', code: '200' }, value: 3 },
    { labels: { route: 'none', instance: '', version: '', code: '404' }, value: 1 },
  ]);
  const latency = families.find(({ name }) => name === 'lastcall_gateway_latency_seconds')!.samples;
  assert.equal(latency.find(({ suffix }) => suffix === '_count')!.value, 3);
});
