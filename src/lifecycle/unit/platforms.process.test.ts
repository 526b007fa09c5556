// Units under systemd and in Kubernetes, as far as a process can tell: by their environment, and by a program that plays
// systemd-notify and writes down what it was told.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { controlOf } from '../control/client.ts';
import type { Report } from '../report.ts';
import { newDirectory, Program, type ProgramOptions } from '../testing/program.ts';

interface FakeSystemd extends ProgramOptions {
  /** What systemd-notify was told so far. */
  told(): string[];
}

function fakeSystemd(test: TestContext, more: Readonly<Record<string, string>> = {}): FakeSystemd {
  const directory = newDirectory(test);
  const log = join(directory, 'told');
  const notify = join(directory, 'systemd-notify');
  writeFileSync(notify, `#!/bin/sh\necho "$@" >> '${log}'\n`);
  chmodSync(notify, 0o755);
  return {
    environment: {
      NOTIFY_SOCKET: join(directory, 'socket'),
      PATH: `${directory}:${process.env['PATH']}`,
      TOLD: log,
      ...more,
    },
    told: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

test('systemd is told of ready, of stopping and of every extension (timeline 6)', async (t) => {
  const systemd = fakeSystemd(t);
  const program = new Program(
    t,
    `
    const { readFileSync } = await import('node:fs');
    const extensionsTold = () => readFileSync(process.env.TOLD, 'utf8').split('EXTEND').length - 1;
    const job = unit('job', { grace: '2s' });
    job.onPersist('upload', async ({ extend }) => {
      for (let time = 1; time <= 3; time++) {
        say('granted ' + Math.round(extend(10_000 * time)));
        while (extensionsTold() < time) await sleep(5);
      }
    });
    live();
    await job.ready();
    say('ready');
  `,
    systemd,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.deepEqual(program.said.slice(1), ['granted 10000', 'granted 20000', 'granted 30000']);
  const told = systemd.told().filter((line) => !line.startsWith('STATUS='));
  assert.deepEqual(told.slice(0, 2), ['READY=1', 'STOPPING=1']);
  const extensions = told.slice(2).map((line) => Number(/^EXTEND_TIMEOUT_USEC=(\d+)$/.exec(line)?.[1]));
  assert.equal(extensions.length, 3);
  // A lease of 30 s and what has to come after it, in microseconds.
  assert.ok(extensions[2]! > 30_000_000 && extensions[2]! < 60_000_000, String(extensions));
  assert.equal(program.report().budget.source, 'option');
});

test('in Kubernetes nobody extends: the last good checkpoint stands, and that is 101', async (t) => {
  const environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1', LASTCALL_GRACE: '4s', LASTCALL_PRESTOP: '1s' };
  const program = new Program(
    t,
    `
    const job = unit('job');
    job.checkpointed({ id: 'ckpt_1', verified: true, stepsBack: 0, position: { offset: 41 } });
    job.onPersist('upload', ({ extend }) => { say('granted ' + extend(30_000)); return never(); });
    live();
    await job.ready();
    say('ready');
  `,
    { environment },
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 101, signal: null });
  assert.ok(program.said.includes('granted 0'));
  const report = program.report();
  // 4 s, less the preStop that its clock includes, less a margin of 2 s.
  assert.deepEqual([report.budget.totalMs, report.budget.source], [1_000, 'kubernetes']);
  assert.equal(report.checkpoint?.id, 'ckpt_1');
});

test('an operator sees what is pending, and may grant it more time', async (t) => {
  const systemd = fakeSystemd(t);
  const program = new Program(
    t,
    `
    const job = unit('job', { grace: '3s' });
    job.onPersist('upload', async ({ remainingMs }) => {
      say('uploading');
      while (remainingMs() < 10_000) await sleep(5);
      say('extended');
    });
    live();
    await job.ready();
    say('ready');
  `,
    systemd,
  );
  await program.says('ready');
  const control = await controlOf(program.stateDir, 'job');
  assert.deepEqual((await control.extend(1_000)).grantedMs, 0, 'nothing waits yet');
  await control.stop({}, 0);
  await program.says('uploading');
  const status = await control.status();
  assert.deepEqual(
    [status.phase, status.stage, status.pending, status.ready],
    ['stopping', 'persist', ['upload'], false],
  );
  const { grantedMs, reason } = await control.extend(20_000);
  assert.ok(grantedMs >= 19_000, `granted ${grantedMs}: ${reason}`);
  await program.says('extended');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.ok(program.report().budget.extendedMs > 15_000);
});

test("systemd's watchdog is fed while the loop turns", async (t) => {
  const systemd = fakeSystemd(t, { WATCHDOG_USEC: '100000' });
  const program = new Program(
    t,
    `
    const api = unit('api');
    live();
    await api.ready();
    say('ready');
  `,
    systemd,
  );
  await program.says('ready');
  while (systemd.told().filter((line) => line === 'WATCHDOG=1').length < 2) await setTimeout(10);
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
});

test('a preemption notice sets the budget, and a saved state then asks to be queued again', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job');
    job.onPersist('model', () => say('saved'));
    await job.ready();
    job.notice(3_000, 'gcp');
  `,
  );
  assert.deepEqual(await program.ended, { code: 108, signal: null });
  const report = program.report();
  assert.deepEqual([report.outcome, report.cause.kind, report.cause.provider], ['preempted', 'preemption', 'gcp']);
  assert.deepEqual([report.budget.totalMs, report.budget.source], [2_000, 'notice']);
});

test('the report is sent to an address, and one that does not answer does not hold the exit up', async (t) => {
  const received = Promise.withResolvers<Report>();
  const server = createServer((request, response) => {
    if (request.url === '/hangs') return;
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      response.writeHead(201).end();
      received.resolve(JSON.parse(body) as Report);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const code = `
    const job = unit('job', { grace: '1s' });
    await job.ready();
  `;
  const answered = new Program(t, code, { environment: { LASTCALL_REPORT_URL: `http://127.0.0.1:${port}/reports` } });
  assert.deepEqual(await answered.ended, { code: 0, signal: null });
  assert.deepEqual(await received.promise, answered.report());

  const hanging = new Program(t, code, { environment: { LASTCALL_REPORT_URL: `http://127.0.0.1:${port}/hangs` } });
  assert.deepEqual(await hanging.ended, { code: 0, signal: null });
  await hanging.logs('report_undelivered');
});

test('health answers from the start, and tells readiness apart from life', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { healthPort: 0 });
    api.onDrain('requests', async ({ signal }) => { say('draining'); await new Promise((r) => process.once('SIGUSR2', r)); });
    process.once('SIGUSR1', () => api.ready());
    live();
  `,
    { environment: { LASTCALL_HEALTH_HOST: '127.0.0.1' } },
  );
  const { port } = await program.logs('health_listening');
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${String(port)}${path}`)).status;
  assert.deepEqual([await status('/livez'), await status('/readyz'), await status('/startupz')], [200, 503, 503]);
  program.signal('SIGUSR1');
  await program.logs('ready');
  assert.deepEqual([await status('/livez'), await status('/readyz'), await status('/startupz')], [200, 200, 200]);
  program.signal('SIGTERM');
  await program.says('draining');
  assert.deepEqual([await status('/livez'), await status('/readyz'), await status('/startupz')], [200, 503, 200]);
  program.signal('SIGUSR2');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
});
