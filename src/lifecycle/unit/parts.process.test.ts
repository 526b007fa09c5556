// Nested units in a real process, steered through the control socket as `lastcall` does it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { controlOf } from '../control/client.ts';
import { Program } from '../testing/program.ts';

const SYSTEM = `
  const system = unit('system', { grace: '20s' });
  const parts = {
    features: system.part('features', { dependsOn: [] }),
    churn: system.part('churn', { kind: 'model', dependsOn: ['features'], optional: true, workOf: 'predictions' }),
    price: system.part('price', { kind: 'model' }),
  };
  for (const [name, part] of Object.entries(parts)) {
    part.onDrain('queue', async () => { say(name + ' drains'); await sleep(30); });
    part.onPersist('weights', () => say(name + ' saved'));
  }
  system.onPersist('catalogue', () => say('system saved'));
  live();
`;
const READY = `
  for (const part of Object.values(parts)) await part.ready();
  await system.ready();
  say('ready');
`;

test('parts end before their parent saves, and what needs another part ends before it', async (t) => {
  const program = new Program(t, SYSTEM + READY);
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  const order = (line: string) => program.said.indexOf(line);
  assert.ok(order('churn saved') < order('features drains'), 'churn needs features while it drains');
  assert.ok(order('price drains') < order('churn saved'), 'independent parts end side by side');
  for (const part of ['features', 'churn', 'price']) assert.ok(order(`${part} saved`) < order('system saved'));
  const report = program.report();
  const outcomes = Object.fromEntries(report.parts.map(({ unit, outcome }) => [unit.name, outcome]));
  assert.deepEqual(outcomes, { features: 'clean', churn: 'clean', price: 'clean' });
  assert.equal(report.parts[0]?.cause.signal, 'SIGTERM');
});

test('a scope ends one part and leaves the rest at work; readiness depends on whether it is optional', async (t) => {
  const program = new Program(t, SYSTEM + READY);
  await program.says('ready');
  const control = await controlOf(program.stateDir, 'system');
  const churn = await control.stop({ scope: 'model:churn' }, 10_000);
  assert.equal(churn.report?.outcome, 'clean');
  assert.equal((await control.status()).ready, true, 'churn is optional');
  await control.stop({ scope: 'part:price' }, 10_000);
  const status = await control.status();
  assert.equal(status.ready, false, 'price is not');
  assert.equal(status.phase, 'ready');
  const phases = status.parts.map(({ unit, phase }) => [unit.name, phase]);
  assert.deepEqual(phases, [
    ['features', 'ready'],
    ['churn', 'ended'],
    ['price', 'ended'],
  ]);
  await assert.rejects(control.stop({ scope: 'model:nobody' }, 0), /is no scope of this unit/);
  await control.stop({ scope: 'system' }, 0);
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  const report = program.report();
  assert.equal(report.cause.kind, 'api');
  assert.equal(report.parts.length, 3);
  assert.equal(program.said.filter((line) => line === 'churn saved').length, 1, 'nothing ends twice');
});

test('a part that is needed and fails turns the unit not ready, which works on, and the exit code says in the end', async (t) => {
  for (const [name, code, outcome] of [
    ['price', 1, 'failed'],
    ['churn', 0, 'clean'],
  ] as const) {
    const program = new Program(
      t,
      `${SYSTEM}${READY}
      await parts.${name}.fail(new Error('no weights'));
      say('ready: ' + system.readiness().ready);
    `,
    );
    await program.says(`ready: ${name === 'churn'}`);
    assert.equal((await (await controlOf(program.stateDir, 'system')).status()).phase, 'ready');
    program.signal('SIGTERM');
    assert.deepEqual(await program.ended, { code, signal: null });
    const report = program.report();
    assert.deepEqual([report.outcome, report.exitCode, report.cause.kind], [outcome, code, 'signal']);
    assert.equal(report.error, name === 'churn' ? null : 'price: no weights');
    assert.equal(report.parts.find(({ unit }) => unit.name === name)?.outcome, 'failed');
  }
});

test('a part that ended may be started again under its name: both reports are in the end', async (t) => {
  const program = new Program(
    t,
    `${SYSTEM}${READY}
    await parts.price.stop();
    say('down: ' + system.readiness().ready);
    const again = system.part('price', { kind: 'model' });
    say('starting: ' + system.readiness().ready);
    await again.ready();
    say('up: ' + system.readiness().ready);
  `,
  );
  await program.says('up: true');
  assert.ok(program.said.includes('down: false') && program.said.includes('starting: false'));
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.equal(program.report().parts.filter(({ unit }) => unit.name === 'price').length, 2);
});

test('what a part loses in the ending of the whole is lost for the whole: exit code 100', async (t) => {
  const program = new Program(
    t,
    `${SYSTEM}${READY}
    parts.churn.work.accept('p-1');
    say('in flight');
    await system.stop({ deadline: '1s' });
  `,
  );
  assert.deepEqual(await program.ended, { code: 100, signal: null });
  const churn = program.report().parts.find(({ unit }) => unit.name === 'churn');
  assert.deepEqual(churn?.work.lostIds, ['p-1']);
  assert.equal(churn?.work.of, 'predictions');
});

test('what a part lost when it was stopped alone stands in its own report', async (t) => {
  const program = new Program(
    t,
    `${SYSTEM}${READY}
    parts.churn.work.accept('p-1');
    await parts.churn.stop({ deadline: '500ms' });
    say('stopped');
  `,
  );
  await program.says('stopped');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  const churn = program.report().parts.find(({ unit }) => unit.name === 'churn');
  assert.deepEqual([churn?.outcome, churn?.exitCode, churn?.work.lostIds], ['incomplete', 100, ['p-1']]);
});

test('a second signal reaches the parts: each still saves', async (t) => {
  const program = new Program(
    t,
    `
    const system = unit('system', { grace: '30s' });
    const model = system.part('churn', { kind: 'model', unfinishedWork: 'returned' });
    model.onDrain('queue', never);
    model.onPersist('weights', async () => { await sleep(50); say('churn saved'); });
    system.onPersist('catalogue', () => say('system saved'));
    live();
    await model.ready();
    await system.ready();
    model.work.accept('p-1');
    say('ready');
    system.on(({ event }) => { if (event === 'signal') setTimeout(() => say('500 ms later'), 600); });
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  await program.says('500 ms later');
  program.signal('SIGTERM');
  const { code } = await program.ended;
  assert.equal(code, 104);
  const report = program.report();
  assert.equal(report.parts[0]?.outcome, 'forced');
  assert.equal(report.parts[0]?.work.returned, 1);
  assert.deepEqual(program.said.slice(-2), ['churn saved', 'system saved']);
});

test("a part that hangs is cut in time for its parent's own persist and release", async (t) => {
  const program = new Program(
    t,
    `
    const system = unit('system', { grace: '2s' });
    const model = system.part('churn');
    model.onDrain('queue', never);
    model.onPersist('weights', never);
    system.onPersist('catalogue', () => say('system saved'));
    live();
    await model.ready();
    await system.ready();
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  const { code } = await program.ended;
  assert.notEqual(code, 0);
  assert.ok(program.said.includes('system saved'));
  const report = program.report();
  assert.equal(report.stages[3]?.result, 'ok');
  assert.deepEqual(report.parts[0]?.stages[2]?.stuck, ['queue']);
  assert.deepEqual(report.parts[0]?.stages[3]?.stuck, ['weights']);
  assert.ok(report.budget.usedMs < 2_000);
});
