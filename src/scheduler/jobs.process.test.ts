import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { readText } from './engines/local/records.ts';
import { realScheduler, endAll } from './testing/real.ts';
import { until } from '../lifecycle/testing/until.ts';

const sh = (line: string) => ({ argv: ['/bin/sh', '-c', line] });

test('a job runs, its output and exit code are there, and its slot goes to the next', async (t) => {
  const real = await realScheduler(t, { devices: { kind: 'slots', count: 1 } });
  const first = await real.submit(sh('echo out; echo err >&2; exit 3'));
  const second = await real.submit(sh('echo "$CUDA_VISIBLE_DEVICES $LASTCALL_JOB_ID"'));
  const ended = await real.reaches(first.id, 'failed');
  assert.deepEqual([ended.exitCode, ended.reason], [3, 'exit code 3']);
  await real.reaches(second.id, 'completed');
  assert.equal((await real.scheduler.log(first.id, {}))?.bytes.toString(), 'out\n');
  assert.equal((await real.scheduler.log(first.id, { stream: 'stderr' }))?.bytes.toString(), 'err\n');
  assert.equal((await real.scheduler.log(second.id, {}))?.bytes.toString(), `0 ${second.id}\n`);
  await real.hears('run_released', { job: second.id });
  const report = (await real.scheduler.report(first.id)) as {
    exitCode: number;
    released: { proven: unknown; gpus: string[] };
  };
  assert.deepEqual([report.exitCode, report.released.gpus], [3, ['slot:0']]);
  assert.notEqual(report.released.proven, false);
});

test('a command that does not exist fails with 127 and holds nothing', async (t) => {
  const real = await realScheduler(t);
  const { id } = await real.submit({ argv: ['no-such-command'] });
  assert.equal((await real.reaches(id, 'failed')).exitCode, 127);
  await real.hears('run_released', { job: id });
  assert.ok(real.scheduler.pool().resources.every(({ state }) => state === 'free'));
});

test('a job that ignores SIGTERM is killed when its grace is over, with all that it started', async (t) => {
  const real = await realScheduler(t);
  const { id } = await real.submit({
    ...sh('trap "" TERM; setsid sleep 60 & echo ready; while :; do sleep 1; done'),
    grace: '300ms',
  });
  await real.reaches(id, 'running');
  await until(() => isReady(real.stateDir, id), 'the trap is set');
  await real.scheduler.cancel(id, { by: 'ann' });
  const ended = await real.reaches(id, 'cancelled');
  assert.equal(ended.exitCode, 137);
  await real.hears('run_released', { job: id });
  assert.deepEqual(endAll(real.scheduler.storeId), []);
});

test('a process that left its session and its parents is found, ended and proven gone', async (t) => {
  const real = await realScheduler(t);
  const { id } = await real.submit(
    sh('(setsid sh -c "trap \\"\\" TERM HUP; sleep 60; sleep 60" &) ; sleep 0.1; exit 0'),
  );
  await real.reaches(id, 'completed');
  const released = await real.hears('run_released', { job: id });
  assert.deepEqual(released['quarantined'], []);
  assert.deepEqual(endAll(real.scheduler.storeId), []);
});

test('a port that a stranger has bound meanwhile is put aside with the evidence, and comes back when it is free', async (t) => {
  const port = await freePort();
  const real = await realScheduler(t, { ports: [port, port], rules: { releaseMs: 6_000 } });
  const { id } = await real.submit({ ...sh('exec sleep 60'), ports: ['HTTP'], grace: '1s' });
  await real.reaches(id, 'running');
  const stranger = createServer().listen(port, '127.0.0.1');
  await once(stranger, 'listening');
  await real.scheduler.cancel(id, { by: 'ann', force: true });
  const quarantined = await real.hears('resource_quarantined');
  assert.equal(quarantined['resource'], `port:${port}`);
  assert.match(String(quarantined['evidence']), /EADDRINUSE/);
  const waiting = await real.submit({ ports: ['HTTP'] });
  assert.equal((await real.scheduler.job(waiting.id)).state, 'queued');
  stranger.close();
  await real.scheduler.check(`port:${port}`);
  await real.reaches(waiting.id, 'completed');
});

test('what was preempted goes on with the same checkpoint directory and knows that it does', async (t) => {
  const real = await realScheduler(t, { devices: { kind: 'slots', count: 1 } });
  const program = `
    if [ "$LASTCALL_RESUME" = 1 ]; then cat "$LASTCALL_CHECKPOINT_DIR/step"; exit 0; fi
    trap 'echo 42 > "$LASTCALL_CHECKPOINT_DIR/step"; exit 108' TERM
    echo ready; while :; do sleep 0.05; done`;
  const { id } = await real.submit(sh(program));
  await real.reaches(id, 'running');
  await until(() => isReady(real.stateDir, id), 'the trap is set');
  await real.scheduler.preempt(id, 'ann');
  const ended = await real.reaches(id, 'completed');
  assert.deepEqual([ended.attempt, ended.preemptions], [2, 1]);
  assert.equal((await real.scheduler.log(id, {}))?.bytes.toString(), '42\n');
});

test('a job hears why it is asked to end, and what it says through its socket counts', async (t) => {
  const real = await realScheduler(t);
  const program = `
    const { request } = require('node:http');
    const ask = (method, path, body, on) => request({ socketPath: process.env.LASTCALL_CONTROL, method, path }, on).end(body);
    process.on('SIGTERM', () => ask('POST', '/complete', '{}', () => process.exit(0)));
    ask('GET', '/events', undefined, (response) => {
      console.log('ready');
      response.on('data', (chunk) => /preemption/.test(chunk) && console.log('heard'));
    });
    setInterval(() => {}, 1000);`;
  const { id } = await real.submit({ argv: [process.execPath, '-e', program], grace: '20s' });
  await real.reaches(id, 'running');
  await until(() => isReady(real.stateDir, id), 'it listens');
  await real.scheduler.preempt(id, 'ann');
  const ended = await real.reaches(id, 'completed');
  assert.equal(ended.attempt, 1);
  assert.match((await real.scheduler.log(id))!.bytes.toString(), /heard/);
});

test('a gang and its companion run together; the companion is ended after the job', async (t) => {
  const real = await realScheduler(t, { devices: { kind: 'slots', count: 2 } });
  const { id } = await real.submit({
    ...sh('echo "$LASTCALL_REPLICA of $LASTCALL_REPLICAS on $CUDA_VISIBLE_DEVICES"; sleep 0.2'),
    replicas: 2,
    with: [{ name: 'reward', ...sh('trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done'), cwd: '/' }],
  });
  await real.reaches(id, 'completed');
  await real.hears('run_released', { job: id });
  const logs = await Promise.all(['main.0', 'main.1'].map((member) => real.scheduler.log(id, { member })));
  assert.deepEqual(
    logs.map((log) => log?.bytes.toString()),
    ['0 of 2 on 0\n', '1 of 2 on 1\n'],
  );
  assert.equal((await real.scheduler.log(id, { member: 'with.reward' }))?.bytes.toString(), 'bye\n');
});

test('a service is running once it answers, with its address, and is completed when it is asked to end', async (t) => {
  const port = await freePort();
  const real = await realScheduler(t, { ports: [port, port] });
  const server = `require('http').createServer((q, s) => s.end('ok')).listen(process.argv[1])`;
  const { id } = await real.submit({
    argv: [process.execPath, '-e', server, '{port.HTTP}'],
    ports: ['HTTP'],
    readiness: { http: '/', every: '50ms' },
  });
  const running = await real.reaches(id, 'running');
  assert.equal(running.url, `http://127.0.0.1:${port}`);
  assert.equal((await fetch(running.url)).status, 200);
  await real.scheduler.complete(id, 'ann');
  await real.reaches(id, 'completed');
});

test('a log is followed to its end, whole, however large', async (t) => {
  const real = await realScheduler(t);
  const { id } = await real.submit(
    sh('i=0; while [ $i -lt 20 ]; do head -c 100000 /dev/zero | tr "\\0" x; echo; i=$((i + 1)); done'),
  );
  await real.reaches(id, 'running').catch(() => undefined);
  let bytes = 0;
  for await (const slice of real.scheduler.follow(id, AbortSignal.timeout(60_000))) bytes += slice.bytes.length;
  assert.equal(bytes, 20 * 100_001);
});

test('what can never run is refused at once, with the field', async (t) => {
  const real = await realScheduler(t);
  await assert.rejects(real.submit({ gpus: 9 }), /gpus: this needs 9 GPUs.*the whole pool has 2/);
  await assert.rejects(real.submit({ argv: [] }), /argv: .*Give the program/);
  await assert.rejects(real.submit({ after: [{ job: 'job_none' }] }), /after: there is no job job_none/);
  await assert.rejects(real.submit({ retries: -1 }), /retries: -1 cannot be used/);
  await assert.rejects(real.submit({ cwd: 'relative' }), /cwd/);
  await assert.rejects(real.scheduler.cancel('job_none', { by: 'ann' }), /there is no such job/);
  await assert.rejects(real.scheduler.log((await real.submit({})).id, { member: '../../etc' }), /no process/);
});

test('the same key gives the same job, and another request with it is refused', async (t) => {
  const real = await realScheduler(t);
  const submit = (argv: string[]) => real.scheduler.submit([{ argv, cwd: '/' }], { owner: 'ann', idempotencyKey: 'k' });
  const [first] = await submit(['true']);
  const [again] = await submit(['true']);
  assert.equal(again?.id, first?.id);
  await assert.rejects(submit(['false']), /used for another request/);
});

function isReady(stateDir: string, id: string): boolean {
  return readText(`${stateDir}/jobs/${id}/1/main.0`, 'stdout')?.startsWith('ready') === true;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
