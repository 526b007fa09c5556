// The order in which stops and starts take effect, what a queue takes of memory and disk, and swaps of what is stopped.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../lifecycle/testing/until.ts';
import { items } from '../../testing/branching.ts';
import { branchesLeft, idsOf } from '../../testing/branching-left.ts';
import { ids, run, undisturbed } from '../../testing/branching-run.ts';
import { committed } from '../../testing/engine.ts';

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
  await one.opened.parts!.stop('part:audit');
  await one.end();
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
