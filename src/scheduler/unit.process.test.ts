import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Program } from '../lifecycle/testing/program.ts';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { endAll, realScheduler } from './testing/real.ts';

const INDEX = new URL('./index.ts', import.meta.url).href;

/** A unit with a scheduler and two jobs: one that ends at SIGTERM, one that does not. */
function program(t: TestContext, stateDir: string, onStop: string): Program {
  const started = new Program(
    t,
    `
    const { Scheduler, joinUnit } = await import('${INDEX}');
    const scheduler = await Scheduler.open({ stateDir: process.env.JOBS, instance: 'unit_x', devices: { kind: 'slots', count: 4 }, ports: null });
    say('store ' + scheduler.storeId);
    const u = unit('serve', { kind: 'scheduler', grace: '20s' });
    joinUnit(scheduler, u, { onStop: '${onStop}' });
    let running = 0;
    scheduler.listen((event) => { if (event.event === 'job_started' && ++running === 2) say('running'); });
    const sh = (line) => ({ argv: ['/bin/sh', '-c', line], cwd: '/', grace: '500ms' });
    await u.ready();
    live();
    await scheduler.submit([sh('exec sleep 60'), sh('trap "" TERM; while :; do sleep 0.1; done')], { owner: 'ann' });
    await scheduler.submit([{ ...sh('true'), gpus: 4 }], { owner: 'ann' });
    `,
    { environment: { JOBS: stateDir } },
  );
  t.after(() => endAll(storeOf(started)));
  return started;
}

function storeOf(program: Program): string {
  return program.said.find((line) => line.startsWith('store '))?.slice('store '.length) ?? 'none';
}

test('on a signal all jobs are ended side by side and proven gone, the report names each, and the queue is kept', async (t) => {
  const stateDir = temporaryDirectory(t);
  const serve = program(t, stateDir, 'cancel');
  await serve.says('running');
  serve.signal('SIGTERM');
  const { code } = await serve.ended;
  const report = serve.report();
  assert.equal(code, 0, JSON.stringify(report));
  assert.equal(report.parts.length, 2);
  assert.deepEqual(
    report.parts.map(({ work }) => work.finished),
    [1, 1],
  );
  assert.deepEqual(endAll(storeOf(serve)), []);
  const real = await realScheduler(t, { stateDir, devices: { kind: 'slots', count: 4 } });
  const jobs = await real.scheduler.jobs();
  await real.reaches(jobs[0]!.id, 'completed');
  assert.deepEqual(
    jobs.slice(1).map(({ state }) => state),
    ['cancelled', 'cancelled'],
  );
});

test('with leave the jobs go on under their keepers, and the next scheduler takes them up', async (t) => {
  const stateDir = temporaryDirectory(t);
  const serve = program(t, stateDir, 'leave');
  await serve.says('running');
  serve.signal('SIGTERM');
  await serve.ended;
  const real = await realScheduler(t, { stateDir, devices: { kind: 'slots', count: 4 } });
  const running = (await real.scheduler.jobs()).filter(({ state }) => state === 'running');
  assert.equal(running.length, 2);
  for (const { id } of running) {
    await real.scheduler.cancel(id, { by: 'ann', force: true });
    await real.reaches(id, 'cancelled');
  }
  assert.ok(readFileSync(join(stateDir, 'scheduler.db')).length > 0);
});

test('after kill -9 of the scheduler its jobs are taken up again, with what came meanwhile', async (t) => {
  const stateDir = temporaryDirectory(t);
  const serve = program(t, stateDir, 'cancel');
  await serve.says('running');
  serve.signal('SIGKILL');
  await serve.ended;
  const real = await realScheduler(t, { stateDir, devices: { kind: 'slots', count: 4 } });
  const jobs = await real.scheduler.jobs();
  assert.deepEqual(
    jobs.map(({ state }) => state),
    ['queued', 'running', 'running'],
  );
  for (const { id } of jobs.slice(1)) await real.scheduler.cancel(id, { by: 'ann' });
  await real.reaches(jobs[0]!.id, 'completed');
});
