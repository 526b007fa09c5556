import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../lifecycle/testing/until.ts';
import { gatewayWith, modelServer } from './testing/scene.ts';

interface Answer {
  readonly version: string;
  readonly pid: number;
  readonly path: string;
  readonly headers: Record<string, string>;
}

async function ask(
  url: string,
  headers: Record<string, string> = {},
): Promise<Answer & { status: number; answer: Response }> {
  const answer = await fetch(url, { headers });
  const body = (await answer.json()) as Answer;
  return { ...body, status: answer.status, answer };
}

test('requests go to the versions that header and weights say, with the path that the version wants', async (t) => {
  const [one, two] = [await modelServer(t, 'v1'), await modelServer(t, 'v2')];
  const gateway = await gatewayWith(
    t,
    `
models:
  churn:
    versions:
      v1: { instances: [${one.url}] }
      v2: { instances: [${two.url}], rewrite: { from: /churn, to: /v2/models/churn } }
    weights: { v1: 100, v2: 0 }
    split: { headers: [{ name: X-Model-Version }] }
routes: [{ path: /churn, model: churn }]
`,
  );
  for (let index = 0; index < 10; index++) assert.equal((await ask(`${gateway.url}/churn/infer`)).version, 'v1');
  const second = await ask(`${gateway.url}/churn/infer?x=1`, { 'x-model-version': 'v2' });
  assert.deepEqual([second.version, second.path], ['v2', '/v2/models/churn/infer']);
  assert.equal((await ask(`${gateway.url}/elsewhere`)).status, 404);
});

test('a drained instance ends what it has and gets nothing new; the other serves everything', async (t) => {
  const [one, two] = [await modelServer(t, 'v1'), await modelServer(t, 'v1')];
  const gateway = await gatewayWith(
    t,
    `
models:
  churn: { versions: { v1: { instances: [{ url: ${one.url}, name: one }, { url: ${two.url}, name: two }] } } }
routes: [{ model: churn }]
`,
  );
  const slow = Array.from({ length: 8 }, () => ask(`${gateway.url}/x?ms=400`));
  await until(async () => (await one.counts()).requests > 0, 'a request on the first instance');
  const answered = await gateway.admin('POST', '/v1/instances/one/drain', { deadlineMs: '30s' });
  assert.equal(answered.status, 202);
  assert.equal(answered.body['state'], 'draining');
  const before = (await one.counts()).requests;
  for (let index = 0; index < 20; index++) assert.equal((await ask(`${gateway.url}/x`)).pid, two.child.pid);
  assert((await Promise.all(slow)).every(({ status }) => status === 200));
  await until(() => gateway.engine.state.instances.get('one')!.state === 'gone', 'the end of the drain');
  assert.equal((await one.counts()).requests, before);
  const back = await gateway.admin('POST', '/v1/instances/one/return');
  assert.equal(back.body['state'], 'ready');
  await until(async () => (await ask(`${gateway.url}/x`)).pid === one.child.pid, 'a request on it again');
});

test('a stream outlives the deadline of requests and ends with a terminal event at its own', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models:
  churn: { versions: { v1: { instances: [{ url: ${one.url}, name: one }] } } }
routes: [{ model: churn }]
`,
  );
  const stream = await fetch(`${gateway.url}/stream`);
  await until(() => gateway.engine.state.instances.get('one')!.streams === 1, 'the stream in the books');
  await gateway.admin('POST', '/v1/instances/one/drain', { deadlineMs: 100, streamsMs: 700 });
  const text = await stream.text();
  assert.match(text, /event: error\ndata: \{/);
  assert(text.split('data: {"version"').length > 20, 'it went on after the deadline of requests');
  await until(() => gateway.engine.state.instances.get('one')!.state === 'gone', 'the end of the drain');
  assert.equal(gateway.engine.state.totals.cut, 1);
});

test('kill -9 of an instance drops no request that can be repeated, and the probe finds out', async (t) => {
  const [one, two] = [await modelServer(t, 'v1'), await modelServer(t, 'v1')];
  const gateway = await gatewayWith(
    t,
    `
models:
  churn:
    versions: { v1: { instances: [{ url: ${one.url}, name: one }, { url: ${two.url}, name: two }] } }
    health: { path: /health, every: 100ms, down: 2 }
routes: [{ model: churn }]
`,
  );
  await until(() => gateway.engine.state.models.get('churn')!.pools.get('v1')!.ready.length === 2, 'both ready');
  const statuses: number[] = [];
  let asking = true;
  const load = Array.from({ length: 4 }, async () => {
    while (asking) statuses.push((await ask(`${gateway.url}/x?ms=5`)).status);
  });
  await until(() => statuses.length > 50, 'load');
  await one.kill();
  await until(() => gateway.engine.state.instances.get('one')!.state === 'ejected', 'the ejection');
  const soFar = statuses.length;
  await until(() => statuses.length > soFar + 50, 'load after it');
  asking = false;
  await Promise.all(load);
  assert.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  );
});

test('503 of the health path drains at once, and the instance is back when it is well', async (t) => {
  const [one, two] = [await modelServer(t, 'v1'), await modelServer(t, 'v1')];
  const gateway = await gatewayWith(
    t,
    `
models:
  churn:
    versions: { v1: { instances: [{ url: ${one.url}, name: one }, { url: ${two.url}, name: two }] } }
    health: { path: /health, every: 50ms }
routes: [{ model: churn }]
`,
  );
  const state = () => gateway.engine.state.instances.get('one')!.state;
  await until(() => state() === 'ready', 'ready');
  await one.set('health=503');
  await until(() => state() === 'draining', 'draining');
  const before = (await one.counts()).requests;
  for (let index = 0; index < 10; index++) await ask(`${gateway.url}/x`);
  assert.equal((await one.counts()).requests, before);
  await one.set('health=200');
  await until(() => state() === 'ready', 'ready again');
});

test('our cookie keeps a client with its instance; a forged one is nobody', async (t) => {
  const servers = [await modelServer(t, 'v1'), await modelServer(t, 'v1'), await modelServer(t, 'v2')];
  const gateway = await gatewayWith(
    t,
    `
models:
  churn:
    versions:
      v1: { instances: [${servers[0]!.url}, ${servers[1]!.url}] }
      v2: { instances: [${servers[2]!.url}] }
    weights: { v1: 50, v2: 50 }
    sticky: { cookie: { secure: false } }
routes: [{ model: churn }]
`,
  );
  for (let client = 0; client < 10; client++) {
    const first = await ask(`${gateway.url}/x`);
    const [cookie] = first.answer.headers.getSetCookie();
    assert.match(cookie!, /^lastcall=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
    const value = cookie!.split(';', 1)[0]!;
    for (let index = 0; index < 5; index++) {
      const again = await ask(`${gateway.url}/x`, { cookie: value });
      assert.equal(again.pid, first.pid);
      assert.deepEqual(again.answer.headers.getSetCookie(), []);
    }
    const forged = await ask(`${gateway.url}/x`, { cookie: `${value}x` });
    assert.equal(forged.answer.headers.getSetCookie().length, 1, 'a forged cookie is replaced');
  }
});

test('the cookie of an application keeps its session where it began', async (t) => {
  const servers = [await modelServer(t, 'v1'), await modelServer(t, 'v1'), await modelServer(t, 'v1')];
  const gateway = await gatewayWith(
    t,
    `
models:
  churn:
    versions: { v1: { instances: [${servers.map(({ url }) => url).join(', ')}] } }
    sticky: { appCookie: SESSION_ID }
routes: [{ model: churn }]
`,
  );
  for (let user = 0; user < 10; user++) {
    const first = await ask(`${gateway.url}/x?login=user-${user}`);
    for (let index = 0; index < 4; index++) {
      const again = await ask(`${gateway.url}/x`, { cookie: `SESSION_ID=user-${user}` });
      assert.equal(again.pid, first.pid);
    }
  }
});

test('a route limits by its key: the burst, then 429 with what is allowed', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models: { churn: { versions: { v1: { instances: [${one.url}] } } } }
routes: [{ model: churn, rateLimit: { replenishRate: 0.001, burstCapacity: 3, key: { header: X-Api-Key } } }]
`,
  );
  const statuses: number[] = [];
  for (let index = 0; index < 5; index++) statuses.push((await ask(`${gateway.url}/x`, { 'x-api-key': 'a' })).status);
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  const other = await ask(`${gateway.url}/x`, { 'x-api-key': 'b' });
  assert.equal(other.answer.headers.get('x-ratelimit-remaining'), '2');
  const refused = await ask(`${gateway.url}/x`, { 'x-api-key': 'a' });
  assert(Number(refused.answer.headers.get('retry-after')) > 100);
  assert.equal((await one.counts()).requests, 4);
});

test('a bad file changes nothing and says its line; a good one is in force at once', async (t) => {
  const [one, two] = [await modelServer(t, 'v1'), await modelServer(t, 'v2')];
  const file = (weights: string) => `
models:
  churn:
    versions: { v1: { instances: [${one.url}] }, v2: { instances: [${two.url}] } }
    weights: ${weights}
routes: [{ model: churn }]
`;
  const gateway = await gatewayWith(t, file('{ v1: 100, v2: 0 }'));
  gateway.write(file('{ v1: 100, v2: 1 }'));
  await assert.rejects(gateway.reload(), /gateway\.yaml:7, models\.churn\.weights: the weights add up to 101/);
  assert.equal((await ask(`${gateway.url}/x`)).version, 'v1');
  gateway.write(file('{ v1: 0, v2: 100 }'));
  await gateway.reload();
  assert.equal((await ask(`${gateway.url}/x`)).version, 'v2');
  gateway.write(`name: other\n${file('{ v1: 0, v2: 100 }')}`);
  await assert.rejects(gateway.reload(), /`name` cannot change/);
});

test('the admin API wants its key and says what is wrong', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models: { churn: { versions: { v1: { instances: [${one.url}] } } } }
routes: [{ model: churn }]
`,
  );
  assert.equal((await gateway.admin('GET', '/v1/routes', undefined, 'wrong')).status, 401);
  assert.equal((await gateway.admin('GET', '/v1/routes')).status, 200);
  assert.equal((await gateway.admin('POST', '/v1/instances/nobody/drain')).status, 404);
  const bad = await gateway.admin('POST', '/v1/instances', { model: 'churn', version: 'v1', url: 'ftp://x' });
  assert.deepEqual([bad.status, bad.body['code']], [400, 'usage']);
  const two = await modelServer(t, 'v1');
  const added = await gateway.admin('POST', '/v1/instances', {
    model: 'churn',
    version: 'v1',
    url: two.url,
    name: 'two',
  });
  assert.deepEqual([added.status, added.body['state']], [201, 'ready']);
  await until(async () => (await ask(`${gateway.url}/x`)).pid === two.child.pid, 'a request on the new one');
  assert.equal((await gateway.admin('DELETE', '/v1/instances/two')).status, 202);
  await until(() => !gateway.engine.state.instances.has('two'), 'its end');
});

test('an administrator sees why a request went where it went, and the instance never sees the key', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models: { churn: { versions: { v1: { instances: [{ url: ${one.url}, name: one }] } } } }
routes: [{ name: all, model: churn }]
`,
  );
  const { readFileSync } = await import('node:fs');
  const key = readFileSync(`${gateway.stateDir}/gateway/gateway/admin.key`, 'utf8').trim();
  const told = await ask(`${gateway.url}/x`, { 'x-lastcall-explain': key });
  assert.match(
    told.answer.headers.get('x-lastcall-explain') ?? '',
    /route=all; model=churn; version=v1; version-by=weights/,
  );
  assert.equal(told.headers['x-lastcall-explain'], undefined);
  const stranger = await ask(`${gateway.url}/x`, { 'x-lastcall-explain': 'guess' });
  assert.equal(stranger.answer.headers.get('x-lastcall-explain'), null);
});

test('the books of gateway and clients agree after the gateway has ended', async (t) => {
  const one = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models: { churn: { versions: { v1: { instances: [${one.url}] } } } }
routes: [{ model: churn }]
`,
  );
  const slow = Array.from({ length: 5 }, () => ask(`${gateway.url}/x?ms=300`));
  await until(() => gateway.engine.state.totals.inFlight === 5, 'five in flight');
  const report = await gateway.unit.stop();
  assert((await Promise.all(slow)).every(({ status }) => status === 200));
  assert.equal(report.outcome, 'clean');
  assert.deepEqual([report.work.accepted, report.work.finished], [5, 5]);
  const { arrived, settled, inFlight, waiting, refused } = gateway.engine.state.totals;
  assert.deepEqual([arrived, settled, inFlight, waiting, refused], [5, 5, 0, 0, 0]);
});
