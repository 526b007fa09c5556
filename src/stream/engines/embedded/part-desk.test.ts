import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { until } from '../../../lifecycle/testing/until.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { branching, items } from '../../testing/branching.ts';
import { branchesLeft, idsOf } from '../../testing/branching-left.ts';
import { ids, notFifths, run, undisturbed } from '../../testing/branching-run.ts';
import { committed, open, temporaryDirectory } from '../../testing/engine.ts';
import { newestEpochs } from './epoch-rows.ts';

test('a part that parks misses nothing: what came while it was stopped is worked off before what comes after', async (t) => {
  const one = await run(t);
  await one.feed(20);
  await one.opened.parts!.stop('part:audit');
  await one.feed(60);
  assert.equal(branchesLeft(one.directory).parked, 40);
  assert.deepEqual(one.opened.state.branches!.parked, { step: 0, 'part:audit': 40, 'part:tally': 0 });
  assert.deepEqual(idsOf(branchesLeft(one.directory).audit), notFifths(0, 20));
  assert.deepEqual(idsOf(branchesLeft(one.directory).step), ids(0, 60));
  assert.equal(await one.opened.parts!.start('part:audit'), 40);
  await one.feed(80);
  await one.end();
  assert.deepEqual(branchesLeft(one.directory), await undisturbed(t, 80));
});

test('a part that is passed by does without what came while it was stopped', async (t) => {
  const one = await run(t);
  await one.feed(20);
  await one.opened.parts!.stop('part:tally');
  await one.feed(60);
  assert.equal(await one.opened.parts!.start('part:tally'), 0);
  await one.feed(80);
  await one.end();
  const left = branchesLeft(one.directory);
  assert.deepEqual(idsOf(left.tally), [...ids(0, 20), ...ids(60, 80)]);
  assert.deepEqual({ ...left, tally: [] }, { ...(await undisturbed(t, 80)), tally: [] });
});

test('while a model that parks is stopped the step and the parts that use it wait, and the other parts work', async (t) => {
  const one = await run(t);
  await one.feed(20);
  await one.opened.parts!.stop('model:price');
  await one.feed(60);
  const meanwhile = branchesLeft(one.directory);
  assert.deepEqual(idsOf(meanwhile.step), ids(0, 20));
  assert.deepEqual(idsOf(meanwhile.tally), ids(0, 20));
  assert.deepEqual(idsOf(meanwhile.audit), notFifths(0, 60));
  assert.equal(meanwhile.parked, 80);
  assert.equal(await one.opened.parts!.start('model:price'), 40);
  await one.feed(80);
  await one.end();
  assert.deepEqual(branchesLeft(one.directory), await undisturbed(t, 80));
});

test('while a model that is passed by is stopped the step sees null in its place, also after a swap', async (t) => {
  const one = await run(t);
  await one.feed(20);
  await one.opened.parts!.stop('model:hint');
  await one.feed(40);
  await one.end();
  const two = await run(t, {}, one);
  await two.feed(60);
  await two.opened.parts!.start('model:hint');
  await two.feed(80);
  await two.end();
  const left = branchesLeft(two.directory);
  const hints = left.step.map((row) => (JSON.parse((row as { output: string }).output) as { hint: unknown }).hint);
  assert.deepEqual(hints, [...ids(0, 20), ...ids(20, 60).map(() => null), ...ids(60, 80)]);
});

test('what is stopped and what is parked outlast the process, in the epoch row and in the state', async (t) => {
  const one = await run(t);
  await one.feed(20);
  await one.opened.parts!.stop('part:audit');
  await one.feed(60);
  const [row] = newestEpochs(one.opened.state.database, 1);
  assert.deepEqual(JSON.parse(row!.manifest).stopped, ['part:audit']);
  await one.end();
  const two = await run(t, {}, one);
  assert.deepEqual(two.opened.state.branches!.stopped, ['part:audit']);
  await two.feed(70);
  assert.equal(await two.opened.parts!.start('part:audit'), 50);
  await two.feed(80);
  const events = newestEpochs(two.opened.state.database, 1_000).flatMap(({ manifest }) => JSON.parse(manifest).events);
  assert.deepEqual(events, [
    { event: 'stopped', scope: 'part:audit' },
    { event: 'started', scope: 'part:audit' },
  ]);
  await two.end();
  assert.deepEqual(branchesLeft(two.directory), await undisturbed(t, 80));
});

test('a full queue stops the intake until its branch is back, and never holds more than its bound', async (t) => {
  const one = await run(t, { parkedMax: 25 });
  await one.feed(20);
  await one.opened.parts!.stop('part:audit');
  one.source.grow(0, items(20, 80));
  await until(() => one.opened.state.branches!.room === 0, 'a full queue');
  await committed(one.opened, 45);
  assert.equal(branchesLeft(one.directory).parked, 25);
  await one.opened.parts!.start('part:audit');
  await committed(one.opened, 80);
  await one.end();
  assert.deepEqual(branchesLeft(one.directory), await undisturbed(t, 80));
});

test('a pipeline whose queue is full can be ended, and the next start goes on with the queue', async (t) => {
  const one = await run(t, { parkedMax: 25 });
  await one.opened.parts!.stop('part:audit');
  one.source.grow(0, items(0, 80));
  await until(() => one.opened.state.branches!.room === 0, 'a full queue');
  await one.end();
  assert.equal(branchesLeft(one.directory).parked, 25);
  const two = await run(t, { parkedMax: 25 }, one);
  await two.opened.parts!.start('part:audit');
  await committed(two.opened, 80);
  await two.end();
  assert.deepEqual(branchesLeft(two.directory), await undisturbed(t, 80));
});

test('at the end of the source a pipeline stays for what is parked', async (t) => {
  const directory = await temporaryDirectory(t);
  await using opened = await open(branching(arraySource([items(0, 80)], { batch: 10 })), directory);
  let how = '';
  const stopping = opened.parts!.stop('part:audit');
  const working = opened.engine.run().then((end) => void (how = end));
  await stopping;
  await committed(opened, 80);
  assert.equal(how, '');
  await opened.parts!.start('part:audit');
  await working;
  assert.equal(how, 'end');
  const left = branchesLeft(directory);
  assert.deepEqual(left, await undisturbed(t, 80));
});

test('whatever is stopped, started, killed and archived in between, branches that park end as if nothing had been', async (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('feed' as const), records: fc.integer({ min: 1, max: 30 }) }),
    fc.record({
      kind: fc.constantFrom('stop' as const, 'start' as const),
      scope: fc.constantFrom('part:audit', 'model:price'),
    }),
    fc.record({ kind: fc.constantFrom('resume' as const, 'kill' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      let one = await run(t);
      let total = 0;
      for (const each of steps) {
        const { stopped } = one.opened.state.branches!;
        if (each.kind === 'feed') {
          total += each.records;
          await one.feed(total);
        } else if (each.kind === 'stop') await one.opened.parts!.stop(each.scope);
        else if (each.kind === 'start') {
          if (stopped.includes(each.scope)) await one.opened.parts!.start(each.scope);
        } else if (each.kind === 'resume') {
          await one.end();
          one = await run(t, {}, one);
        } else {
          // What is open is lost, as with a process that is killed.
          one.opened.engine.abandon();
          await one.opened[Symbol.asyncDispose]();
          one = await run(t, {}, one);
        }
      }
      for (const scope of one.opened.state.branches!.stopped) await one.opened.parts!.start(scope);
      await one.feed(total + 10);
      await one.end();
      assert.deepEqual(branchesLeft(one.directory), await undisturbed(t, total + 10));
    }),
    { numRuns: 25 },
  );
});

test('what cannot be stopped alone is named with what can', async (t) => {
  const one = await run(t);
  await assert.rejects(one.opened.parts!.stop('part:nobody'), /model:price, model:hint, part:audit, part:tally/);
  await assert.rejects(one.opened.parts!.start('part:audit'), /it is not stopped/);
  await one.end();
});
