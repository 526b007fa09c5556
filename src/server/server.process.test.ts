// The API as programs see it, with a real server and real jobs.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { until } from '../lifecycle/testing/until.ts';
import type { JobView } from '../scheduler/index.ts';
import { Served } from './testing/served.ts';

const sh = (line: string) => ({ argv: ['/bin/sh', '-c', line] });
let key = 0;
const fresh = (): string => `key-${process.pid}-${key++}`;

async function submitted(server: Served, job: object, by?: string): Promise<JobView> {
  return (await server.client(by).submit(job as never, fresh())) as JobView;
}

async function reaches(server: Served, id: string, state: string): Promise<JobView> {
  let job: JobView | undefined;
  await until(async () => (job = await server.client().job(id)).state === state, `${id} to be ${state}`);
  return job!;
}

test('keys decide who sees and touches what, and a revoked one is worth nothing', async (t) => {
  const server = new Served(t);
  await server.start();
  const admin = server.client();
  const ann = await admin.createKey('ann', 'user');
  const bob = await admin.createKey('bob', 'user');
  const eve = await admin.createKey('ann', 'viewer');
  const job = await submitted(server, sh('sleep 60'), ann.key);
  assert.equal(job.owner, 'ann');
  const statuses = async (by: string | null) =>
    await Promise.all(
      [
        ['GET', `/v1/jobs/${job.id}`],
        ['GET', `/v1/jobs/${job.id}/logs`],
        ['POST', `/v1/jobs/${job.id}/lease`],
        ['GET', '/v1/keys'],
      ].map(async ([method, path]) => (await server.call(method!, path!, { key: by })).status),
    );
  await reaches(server, job.id, 'running');
  assert.deepEqual(await statuses(null), [401, 401, 401, 401]);
  assert.deepEqual(await statuses(bob.key), [404, 404, 404, 403], 'what is not his is not there');
  assert.deepEqual(await statuses(eve.key), [200, 200, 403, 403], 'she may look');
  assert.deepEqual(await statuses(ann.key), [200, 200, 200, 403]);
  assert.deepEqual(await statuses(server.adminKey), [200, 200, 200, 200]);
  assert.equal((await server.client(bob.key).jobs({})).jobs.length, 0);
  await admin.revokeKey(ann.id);
  assert.deepEqual(await statuses(ann.key), [401, 401, 401, 401]);
  const listed = JSON.stringify(await admin.keys());
  assert(!listed.includes(bob.key), 'a key is shown once');
});

test('who guesses keys is held up, and who has one is not', async (t) => {
  const server = new Served(t);
  await server.start();
  const guess = () => server.call('GET', '/v1/jobs', { key: `lck_${'0'.repeat(26)}_${'x'.repeat(43)}` });
  const answers = await Promise.all(Array.from({ length: 30 }, guess));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 401).length, 20);
  assert.equal(statuses.filter((status) => status === 429).length, 10);
  assert(Number(answers.find(({ status }) => status === 429)!.headers.get('retry-after')) > 0);
  assert.equal((await server.call('GET', '/v1/jobs')).status, 200);
});

test('a page under a name of its own, or of another origin, is turned away', async (t) => {
  const server = new Served(t, ['--origin', 'https://dash.example', '--host-name', 'gpu-1']);
  await server.start();
  const { hostname, port } = new URL(server.url);
  const asked = (headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = {
        hostname,
        port,
        path: '/v1/jobs',
        headers: { authorization: `Bearer ${server.adminKey}`, ...headers },
      };
      request(options, (answer) => resolve(answer.resume().statusCode!))
        .on('error', reject)
        .end();
    });
  assert.equal(await asked({ host: 'evil.example' }), 421);
  assert.equal(await asked({ host: `gpu-1:${port}` }), 200);
  assert.equal(await asked({ origin: 'https://evil.example' }), 403);
  assert.equal(await asked({ origin: 'https://dash.example' }), 200);
});

test('what cannot be a job is refused with its field and what to do, and nothing is queued', async (t) => {
  const server = new Served(t);
  await server.start();
  const refused = async (body: string): Promise<[number, string, string]> => {
    const answer = await server.call('POST', '/v1/jobs', { body, headers: { 'content-type': 'application/json' } });
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    const { field, detail } = (await answer.json()) as { field: string; detail: string };
    return [answer.status, field, detail];
  };
  assert.deepEqual((await refused('{')).slice(0, 1), [400]);
  assert.deepEqual((await refused('{}')).slice(0, 2), [400, 'argv']);
  assert.deepEqual((await refused('{"argv":["true"],"gpu":1}')).slice(0, 2), [400, 'gpu']);
  assert.deepEqual((await refused('{"argv":["true"],"gpus":9}')).slice(0, 2), [400, 'gpus']);
  assert.deepEqual((await refused('{"argv":["true"],"grace":"soon"}')).slice(0, 2), [400, 'grace']);
  assert.deepEqual((await refused('{"argv":["true"],"after":[{"job":"job_x"}]}')).slice(0, 2), [400, 'after']);
  assert.equal(await statusOfLength(server, 5 * 2 ** 20), 413);
  for (const path of ['/v1/jobs/..%2f..%2fetc', '/v1/jobs/job_1', '/v1/nothing']) {
    assert((await server.call('GET', path)).status >= 400, path);
  }
  assert.equal((await server.client().jobs({})).jobs.length, 0);
});

/** The answer to a body that is announced and never sent. */
function statusOfLength(server: Served, bytes: number): Promise<number> {
  const { hostname, port } = new URL(server.url);
  const headers = {
    authorization: `Bearer ${server.adminKey}`,
    'content-type': 'application/json',
    'content-length': String(bytes),
  };
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method: 'POST', path: '/v1/jobs', headers }, (answer) => {
      resolve(answer.statusCode!);
      asked.destroy();
    });
    asked.on('error', reject);
    asked.flushHeaders();
  });
}

test('the same request again, by its key, is the same job', async (t) => {
  const server = new Served(t);
  await server.start();
  const once = (await server.client().submit(sh('true'), 'the-key')) as JobView;
  const again = (await server.client().submit(sh('true'), 'the-key')) as JobView;
  assert.equal(again.id, once.id);
  await assert.rejects(server.client().submit(sh('false'), 'the-key'), /used for another request/);
});

test('a log is followed byte for byte, and events go on where they were cut', async (t) => {
  const server = new Served(t);
  await server.start();
  const job = await submitted(server, sh('printf "a\\0b\\377"; head -c 300000 /dev/zero; echo end'));
  const pieces: Buffer[] = [];
  for await (const { bytes } of server.client().followLog(job.id, {}, AbortSignal.timeout(60_000))) pieces.push(bytes);
  const whole = Buffer.concat(pieces);
  assert.equal(whole.length, 4 + 300_000 + 4);
  assert.deepEqual([...whole.subarray(0, 4)], [97, 0, 98, 255]);
  await reaches(server, job.id, 'completed');
  const first: number[] = [];
  const stop = new AbortController();
  try {
    for await (const { id } of server.client().followEvents({}, 0, stop.signal)) {
      first.push(id);
      if (first.length === 2) stop.abort();
    }
  } catch {
    // The client let go.
  }
  const rest = new AbortController();
  let next: number | undefined;
  try {
    for await (const { id } of server.client().followEvents({}, first[1]!, rest.signal)) {
      next ??= id;
      rest.abort();
    }
  } catch {
    // Likewise.
  }
  assert.equal(next, first[1]! + 1);
});

test('a job whose client is gone is cancelled when its lease runs out', async (t) => {
  const server = new Served(t);
  await server.start();
  const job = await submitted(server, { ...sh('sleep 60'), lease: { ttl: '1s' } });
  const ended = await reaches(server, job.id, 'cancelled');
  assert.match(ended.reason ?? '', /lease|client/);
});

test('killed and started again, the server takes up what runs, and who waits does not lose it', async (t) => {
  const server = new Served(t);
  await server.start();
  const job = await submitted(server, sh('for n in 1 2 3 4 5 6 7 8 9; do echo $n; sleep 0.3; done; exit 5'));
  await reaches(server, job.id, 'running');
  await server.kill();
  await server.start();
  const ended = await reaches(server, job.id, 'failed');
  assert.deepEqual([ended.exitCode, ended.attempt], [5, 1], 'it ran once, to its end');
  assert.equal((await server.client().log(job.id, {}))?.bytes.toString(), '1\n2\n3\n4\n5\n6\n7\n8\n9\n');
});

test('a stop cancels what runs and says so; with leave it goes on for the next start', async (t) => {
  const server = new Served(t);
  await server.start();
  const left = await submitted(server, sh('trap "exit 0" TERM; while :; do sleep 0.1; done'));
  await reaches(server, left.id, 'running');
  assert.equal(await server.end('SIGTERM'), 0);
  await server.start({ words: ['--on-stop', 'leave'] });
  assert.equal((await server.client().job(left.id)).state, 'cancelled');
  const kept = await submitted(server, sh('while :; do sleep 0.1; done'));
  await reaches(server, kept.id, 'running');
  assert.equal(await server.end('SIGTERM'), 100, 'a job was handed on');
  await server.start();
  const found = await server.client().job(kept.id);
  assert.deepEqual([found.state, found.attempt], ['running', 1]);
  assert.equal((await server.client().cancel(kept.id, { wait: '20s', force: true }, 60_000)).state, 'cancelled');
});

test('without keys it answers on loopback only', async (t) => {
  const server = new Served(t);
  await assert.rejects(server.start({ words: ['--no-keys', '--host', '0.0.0.0'] }), /everybody who reaches the server/);
  await server.start({ words: ['--no-keys'] });
  assert.equal((await server.call('GET', '/v1/jobs', { key: null })).status, 200);
});
