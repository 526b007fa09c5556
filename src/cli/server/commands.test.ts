// The commands of the scheduler against a real server.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../../lifecycle/testing/until.ts';
import { Served } from '../../server/testing/served.ts';
import { lastcall } from '../testing/invoke.ts';
import { RunningCommand } from '../testing/running.ts';

async function served(t: TestContext) {
  const server = new Served(t);
  await server.start();
  const run = (...words: string[]) => lastcall(words, { environment: server.environment });
  return { server, run };
}

test('submit shows what the job prints and ends with its exit code', async (t) => {
  const { run } = await served(t);
  const ended = await run('submit', '--env', 'WORD=hello', '--', 'sh', '-c', 'echo $WORD; echo err >&2; exit 7');
  assert.equal(ended.code, 7);
  assert.equal(ended.stdout, 'hello\n');
  assert.match(ended.stderr, /^err$/m);
  assert.match(ended.stderr, /failed: exit code 7/);
  assert.equal((await run('submit', '--', 'no-such-command')).code, 127);
});

test('Ctrl+C cancels the job, and the client stays to see it end', async (t) => {
  const { server } = await served(t);
  const words = ['submit', '--', 'sh', '-c', 'trap "echo saved; exit 0" TERM; echo up; while :; do sleep 0.05; done'];
  const client = new RunningCommand(t, words, { environment: server.environment });
  await client.says(/^up$/m);
  client.signal('SIGINT');
  const { code } = await client.ended;
  assert.equal(code, 0);
  assert.match(client.stdout, /^saved$/m);
  assert.match(client.stderr, /SIGINT: cancelling job_/);
  const { jobs } = await server.client().jobs({});
  assert.equal(jobs[0]!.state, 'cancelled');
});

test('the server may be killed and come back: the client stays, and has all of the output and the exit code', async (t) => {
  const { server } = await served(t);
  const words = ['submit', '--', 'sh', '-c', 'for n in 1 2 3 4 5 6; do echo line $n; sleep 0.4; done; exit 3'];
  const client = new RunningCommand(t, words, { environment: server.environment });
  await client.says(/^line 2$/m);
  await server.kill();
  await server.start();
  assert.equal((await client.ended).code, 3, client.stderr);
  assert.equal(client.stdout, 'line 1\nline 2\nline 3\nline 4\nline 5\nline 6\n');
});

test('jobs, job, logs, cancel and pool tell of the same things', async (t) => {
  const { server, run } = await served(t);
  const ids: string[] = [];
  for (const name of ['one', 'two', 'three']) {
    const { stdout, code } = await run(
      'submit',
      '--detach',
      '--name',
      name,
      '--label',
      'sweep=7',
      '--json',
      '--',
      'sh',
      '-c',
      `echo ${name}; sleep 60`,
    );
    assert.equal(code, 0);
    ids.push((JSON.parse(stdout) as { id: string }).id);
  }
  await until(async () => (await server.client().jobs({ state: 'running' })).jobs.length === 2, 'two run');
  const { stdout: list } = await run('jobs');
  assert.match(list, /three +admin .* 1\. in the queue: waits for 1 GPU/);
  assert.match((await run('job', ids[2]!)).stdout, /^waits +1\. in the queue/m);
  assert.match((await run('pool')).stdout, new RegExp(`slot:0 +used +${ids[0]}`));
  await until(async () => (await run('logs', ids[0]!)).stdout === 'one\n', 'its output');
  const cancelled = await run('cancel', '--label', 'sweep=7', '--json');
  assert.deepEqual(
    cancelled.stdout
      .trimEnd()
      .split('\n')
      .map((text) => (JSON.parse(text) as { state: string }).state),
    ['cancelled', 'cancelled', 'cancelled'],
  );
  const pool = await server.client().pool();
  await until(
    async () => (await server.client().pool()).resources.every(({ state }) => state === 'free'),
    JSON.stringify(pool),
  );
  assert.match((await run('job', ids[0]!, '--report')).stdout, /cancelled|clean|api/i);
});

test('a job that has to make room saves, and goes on from its checkpoint', async (t) => {
  const { server, run } = await served(t);
  const script = join(server.stateDir, 'train.sh');
  writeFileSync(
    script,
    `trap 'echo $n > "$LASTCALL_CHECKPOINT_DIR/n"; exit 108' TERM
n=0; [ "$LASTCALL_RESUME" = 1 ] && n=$(cat "$LASTCALL_CHECKPOINT_DIR/n") && echo resumed at $n
while [ $n -lt 80 ]; do n=$((n+1)); sleep 0.05; done; echo done $n`,
  );
  const { stdout } = await run('submit', '--detach', '--json', '--', 'sh', script);
  const { id } = JSON.parse(stdout) as { id: string };
  await until(async () => (await server.client().job(id)).state === 'running', 'it runs');
  assert.equal((await run('preempt', id)).code, 0);
  let seen = '';
  await until(async () => {
    const { state, reason, attempt } = await server.client().job(id);
    seen = `${state} ${reason} ${attempt}`;
    return ['completed', 'failed', 'cancelled'].includes(state);
  }, 'its end');
  assert.match(seen, /^completed/);
  const job = await server.client().job(id);
  assert.deepEqual([job.attempt, job.preemptions], [2, 1]);
  assert.match((await server.client().log(id, {}))!.bytes.toString(), /^resumed at \d+\ndone 80\n$/);
});

test('a key of somebody is given by a file, and without a server it is said what is missing', async (t) => {
  const { server, run } = await served(t);
  const made = await run('keys', 'create', 'ann', '--role', 'viewer');
  const file = join(server.stateDir, 'ann.key');
  writeFileSync(file, made.stdout, { mode: 0o600 });
  const refused = await run('submit', '--key-file', file, '--', 'true');
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /needs the role user/);
  await server.kill();
  const { code, stderr } = await run('jobs');
  assert.equal(code, 109);
  assert.match(stderr, /does not answer[\s\S]*lastcall serve/);
});
