import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { until } from '../../../lifecycle/testing/until.ts';
import { arraySource } from '../../testdata/array-source.ts';
import type { ArraySource } from '../../testdata/array-source.ts';
import { branching, items } from '../../testing/branching.ts';
import type { BranchingGiven, Item } from '../../testing/branching.ts';
import { branchesLeft, idsOf } from '../../testing/branching-left.ts';
import type { BranchesLeft } from '../../testing/branching-left.ts';
import { committed, open, runToEnd, temporaryDirectory } from '../../testing/engine.ts';
import { newestEpochs } from './epoch-rows.ts';
import type { OpenPipeline } from './open.ts';

const ids = (from: number, to: number): number[] => items(from, to).map(({ id }) => id);
const notFifths = (from: number, to: number): number[] => ids(from, to).filter((id) => id % 5 !== 0);

async function undisturbed(t: TestContext, to: number): Promise<BranchesLeft> {
  const directory = await temporaryDirectory(t);
  await runToEnd(branching(arraySource([items(0, to)])), directory);
  return branchesLeft(directory);
}

interface Run {
  readonly directory: string;
  readonly source: ArraySource<Item>;
  readonly opened: OpenPipeline;
  /** Grows the source by `records` and waits until they are committed. */
  feed(to: number): Promise<void>;
  /** Pauses it, commits, and closes it. */
  end(): Promise<void>;
}

async function run(t: TestContext, given: BranchingGiven = {}, before?: Run): Promise<Run> {
  const directory = before?.directory ?? (await temporaryDirectory(t));
  const source = before?.source ?? arraySource<Item>([[]], { growing: true });
  const opened = await open(branching(source, { records: 7, ...given }), directory);
  const working = opened.engine.run();
  working.catch(() => {});
  return {
    directory,
    source,
    opened,
    async feed(to) {
      const from = opened.epochs.committed.row.records;
      source.grow(0, items(from, to));
      await committed(opened, to);
    },
    async end() {
      opened.engine.pause();
      await working;
      await opened.engine.commitLast('suspend', new AbortController().signal);
      await opened[Symbol.asyncDispose]();
    },
  };
}

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

test('what is asked at once takes effect in the order in which it was asked', async (t) => {
  const one = await run(t);
  await one.feed(20);
  const { parts } = one.opened;
  const [, parked, , again] = await Promise.allSettled([
    parts!.stop('part:audit'),
    parts!.start('part:audit'),
    parts!.stop('part:audit'),
    parts!.start('part:audit'),
    parts!.stop('part:audit'),
  ]);
  assert.deepEqual(
    [parked, again],
    [parked, again].map(() => ({ status: 'fulfilled', value: 0 })),
  );
  assert.deepEqual(one.opened.state.branches!.stopped, ['part:audit']);
  const twice = await Promise.allSettled([parts!.start('part:audit'), parts!.start('part:audit')]);
  assert.deepEqual(
    twice.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  await one.end();
});

test('a stop that comes too late for a barrier is part of the last epoch, and of the next start', async (t) => {
  const one = await run(t);
  await one.feed(20);
  one.opened.engine.pause();
  const late = one.opened.parts!.stop('part:audit');
  await one.end();
  await late;
  const two = await run(t, {}, one);
  assert.deepEqual(two.opened.state.branches!.stopped, ['part:audit']);
  await two.end();
});

test('a queue is bounded in bytes as well: what waits never takes much more than that of memory and disk', async (t) => {
  const parkedBytesMax = 2_000;
  const one = await run(t, { parkedBytesMax });
  await one.opened.parts!.stop('part:audit');
  one.source.grow(0, items(0, 500));
  await until(() => one.opened.state.branches!.room === 0, 'a full queue');
  await one.opened.engine.atBarrier((commit) => commit());
  const sum = one.opened.state.database.prepare(
    'SELECT sum(length(value)) AS bytes FROM lastcall_piece WHERE slot > 3',
  );
  const bytes = Number(sum.get()!['bytes']);
  assert.ok(bytes >= parkedBytesMax && bytes < parkedBytesMax * 1.2, `${bytes} bytes`);
  await one.opened.parts!.start('part:audit');
  await committed(one.opened, 500);
  await one.end();
  assert.deepEqual(branchesLeft(one.directory), await undisturbed(t, 500));
});

test('stopping, parking and working off again and again takes no more disk each time', async (t) => {
  const one = await run(t, { records: 1_000 });
  const pages = (): number => Number(one.opened.state.database.prepare('PRAGMA page_count').get()!['page_count']);
  const free = (): number =>
    Number(one.opened.state.database.prepare('PRAGMA freelist_count').get()!['freelist_count']);
  const used: number[] = [];
  for (let round = 1; round <= 6; round++) {
    await one.opened.parts!.stop('model:price');
    await one.feed(round * 400);
    const parked = pages() - free();
    await one.opened.parts!.start('model:price');
    await until(() => !one.opened.state.branches!.isAnyParked, 'an empty queue');
    await one.opened.engine.atBarrier((commit) => commit());
    used.push(pages() - free());
    assert.ok(parked > 0);
  }
  // Outputs grow by the same in each round; what was parked leaves nothing behind.
  const growth = used.slice(1).map((size, index) => size - used[index]!);
  assert.ok(Math.max(...growth) - Math.min(...growth) <= 6, `pages after each round: ${used.join(', ')}`);
  await one.end();
});

test('a model that is swapped while it is stopped comes back as the new one, and what was parked is done by it', async (t) => {
  const one = await run(t);
  await one.feed(20);
  await one.opened.parts!.stop('model:price');
  await one.feed(40);
  const file = join(one.directory, 'hundred');
  await writeFile(file, '100');
  await one.opened.models.swap('price', file, 'v2');
  assert.deepEqual(idsOf(branchesLeft(one.directory).step), ids(0, 20));
  await one.end();
  const two = await run(t, {}, one);
  await two.opened.parts!.start('model:price');
  await two.feed(60);
  await two.end();
  assert.deepEqual(idsOf(branchesLeft(two.directory).step), [...ids(0, 20), ...ids(120, 160)]);
});

test('what cannot be stopped alone is named with what can', async (t) => {
  const one = await run(t);
  await assert.rejects(one.opened.parts!.stop('part:nobody'), /model:price, model:hint, part:audit, part:tally/);
  await assert.rejects(one.opened.parts!.start('part:audit'), /it is not stopped/);
  await one.end();
});
