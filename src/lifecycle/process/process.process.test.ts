// What belongs to the process: uncaught errors, exit in the middle, an empty loop, several units, PID 1.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { Program } from '../testing/program.ts';

test('an unhandled rejection ends the unit by its stages, as failed', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job');
    job.onPersist('model', () => say('saved'));
    live();
    await job.ready();
    void Promise.reject(new Error('the disk of the feature store is gone'));
  `,
  );
  assert.deepEqual(await program.ended, { code: 1, signal: null });
  const report = program.report();
  assert.equal(report.outcome, 'failed');
  assert.equal(report.cause.kind, 'crash');
  assert.equal(report.error, 'the disk of the feature store is gone');
  assert.ok(program.said.includes('saved'));
  const line = await program.logs('fatal');
  assert.match(String(line['stack']), /feature store/);
});

test('an uncaught error of ours keeps its exit code: a dependency that is not there is 109', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job');
    setTimeout(() => { throw new LastcallError('dependency', { what: 'the broker does not answer', todo: 'Start it.' }); }, 1);
    live();
  `,
  );
  assert.deepEqual(await program.ended, { code: 109, signal: null });
  assert.equal(program.report().outcome, 'refused');
});

test('process.exit(0) in the middle leaves a report, releases what it can, and is no success with work in flight', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { workOf: 'requests' });
    api.onPersist('model', () => say('saved'));
    api.onRelease('lock', () => say('lock released'));
    api.onRelease('pool', async () => { await sleep(1); say('pool released'); });
    live();
    await api.ready();
    api.work.accept('r-1');
    process.exit(0);
  `,
  );
  const { code } = await program.ended;
  const report = program.report();
  assert.equal(code, 101, 'what was not saved comes before what was lost');
  assert.equal(report.exitCode, 101);
  assert.equal(report.outcome, 'incomplete');
  assert.deepEqual(report.work.lostIds, ['r-1']);
  assert.equal(report.stages[3]?.result, 'error');
  assert.match(report.stages[4]?.error ?? '', /^pool: begun/);
  assert.deepEqual(program.said, ['lock released']);
});

test('process.exit with nothing left to save is what it says', async (t) => {
  for (const wanted of [0, 3]) {
    const program = new Program(
      t,
      `
      const api = unit('api');
      api.onRelease('lock', async () => say('released'));
      await api.ready();
      process.exit(${wanted});
    `,
    );
    assert.deepEqual(await program.ended, { code: wanted, signal: null });
    assert.equal(program.report().exitCode, wanted);
    assert.deepEqual(program.said, ['released']);
  }
});

test('process.exit inside a hook still runs the release of the other things', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api');
    api.onDrain('old code', () => process.exit(0));
    api.onRelease('lock', () => say('released'));
    live();
    await api.ready();
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  await program.ended;
  assert.deepEqual(program.said, ['ready', 'released']);
  assert.equal(program.report().cause.signal, 'SIGTERM');
});

test('the exit code of a report is not covered up by process.exit(0) afterwards', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { grace: '500ms' });
    await api.ready();
    api.work.accept('r-1');
    await api.stop();
    process.exit(0);
  `,
  );
  assert.deepEqual(await program.ended, { code: 100, signal: null });
});

test('a ready unit whose event loop runs empty has completed', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job');
    job.onPersist('model', async () => { await sleep(20); say('saved'); });
    await job.ready();
  `,
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.equal(program.report().cause.kind, 'completed');
  assert.deepEqual(program.said, ['saved']);
});

test('a program that hangs before it is ready is a failure, not a success', async (t) => {
  const program = new Program(t, `const job = unit('job'); await never(); await job.ready();`);
  assert.deepEqual(await program.ended, { code: 1, signal: null });
  assert.match(program.report().error ?? '', /before ready\(\)/);
});

test('every root unit of a process ends, and the code is the one that matters most', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api');
    const job = unit('job', { grace: '1s' });
    api.onPersist('model', () => say('api saved'));
    job.onRelease('disk', () => { throw new Error('stuck'); });
    live();
    await Promise.all([api.ready(), job.ready()]);
    job.work.accept('j-1');
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 100, signal: null });
  const codes = Object.fromEntries(program.reports().map(({ unit, exitCode }) => [unit.name, exitCode]));
  assert.deepEqual(codes, { api: 0, job: 100 });
  assert.deepEqual(program.said, ['ready', 'api saved']);
});

test('one root unit that is over leaves the others at work', async (t) => {
  const program = new Program(
    t,
    `
    const first = unit('first', { grace: '300ms' });
    const second = unit('second');
    live();
    await Promise.all([first.ready(), second.ready()]);
    await first.stop();
    await sleep(1_500);
    say('second is ' + second.phase);
  `,
  );
  await program.says('second is ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.equal(program.reports().length, 2);
});

test('leaving an `await using` block ends the unit, and what comes after runs first', async (t) => {
  const program = new Program(
    t,
    `
    {
      await using job = unit('job');
      job.onPersist('model', () => say('saved'));
      await job.ready();
      say('working');
    }
    say('after');
  `,
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.deepEqual(program.said, ['working', 'saved', 'after']);
  assert.equal(program.report().cause.kind, 'completed');
});

test('an error that leaves an `await using` block is no success', async (t) => {
  const program = new Program(
    t,
    `
    await using job = unit('job');
    job.onPersist('model', () => say('saved'));
    await job.ready();
    throw new Error('half way');
  `,
  );
  assert.deepEqual(await program.ended, { code: 1, signal: null });
  const report = program.report();
  assert.deepEqual([report.outcome, report.exitCode, report.error], ['failed', 1, 'half way']);
  assert.deepEqual(program.said, ['saved']);
});

test('as PID 1 of a PID namespace SIGTERM ends the unit, and the exit code arrives', async (t) => {
  const through = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
  if (spawnSync(through[0]!, [...through.slice(1), 'true']).status !== 0) {
    t.skip('unshare --pid is not permitted here');
    return;
  }
  const program = new Program(
    t,
    `
    import { spawn } from 'node:child_process';
    const api = unit('api', { grace: '1s' });
    api.work.accept('r-1');
    live();
    await api.ready();
    say('pid ' + process.pid);
    // From inside the namespace, as a container engine's init would: PID 1 gets only signals that it handles.
    spawn('kill', ['-TERM', '1']);
  `,
    { through },
  );
  await program.says('pid 1');
  assert.deepEqual(await program.ended, { code: 100, signal: null });
  assert.equal(program.report().cause.signal, 'SIGTERM');
});

test('a hook that fails is named, and the rest goes on', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api');
    api.onPersist('model', () => { throw new Error('no space left'); });
    api.onPersist('metrics', () => say('metrics pushed'));
    api.onRelease('lock', () => say('released'));
    await api.ready();
  `,
  );
  assert.deepEqual(await program.ended, { code: 101, signal: null });
  assert.deepEqual(program.said, ['metrics pushed', 'released']);
  const report = program.report();
  assert.equal(report.stages[3]?.error, 'model: no space left');
  // A failing clean-up never rewrites the outcome of the work (invariant 8).
  assert.equal(report.outcome, 'clean');
});

test('what was written before the exit arrives whole, also through a pipe whose reader is slow', async (t) => {
  const slowReader = ['bash', '-c', 'set -o pipefail; "$@" | { sleep 0.3; cat; }', 'bash'];
  const program = new Program(
    t,
    `
    const job = unit('job');
    await job.ready();
    process.stdout.write('x'.repeat(2 ** 20) + '\\nlast line\\n');
    void job.stop();
  `,
    { through: slowReader },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.equal(program.said[0]?.length, 2 ** 20);
  assert.equal(program.said[1], 'last line');
});

test('SIGHUP of a unit with a reload of its own reloads, also while it ends, and ends nothing', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { grace: '60s', reload: () => say('reloaded') });
    let finish;
    api.onDrain('work', () => new Promise((resolve) => (finish = resolve)));
    live();
    await api.ready();
    say('ready');
    process.on('SIGUSR2', () => finish());
  `,
  );
  await program.says('ready');
  program.signal('SIGHUP');
  await program.says('reloaded');
  program.signal('SIGTERM');
  await program.logs('stage_started', { stage: 'drain' });
  program.signal('SIGHUP');
  await program.logs('reload');
  program.signal('SIGUSR2');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.equal(program.report().signals.length, 1);
});
