// Endings of real processes: the worked timelines of lifecycle.md (scaled down), and what may go wrong on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Program } from '../testing/program.ts';

test('an ending waits for what is in flight and for nobody else, and exits 0 (timeline 1)', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { grace: '75s', workOf: 'requests' });
    api.onAnnounce('router', () => sleep(100));
    api.onPersist('model', () => sleep(10));
    api.onRelease('database', () => sleep(10));
    api.listening();
    live();
    for (const id of ['a', 'b', 'c']) {
      api.work.accept(id);
      api.stopRequested.addEventListener('abort', () => sleep(200).then(() => api.work.finish(id)));
    }
    await api.ready();
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  const report = program.report();
  assert.equal(report.outcome, 'clean');
  assert.deepEqual(report.cause.signal, 'SIGTERM');
  assert.deepEqual(
    report.stages.map(({ name, result }) => [name, result]),
    [
      ['announce', 'ok'],
      ['intake', 'skipped'],
      ['drain', 'ok'],
      ['persist', 'ok'],
      ['release', 'ok'],
    ],
  );
  assert.deepEqual(report.work, {
    of: 'requests',
    accepted: 3,
    finished: 3,
    returned: 0,
    lost: 0,
    unknown: 0,
    lostIds: [],
  });
  // No cap is waited out: announce alone could have taken 5 s, drain 60 s.
  assert.ok(report.budget.usedMs < 5_000, `took ${report.budget.usedMs} ms`);
});

for (const [unfinishedWork, outcome] of [
  ['lost', 'incomplete'],
  ['returned', 'handed_back'],
] as const) {
  test(`a request that hangs is cut at drain's limit and booked as ${unfinishedWork} (timeline 2)`, async (t) => {
    const program = new Program(
      t,
      `
      const api = unit('api', { grace: '2800ms', announce: 'always', unfinishedWork: '${unfinishedWork}' });
      api.onPersist('model', () => say('saved'));
      live();
      await api.ready();
      api.work.accept('GET /slow #1');
      say('ready');
    `,
    );
    await program.says('ready');
    program.signal('SIGTERM');
    assert.deepEqual(await program.ended, { code: 100, signal: null });
    const report = program.report();
    assert.equal(report.outcome, outcome);
    assert.equal(report.work[unfinishedWork], 1);
    assert.deepEqual(report.stages[2]?.stuck, ['GET /slow #1']);
    assert.deepEqual(report.work.lostIds, unfinishedWork === 'lost' ? ['GET /slow #1'] : []);
    assert.ok(program.said.includes('saved'), 'persist still runs');
    // Announce may use 20 % of 2.8 s; the reserves of persist and release are 35 % and 15 % of it.
    assert.equal(report.stages[0]?.capMs, 560);
    const drain = report.stages[2];
    assert.ok(drain && drain.atMs + drain.tookMs >= 1_400);
  });
}

test('two Ctrl+C within 300 ms are one; a later one gives up draining, and persist still runs (timeline 5)', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { grace: '30s' });
    api.onDrain('requests', ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
    api.onPersist('model', () => say('saved'));
    live();
    await api.ready();
    api.work.accept('r-1');
    say('ready');
    api.on(({ event }) => { if (event === 'signal') setTimeout(() => say('500 ms later'), 600); });
  `,
  );
  await program.says('ready');
  program.signal('SIGINT');
  await program.logs('signal', { counted: true });
  program.signal('SIGINT');
  await program.logs('signal', { counted: false });
  await program.says('500 ms later');
  assert.ok(!program.said.includes('saved'), 'the repeat within 500 ms counted');
  program.signal('SIGINT');
  assert.deepEqual(await program.ended, { code: 104, signal: null });
  const report = program.report();
  assert.equal(report.outcome, 'forced');
  assert.deepEqual(report.work.lostIds, ['r-1']);
  assert.equal(report.stages[2]?.result, 'timeout');
  assert.equal(report.stages[3]?.result, 'ok');
  assert.ok(program.said.includes('saved'));
  assert.equal(report.signals.length, 3);
});

test('a third signal ends everything at once', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { grace: '60s' });
    api.onDrain('requests', never);
    api.onPersist('model', never);
    let count = 0;
    api.on(({ event, counted }) => { if (event === 'signal' && counted) setTimeout(() => say('ready for ' + (++count + 1)), 600); });
    live();
    await api.ready();
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  await program.says('ready for 2');
  program.signal('SIGTERM');
  await program.says('ready for 3');
  program.signal('SIGTERM');
  const { code, signal } = await program.ended;
  const report = program.report();
  assert.equal(signal, null);
  assert.equal(code, report.exitCode);
  assert.notEqual(code, 0);
  assert.ok(report.budget.usedMs < 30_000);
  assert.deepEqual(report.stages[3]?.stuck, ['model']);
});

test('a drain that never settles ends at its limit, and never with 0, although nothing is left in the event loop', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job', { grace: '1s' });
    job.onDrain('last batch', never);
    job.onPersist('model', () => say('saved'));
    await job.ready();
    void job.stop();
  `,
  );
  assert.deepEqual(await program.ended, { code: 100, signal: null });
  assert.deepEqual(program.report().stages[2]?.stuck, ['last batch']);
  assert.ok(program.said.includes('saved'));
});

test('a healthy loop ends the process itself at the deadline, with 105', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job', { grace: '1s' });
    job.onRelease('children', never);
    live();
    await job.ready();
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 105, signal: null });
  const report = program.report();
  assert.equal(report.exitCode, 105);
  assert.deepEqual(report.stages[4]?.stuck, ['children']);
});

test('a stop during start-up is not forgotten: the start is told, and the unit is never ready', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { grace: '10s' });
    api.onRelease('model', () => say('released'));
    say('loading');
    await new Promise((resolve) => api.stopRequested.addEventListener('abort', resolve, { once: true }));
    await api.ready();
    say('went on as ' + api.phase);
  `,
  );
  await program.says('loading');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.ok(program.said.includes('released'));
  assert.ok(!program.log.some(({ event }) => event === 'ready'));
  assert.ok(!program.said.includes('went on as ready'));
  assert.equal(program.report().outcome, 'clean');
});

test('a unit leaves nothing in its working directory', async (t) => {
  const program = new Program(
    t,
    `
    import { mkdtempSync, readdirSync } from 'node:fs';
    delete process.env.NODE_COMPILE_CACHE;
    process.chdir(mkdtempSync(process.env.LASTCALL_STATE_DIR + '/work-'));
    const api = unit('api', { grace: '9s' });
    api.onRelease('look', () => say('left: ' + readdirSync('.').join()));
    live();
    await api.ready();
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  await program.ended;
  assert.deepEqual(program.said, ['ready', 'left: ']);
});
