import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { controlOf } from '../../../lifecycle/control/client.ts';
import { Program } from '../../../lifecycle/testing/program.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { branching, items } from '../../testing/branching.ts';
import type { Item } from '../../testing/branching.ts';
import { branchesLeft } from '../../testing/branching-left.ts';
import type { BranchingProgram } from '../../testing/branching-program.ts';
import { runToEnd, temporaryDirectory } from '../../testing/engine.ts';
import { pipelineDirectory } from './place.ts';
import { startPipeline } from './start.ts';

const RECORDS = 6_000;

function program(test: TestContext, stateDir?: string): Program {
  const module = new URL('../../testing/branching-program.ts', import.meta.url).href;
  const given: BranchingProgram = { records: RECORDS, everyMs: 3, unit: { grace: '20s' } };
  const code = `const { runBranching } = await import('${module}'); await runBranching(${JSON.stringify(given)});`;
  return new Program(test, code, stateDir === undefined ? {} : { stateDir });
}

const directoryOf = ({ stateDir }: Program): string => pipelineDirectory(stateDir, 'branching');

test('a part ends with a report of its own while the pipeline works, and its end and its return are in the end', async (t) => {
  const stateDir = await temporaryDirectory(t);
  const source = arraySource<Item>([items(0, 20)], { growing: true });
  const options = { stateDir, ownsProcess: false, log: false, grace: '20s' } as const;
  const running = await startPipeline(branching(source, { every: '5ms' }), options);
  await until(() => running.progress()!.records === 20, 'records');
  const control = await controlOf(stateDir, 'branching');
  const { report } = await control.stop({ scope: 'part:audit' }, 10_000);
  assert.deepEqual([report?.outcome, report?.unit.kind, report?.unit.name], ['clean', 'part', 'audit']);
  assert.deepEqual([report?.work.accepted, report?.work.finished], [20, 20]);
  assert.equal(running.unit.readiness().ready, true, 'audit is optional');
  source.grow(0, items(20, 50));
  await until(() => running.progress()!.records === 50, 'more records');
  assert.deepEqual(running.progress()!.stopped, ['part:audit']);
  assert.equal(running.progress()!.parked['part:audit'], 30);
  assert.deepEqual(await control.send('POST', '/start', { scope: 'part:audit' }), { scope: 'part:audit', parked: 30 });
  await until(() => running.progress()!.parked['part:audit'] === 0, 'an empty queue');
  await assert.rejects(control.send('POST', '/start', { scope: 'part:audit' }), /it is not stopped/);
  await assert.rejects(control.send('POST', '/start', { scope: 'part:nobody' }), /these can: model:price/);
  await control.stop({ scope: 'part:tally' }, 10_000);
  assert.equal(running.unit.readiness().ready, false, 'tally is not optional');
  await control.send('POST', '/start', { scope: 'part:tally' });
  assert.equal(running.unit.readiness().ready, true);
  const whole = await running.unit.stop();
  assert.deepEqual([whole.outcome, whole.exitCode], ['clean', 0]);
  const names = whole.parts.map(({ unit, outcome, cause }) => `${unit.kind}:${unit.name} ${outcome} ${cause.kind}`);
  assert.equal(names.filter((line) => line === 'part:audit clean api').length, 2);
  assert.equal(whole.parts.length, 6);
  const left = branchesLeft(running.directory);
  const calm = await temporaryDirectory(t);
  await runToEnd(branching(arraySource([items(0, 50)])), calm);
  assert.deepEqual(left, branchesLeft(calm));
});

test('of two starts at once one is told that it is at work, and a stop that comes meanwhile is not forgotten', async (t) => {
  const stateDir = await temporaryDirectory(t);
  const source = arraySource<Item>([items(0, 20)], { growing: true });
  let hold: Promise<void> | undefined;
  const faults = { prepare: async (): Promise<void> => hold };
  const options = { stateDir, ownsProcess: false, log: false, grace: '20s' } as const;
  const running = await startPipeline(branching(source, { every: '5ms', faults }), options);
  await until(() => running.progress()!.records === 20, 'records');
  const control = await controlOf(stateDir, 'branching');
  await control.stop({ scope: 'part:audit' }, 10_000);
  const gate = Promise.withResolvers<void>();
  t.after(() => gate.resolve());
  const endings = Promise.withResolvers<void>();
  running.unit.on(({ event }) => void (event === 'stopping' && endings.resolve()));
  hold = gate.promise;
  const starts = Promise.allSettled([1, 2].map(() => control.send('POST', '/start', { scope: 'part:audit' })));
  const phaseOfAudit = async (): Promise<string | undefined> =>
    (await control.status()).parts.find(({ unit }) => unit.name === 'audit')?.phase;
  while ((await phaseOfAudit()) === 'ended') await nextTurn();
  // The start waits for its commit, and is stopped before it is ready.
  const stopped = control.stop({ scope: 'part:audit' }, 20_000);
  await endings.promise;
  gate.resolve();
  hold = undefined;
  const results = await starts;
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.match(String(results.find((result) => result.status === 'rejected')?.reason), /it is not stopped/);
  assert.equal((await stopped).report?.outcome, 'clean');
  assert.deepEqual(running.progress()!.stopped, ['part:audit']);
  assert.equal((await running.unit.stop()).exitCode, 0);
});

test('the whole is stopped in order while records are parked, and what is stopped stays so', async (t) => {
  const stateDir = await temporaryDirectory(t);
  const source = arraySource<Item>([items(0, 50)], { growing: true });
  const options = { stateDir, ownsProcess: false, log: false, grace: '20s' } as const;
  const running = await startPipeline(branching(source), options);
  const control = await controlOf(stateDir, 'branching');
  await control.stop({ scope: 'model:price' }, 10_000);
  source.grow(0, items(50, 90));
  await until(() => running.progress()!.uncommitted === 40 || running.progress()!.records === 90, 'records');
  const report = await running.unit.stop();
  assert.deepEqual([report.outcome, report.exitCode, report.work.finished], ['clean', 0, 90]);
  const again = await startPipeline(branching(source), options);
  assert.deepEqual(again.progress()!.stopped, ['model:price']);
  const { details, parts } = await (await controlOf(stateDir, 'branching')).status();
  assert.ok((details['parked'] as Record<string, number>)['step']! >= 40);
  assert.equal(parts.length, 4);
  assert.equal((await again.unit.stop()).exitCode, 0);
});

test('a process that is killed while records are parked loses and repeats none of them', async (t) => {
  const first = program(t);
  await first.says('epoch 3');
  const control = await controlOf(first.stateDir, 'branching');
  await control.stop({ scope: 'part:audit' }, 10_000);
  await control.stop({ scope: 'model:price' }, 10_000);
  const before = first.said.length;
  await until(() => first.said.length > before + 5, 'epochs with parked records');
  first.signal('SIGKILL');
  await first.ended;
  assert.ok(branchesLeft(directoryOf(first)).parked > 0);
  const second = program(t, first.stateDir);
  await second.says('epoch 2');
  const next = await controlOf(second.stateDir, 'branching');
  await next.send('POST', '/start', { scope: 'model:price' });
  second.signal('SIGKILL');
  await second.ended;
  const third = program(t, first.stateDir);
  await third.says('epoch 1');
  await (await controlOf(third.stateDir, 'branching')).send('POST', '/start', { scope: 'part:audit' });
  assert.deepEqual(await third.ended, { code: 0, signal: null });
  const calm = await temporaryDirectory(t);
  await runToEnd(branching(arraySource([items(0, RECORDS)])), calm);
  assert.deepEqual(branchesLeft(directoryOf(third)), branchesLeft(calm));
});
