// Records are finished when their epoch is committed and the outside has acknowledged it, epoch by epoch.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until } from '../../../lifecycle/testing/until.ts';
import { pipeline } from '../../pipeline.ts';
import type { Pipeline } from '../../pipeline.ts';
import { receiver } from '../../sinks/http/testing.ts';
import { http } from '../../sinks/index.ts';
import { arraySource } from '../../testdata/array-source.ts';
import type { ArraySource } from '../../testdata/array-source.ts';
import { temporaryDirectory } from '../../testing/engine.ts';
import { startPipeline } from './start.ts';
import type { RunningPipeline, RunOptions } from './start.ts';

interface Item {
  readonly id: number;
}

const ids = (from: number, to: number): Item[] =>
  Array.from({ length: to - from }, (_, index) => ({ id: from + index }));

/** Another side that takes the first `takes` outputs and is then too busy. */
async function limited(t: TestContext): Promise<{ url: string; takes: number; taken: Set<number> }> {
  const other = await receiver(t);
  const self = { url: other.url, takes: 0, taken: new Set<number>() };
  other.answer = ({ body }, response) => {
    const isTaken = self.taken.size < self.takes;
    if (isTaken) self.taken.add((body as Item).id);
    response.writeHead(isTaken ? 204 : 503, isTaken ? {} : { 'retry-after': '0' }).end();
  };
  return self;
}

function sending(source: ArraySource<Item>, url: string): Pipeline {
  return pipeline('sending', {
    source,
    process: ({ id }) => ({ id }),
    sink: http<Item>(url, { backoff: 1, backoffMax: 5 }),
    commit: { records: 50, every: '10ms' },
    archive: 'never',
  });
}

async function start(t: TestContext, defined: Pipeline, options: RunOptions = {}): Promise<RunningPipeline> {
  const quiet = { ownsProcess: false, log: false, control: false } as const;
  return startPipeline(defined, { ...quiet, stateDir: await temporaryDirectory(t), ...options });
}

test('a stop with half of the outputs delivered counts their epochs as finished, and hands the others back', async (t) => {
  const other = await limited(t);
  other.takes = 74;
  const stateDir = await temporaryDirectory(t);
  const defined = sending(arraySource([ids(0, 200)]), other.url);
  const running = await start(t, defined, { stateDir, grace: '5s', drainCap: 50 });
  await until(() => running.progress()?.records === 200 && other.taken.size === 74, 'half of the deliveries');
  const { work, exitCode } = await running.unit.stop();
  // What was delivered of the epoch that is not whole does not count.
  assert.ok(work.finished > 0 && work.finished <= 74, `${work.finished} finished`);
  assert.equal(work.finished + work.returned, 200);
  assert.equal(exitCode, 100);
  other.takes = Number.POSITIVE_INFINITY;
  const rest = await (await start(t, defined, { stateDir })).ended;
  assert.deepEqual([rest.exitCode, rest.work.finished, rest.work.returned], [0, rest.work.accepted, 0]);
  assert.equal(rest.work.accepted, 200 - 74);
  assert.equal(other.taken.size, 200);
});

test('a steady stream whose outbox is never empty makes progress', async (t) => {
  const other = await limited(t);
  const source = arraySource<Item>([[]], { growing: true });
  const running = await start(t, sending(source, other.url), { grace: '5s', drainCap: 50 });
  const { work } = running.unit;
  let records = 0;
  const grow = async (): Promise<void> => {
    source.grow(0, ids(records, (records += 10)));
    await until(() => running.progress()?.records === records, 'a commit');
  };
  await grow();
  await grow();
  assert.equal(work.counts.finished, 0);
  for (let rounds = 0; rounds < 3; rounds++) {
    other.takes += 10;
    await until(() => other.taken.size === other.takes, 'the deliveries');
    await until(async () => {
      await grow();
      return work.counts.finished >= rounds * 10;
    }, 'finished records');
    assert.ok(work.counts.finished <= other.takes);
  }
  const { accepted, finished, returned } = (await running.unit.stop()).work;
  assert.equal(accepted, records);
  assert.ok(finished >= 20 && finished <= other.takes, `${finished} finished`);
  assert.equal(finished + returned, accepted);
});

test('what is delivered while no record comes is counted as finished all the same', async (t) => {
  const other = await limited(t);
  const source = arraySource<Item>([[]], { growing: true });
  const running = await start(t, sending(source, other.url), { lease: '1s' });
  source.grow(0, ids(0, 10));
  await until(() => running.progress()?.records === 10, 'a commit');
  assert.equal(running.unit.work.counts.finished, 0);
  other.takes = 10;
  await until(() => running.unit.work.counts.finished === 10, 'the count');
  assert.equal((await running.unit.stop()).exitCode, 0);
});
