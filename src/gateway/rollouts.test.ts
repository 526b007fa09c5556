import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { until } from '../lifecycle/testing/until.ts';
import { gatewayWith, modelServer, type Scene } from './testing/scene.ts';

async function scene(
  t: TestContext,
): Promise<{ gateway: Scene; servers: Awaited<ReturnType<typeof modelServer>>[]; yaml: string }> {
  const servers = [await modelServer(t, 'v1'), await modelServer(t, 'v2')];
  const yaml = `
models:
  churn:
    versions: { v1: { instances: [${servers[0]!.url}] }, v2: { instances: [${servers[1]!.url}] } }
    weights: { v1: 100, v2: 0 }
    split: { user: { header: X-User } }
routes: [{ model: churn }]
`;
  return { gateway: await gatewayWith(t, yaml), servers, yaml };
}

/** Asks all the time, by many users, until it is told to stop. Returns what was answered. */
function load(gateway: Scene): {
  readonly answers: { user: string; version: string; status: number }[];
  stop(): Promise<void>;
} {
  const answers: { user: string; version: string; status: number }[] = [];
  let going = true;
  const clients = Array.from({ length: 4 }, async (_, client) => {
    for (let turn = 0; going; turn++) {
      const user = `user-${client}-${turn % 50}`;
      const answer = await fetch(`${gateway.url}/x`, { headers: { 'x-user': user } });
      const { version } = (await answer.json()) as { version: string };
      answers.push({ user, version, status: answer.status });
    }
  });
  return {
    answers,
    async stop() {
      going = false;
      await Promise.all(clients);
    },
  };
}

const ANALYSIS = {
  every: '50ms',
  measurements: 2,
  inconclusiveMax: 1000,
  queries: [{ name: 'errors', own: 'errorRatio', successBelow: 0.01, failureAbove: 0.2 }],
};

async function phase(gateway: Scene): Promise<string> {
  return String((await gateway.admin('GET', '/v1/rollouts/churn')).body['phase']);
}

test('a good version gets everything step by step, and no user goes back on the way', async (t) => {
  const { gateway } = await scene(t);
  const traffic = load(gateway);
  const started = await gateway.admin('POST', '/v1/rollouts', {
    model: 'churn',
    to: 'v2',
    steps: [5, 25, 100],
    analysis: ANALYSIS,
  });
  assert.equal(started.status, 201);
  await until(async () => (await phase(gateway)) === 'completed', 'the end of the roll-out');
  const seen = traffic.answers.length;
  await until(() => traffic.answers.length > seen + 20, 'load after it');
  await traffic.stop();
  assert(traffic.answers.every(({ status }) => status === 200));
  const won = new Set<string>();
  for (const { user, version } of traffic.answers) {
    if (version === 'v2') won.add(user);
    assert(version === 'v2' || !won.has(user), `${user} went back to ${version}`);
  }
  assert(traffic.answers.slice(-4).every(({ version }) => version === 'v2'));
});

test('a bad version is taken back by itself, and everybody is where they were', async (t) => {
  const { gateway, servers } = await scene(t);
  await servers[1]!.set('broken=true');
  const traffic = load(gateway);
  await gateway.admin('POST', '/v1/rollouts', { model: 'churn', to: 'v2', steps: [50, 100], analysis: ANALYSIS });
  await until(async () => (await phase(gateway)) === 'aborted', 'the roll-back');
  const { body } = await gateway.admin('GET', '/v1/rollouts/churn');
  assert.match(String(body['reason']), /^analysis failed: errors is 1/);
  const seen = traffic.answers.length;
  await until(() => traffic.answers.length > seen + 20, 'load after it');
  await traffic.stop();
  assert(traffic.answers.slice(-10).every(({ version, status }) => version === 'v1' && status === 200));
});

test('a hook decides as well; one that does not answer pauses and is counted apart', async (t) => {
  let value: number | null = 0.9;
  let down = true;
  const hook = createServer((_request, response) => {
    if (down) response.writeHead(500).end('no');
    else response.end(JSON.stringify({ value }));
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  t.after(() => hook.close());
  const { gateway } = await scene(t);
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/outputs?version={{version}}`;
  const analysis = {
    every: '20ms',
    measurements: 2,
    errorsMax: 2,
    inconclusiveMax: 2,
    queries: [{ name: 'outputs', hook: url, failureBelow: 0.5 }],
  };
  await gateway.admin('POST', '/v1/rollouts', { model: 'churn', to: 'v2', steps: [5, 50, 100], analysis });
  await until(async () => (await phase(gateway)) === 'paused', 'the pause');
  assert.match(String((await gateway.admin('GET', '/v1/rollouts/churn')).body['reason']), /could not ask: outputs/);
  down = false;
  value = null;
  await gateway.admin('POST', '/v1/rollouts/churn/promote');
  await until(
    async () => /says nothing/.test(String((await gateway.admin('GET', '/v1/rollouts/churn')).body['reason'])),
    'the second pause',
  );
  value = 0.1;
  await gateway.admin('POST', '/v1/rollouts/churn/promote');
  await until(async () => (await phase(gateway)) === 'aborted', 'the roll-back');
});

test('a restarted gateway goes on where it was, with what was taken out and added still so', async (t) => {
  const { gateway, servers, yaml } = await scene(t);
  const third = await modelServer(t, 'v1');
  await gateway.admin('POST', '/v1/instances', { model: 'churn', version: 'v1', url: third.url, name: 'third' });
  await gateway.admin('POST', `/v1/instances/${encodeURIComponent(`127.0.0.1:${servers[0]!.port}`)}/drain`);
  await gateway.admin('POST', '/v1/rollouts', { model: 'churn', to: 'v2', steps: [40, 100] });
  await gateway.unit.stop({ deadline: '5s' });
  const again = await gatewayWith(t, yaml, gateway.stateDir);
  const { body } = await again.admin('GET', '/v1/rollouts/churn');
  assert.deepEqual([body['phase'], body['weight']], ['running', 40]);
  const model = again.engine.state.models.get('churn')!;
  assert.deepEqual(
    [...model.weights],
    [
      ['v1', 60],
      ['v2', 40],
    ],
  );
  const states = [...again.engine.state.instances.values()].map(({ id, state }) => `${id.split('/').at(-1)} ${state}`);
  assert.deepEqual(
    states.sort(),
    [`127.0.0.1:${servers[0]!.port} gone`, `127.0.0.1:${servers[1]!.port} ready`, 'third ready'].sort(),
  );
  await again.admin('POST', '/v1/rollouts/churn/promote');
  assert.equal(await phase(again), 'completed');
  await again.admin('POST', '/v1/rollouts/churn/undo');
  assert.deepEqual(
    [...again.engine.state.models.get('churn')!.weights],
    [
      ['v1', 100],
      ['v2', 0],
    ],
  );
});

test('what cannot be is refused: a second roll-out, a version that is not there, words to one that is over', async (t) => {
  const { gateway } = await scene(t);
  const start = (to: string) => gateway.admin('POST', '/v1/rollouts', { model: 'churn', to, steps: [10, 100] });
  assert.equal((await start('v9')).status, 400);
  assert.equal((await start('v1')).status, 400);
  assert.equal((await gateway.admin('GET', '/v1/rollouts/churn')).status, 404);
  assert.equal((await start('v2')).status, 201);
  assert.equal((await start('v2')).status, 400);
  assert.equal((await gateway.admin('POST', '/v1/rollouts/churn/abort', { reason: 'no' })).body['phase'], 'aborted');
  assert.equal((await gateway.admin('POST', '/v1/rollouts/churn/promote')).status, 400);
});
