// Event loops that are blocked while something ends: the watchdog's thread reports and kills (invariant 4, timeline 4).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Program } from '../testing/program.ts';

test('an event loop blocked for ever in drain is reported and killed by the watchdog (timeline 4)', async (t) => {
  const program = new Program(
    t,
    `
    const job = unit('job', { grace: '1s', workOf: 'records' });
    job.onDrain('last batch', () => { say('blocked'); for (;;); });
    job.onPersist('model', () => say('never'));
    live();
    await job.ready();
    job.work.acceptMany(5);
    job.work.finishMany(2);
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: null, signal: 'SIGKILL' });
  const report = program.report();
  assert.equal(report.exitCode, 105);
  assert.equal(report.outcome, 'killed');
  assert.deepEqual(report.stages[2]?.stuck, ['last batch', '3 items']);
  assert.deepEqual(report.work, {
    of: 'records',
    accepted: 5,
    finished: 2,
    returned: 0,
    lost: 3,
    unknown: 0,
    lostIds: [],
  });
  const line = await program.logs('ended');
  assert.equal(line['by'], 'watchdog');
});

test('a blocked loop inside a part is reported as stuck in that part', async (t) => {
  const program = new Program(
    t,
    `
    const system = unit('system', { grace: '1s' });
    const model = system.part('churn', { kind: 'model' });
    model.onDrain('predictions', block);
    live();
    await model.ready();
    await system.ready();
    model.work.accept('p-1');
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: null, signal: 'SIGKILL' });
  const report = program.report();
  assert.deepEqual(report.stages[2]?.stuck, ['churn']);
  assert.deepEqual(report.parts[0]?.stages[2]?.stuck, ['predictions', 'p-1']);
  assert.deepEqual(report.parts[0]?.work.lostIds, ['p-1']);
});

test('a loop that is blocked during start-up, after a stop, is ended at the deadline too', async (t) => {
  const blockings = [
    "api.onDrain('load', () => { setTimeout(block, 50); return never(); })",
    "api.onDrain('load', block)",
    "api.stopRequested.addEventListener('abort', block)",
  ];
  const blocked = async (blocking: string): Promise<void> => {
    // Drain has half of the grace: the loop is blocked long before it is cut, however busy the machine is.
    const program = new Program(t, `const api = unit('api', { grace: '2s' }); ${blocking}; say('loading'); live();`);
    await program.says('loading');
    program.signal('SIGTERM');
    assert.deepEqual(await program.ended, { code: null, signal: 'SIGKILL' }, blocking);
    assert.equal(program.report().exitCode, 105);
  };
  await Promise.all(blockings.map(blocked));
});

test('whoever waits for the stop of a unit at work and blocks the loop is ended at the deadline', async (t) => {
  const blockings = [
    "api.stopRequested.addEventListener('abort', block)",
    "api.on(({ event }) => { if (event === 'stage_started') block(); })",
  ];
  // After a while the watchdog has been told all there was to tell, and hears of the stop only if it is told anew.
  const whiles = [0, 200];
  const blocked = async (blocking: string, workMs: number): Promise<void> => {
    const program = new Program(
      t,
      `
      const api = unit('api', { grace: '1s' });
      ${blocking};
      live();
      await api.ready();
      await sleep(${workMs});
      say('ready');
    `,
    );
    await program.says('ready');
    program.signal('SIGTERM');
    assert.deepEqual(await program.ended, { code: null, signal: 'SIGKILL' }, blocking);
    const { exitCode, outcome, cause } = program.report();
    assert.deepEqual([exitCode, outcome, cause.signal], [105, 'killed', 'SIGTERM'], blocking);
  };
  await Promise.all(blockings.flatMap((blocking) => whiles.map((workMs) => blocked(blocking, workMs))));
});
