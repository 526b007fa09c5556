// Parts whose time changes on the way: a notice, leases, and parts that come too late.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Program } from '../testing/program.ts';

test('a notice during the ending reaches the parts: each saves before its parent does', async (t) => {
  const program = new Program(
    t,
    `
    const system = unit('system', { grace: '60s' });
    const model = system.part('churn', { kind: 'model', unfinishedWork: 'returned' });
    model.onDrain('queue', never);
    model.onPersist('weights', async () => { await sleep(100); say('churn saved'); });
    system.onPersist('catalogue', () => say('system saved'));
    live();
    await model.ready();
    await system.ready();
    say('ready');
    system.on(({ event, stage }) => {
      if (event === 'stage_started' && stage === 'drain') setTimeout(() => system.notice(3_000, 'spot'), 50);
    });
  `,
    // Also where a container engine would allow less.
    { environment: { LASTCALL_GRACE: '60s' } },
  );
  await program.says('ready');
  program.signal('SIGTERM');
  const { signal } = await program.ended;
  assert.equal(signal, null);
  const report = program.report();
  assert.deepEqual(program.said.slice(1), ['churn saved', 'system saved']);
  // 2 s are left, half of them for drain; of these the part keeps half for its own persist and release.
  const drain = report.parts[0]?.stages[2];
  assert.deepEqual([drain?.result, drain?.stuck], ['timeout', ['queue']]);
  assert.ok(drain && drain.tookMs < 1_000, `the part drained for ${drain?.tookMs} ms`);
  assert.equal(report.parts[0]?.stages[3]?.result, 'ok');
});

test('a lease of a part is one of its parent, and leaves both the time for what comes after', async (t) => {
  const program = new Program(
    t,
    `
    const system = unit('system', { grace: '2s', drainExtension: '20s' });
    const model = system.part('churn', { kind: 'model' });
    model.onPersist('upload', ({ extend }) => {
      say('granted ' + Math.round(extend(2_500)));
      return never();
    });
    model.onRelease('lock', async () => { await sleep(100); say('lock released'); });
    system.onPersist('catalogue', () => say('system saved'));
    live();
    await model.ready();
    await system.ready();
    say('ready');
  `,
    // Under systemd a deadline may be moved; that nobody listens at this address is only logged.
    { environment: { NOTIFY_SOCKET: '/nobody/listens' } },
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 101, signal: null });
  assert.deepEqual(program.said.slice(1), ['granted 2500', 'lock released', 'system saved']);
  const [part] = program.report().parts;
  assert.deepEqual([part?.stages[3]?.result, part?.stages[4]?.result], ['timeout', 'ok']);
});

test('a part is not started any more once its unit takes no new work', async (t) => {
  const program = new Program(
    t,
    `
    const system = unit('system', { grace: '20s' });
    const model = system.part('churn');
    system.onDrain('swap', async () => {
      await model.ended;
      for (const name of ['price', 'churn']) {
        try { system.part(name); } catch (error) { say(name + ': ' + error.message); }
      }
    });
    await model.ready();
    await system.ready();
    void system.stop();
  `,
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  for (const name of ['price', 'churn']) {
    assert.ok(
      program.said.some((line) => line.startsWith(`${name}: `) && line.includes('is ending')),
      name,
    );
  }
  assert.deepEqual(
    program.report().parts.map(({ unit, outcome }) => [unit.name, outcome]),
    [['churn', 'clean']],
  );
});

test('hundreds of parts end side by side, and telling the watchdog of each does not use their time up', async (t) => {
  const program = new Program(
    t,
    `
    const system = unit('system', { grace: '20s', log: false });
    for (let index = 0; index < 500; index++) {
      const part = system.part('part-' + index);
      part.onDrain('queue', () => sleep(5));
      part.onPersist('weights', () => sleep(1));
      await part.ready();
    }
    live();
    await system.ready();
    say('ready');
  `,
    { environment: { LASTCALL_GRACE: '20s' } },
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  const { parts, stages } = program.report();
  assert.equal(parts.filter(({ outcome }) => outcome === 'clean').length, 500);
  assert.equal(stages[2]?.result, 'ok');
});
