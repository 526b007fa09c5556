// Things that happen in an unusual order, or are asked for with unusual values.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';

import { newDirectory, Program } from '../testing/program.ts';

test('a start that is given up because a stop came is no failure', async (t) => {
  const program = new Program(
    t,
    `
    import { setTimeout as wait } from 'node:timers/promises';
    const api = unit('api', { grace: '10s' });
    api.onRelease('cache', async () => { await sleep(50); say('released'); });
    say('loading');
    await wait(60_000, null, { signal: api.stopRequested });
  `,
  );
  await program.says('loading');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  const { outcome, error } = program.report();
  assert.deepEqual([outcome, error], ['clean', null]);
  assert.ok(program.said.includes('released'));
});

test('a start that goes on after a stop gets no further than its next hook or part, and that is no failure', async (t) => {
  for (const next of ["api.onAnnounce('router', () => {})", "api.part('model')"]) {
    const program = new Program(
      t,
      `
      const api = unit('api', { grace: '10s' });
      api.onRelease('cache', () => sleep(100));
      say('loading');
      await new Promise((resolve) => api.on(({ event, stage }) => event === 'stage_started' && stage === 'release' && resolve()));
      ${next};
      say('went on');
    `,
    );
    await program.says('loading');
    program.signal('SIGTERM');
    assert.deepEqual(await program.ended, { code: 0, signal: null }, next);
    assert.ok(!program.said.includes('went on'));
  }
});

test('a unit made after the signal came is asked to end too', async (t) => {
  const program = new Program(
    t,
    `
    const first = unit('first', { grace: '10s' });
    first.onRelease('slow', () => new Promise((resolve) => setTimeout(resolve, 200)));
    say('starting');
    await new Promise((resolve) => first.stopRequested.addEventListener('abort', resolve, { once: true }));
    const second = unit('second');
    second.onRelease('it', () => say('second released'));
    live();
    await second.ready();
  `,
  );
  await program.says('starting');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.ok(program.said.includes('second released'));
  assert.deepEqual(
    program.reports().map(({ unit, cause }) => [unit.name, cause.signal]),
    [
      ['first', 'SIGTERM'],
      ['second', 'SIGTERM'],
    ],
  );
});

test('process.exit() in a hook leaves with the code of the report', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api');
    api.onDrain('old code', () => process.exit(3));
    api.onPersist('model', () => say('saved'));
    await api.ready();
    void api.stop();
  `,
  );
  const { code } = await program.ended;
  assert.deepEqual([code, program.report().exitCode, program.report().workExitCode], [101, 101, 3]);
});

test('process.exit() after the end of all units is what it says', async (t) => {
  const program = new Program(t, `const api = unit('api'); await api.ready(); await api.stop(); process.exit(7);`);
  assert.deepEqual(await program.ended, { code: 7, signal: null });
});

test('a sink of the log that throws holds nothing up', async (t) => {
  const program = new Program(
    t,
    `
    const api = unit('api', { log: () => { throw new Error('the collector is gone'); } });
    api.onPersist('model', () => say('saved'));
    await api.ready();
    void api.stop();
  `,
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.ok(program.said.includes('saved'));
  assert.equal(program.report().outcome, 'clean');
  const { error } = await program.logs('log_failed');
  assert.equal(error, 'the collector is gone');
});

test('positions that JSON does not know are written as text, and lines that cannot be shown say so', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job');
    await job.ready();
    job.checkpointed({ id: 'ckpt_1', verified: true, stepsBack: 0, position: { offset: 2n ** 60n } });
    const round = {};
    round.round = round;
    job.log('odd', { round });
    void job.stop();
  `,
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.deepEqual(program.report().checkpoint?.position, { offset: '1152921504606846976' });
  assert.match(String((await program.logs('odd'))['error']), /circular/);
});

test('numbers that make no sense are refused where they are given', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job');
    await job.ready();
    const wrong = [
      () => job.complete(256), () => job.complete(-1), () => job.complete(1.5),
      () => job.notice(NaN, 'spot'), () => job.notice(undefined, 'spot'), () => job.notice(-1, 'spot'),
      () => job.checkpointed({ id: 'c', verified: true, stepsBack: 0, position: { get it() { throw new Error('no'); } } }),
    ];
    for (const call of wrong) {
      try { call(); say('taken: ' + call); } catch (error) { say(error.code); }
    }
    say(job.phase);
  `,
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.deepEqual(program.said, [...Array.from({ length: 7 }, () => 'usage'), 'ready']);
});

test('the repeat of one Ctrl+C does not cut the last output', async (t) => {
  const entry = new URL('../index.ts', import.meta.url).href;
  const code = `
    import { unit } from '${entry}';
    const api = unit('api', { grace: '30s' });
    api.onRelease('summary', () => void process.stdout.write('x'.repeat(2 ** 20)));
    api.on(({ event }) => {
      // By now the units are over, and the process is handing its output over.
      if (event === 'ended') setTimeout(() => { process.kill(process.pid, 'SIGINT'); process.stderr.write('again'); }, 100);
    });
    await api.ready();
    process.kill(process.pid, 'SIGINT');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LASTCALL_STATE_DIR: newDirectory(t) },
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  for await (const chunk of child.stderr) if (String(chunk).includes('again')) break;
  assert.equal((await text(child.stdout)).length, 2 ** 20);
  assert.deepEqual(await ended, [0, null]);
});

test('whoever does not want to wait for the delivery of a report asks again', async (t) => {
  const asked = Promise.withResolvers<void>();
  const server = createServer(() => asked.resolve());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const program = new Program(
    t,
    `
    const api = unit('api', { grace: '60s' });
    api.on(({ event }) => { if (event === 'ended') setTimeout(() => say('600 ms later'), 600); });
    live();
    await api.ready();
    say('ready');
  `,
    { environment: { LASTCALL_REPORT_URL: `http://127.0.0.1:${port}/`, LASTCALL_GRACE: '60s' } },
  );
  await program.says('ready');
  program.signal('SIGTERM');
  await asked.promise;
  await program.says('600 ms later');
  const askedAgainAtMs = performance.now();
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  // Nobody would wait less than 9 s for an answer.
  assert.ok(performance.now() - askedAgainAtMs < 7_000);
});

test('a program may have one unit after the other', async (t) => {
  const program = new Program(
    t,
    `
    for (const name of ['first', 'second', 'third']) {
      await using job = unit(name, { grace: '1s' });
      job.onPersist('model', () => say(name + ' saved'));
      await job.ready();
      // Longer than the budget of the one before: nobody is watched any more who is over.
      await sleep(name === 'third' ? 2_000 : 1);
    }
  `,
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.deepEqual(program.said, ['first saved', 'second saved', 'third saved']);
  assert.equal(program.reports().length, 3);
});

test('an error after the end, while the report is delivered, is in the report and in the exit code', async (t) => {
  const server = createServer((_request, response) => void response.on('close', () => response.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const program = new Program(
    t,
    `
    const api = unit('api', { grace: '1s' });
    api.on(({ event }) => { if (event === 'ended') setTimeout(() => { throw new Error('too late'); }, 50); });
    await api.ready();
    void api.stop();
  `,
    { environment: { LASTCALL_REPORT_URL: `http://127.0.0.1:${port}/` } },
  );
  assert.deepEqual(await program.ended, { code: 1, signal: null });
  const { outcome, exitCode, error } = program.report();
  assert.deepEqual([outcome, exitCode, error], ['failed', 1, 'too late']);
});
