// A stop while the outside misbehaves: it ends within its deadline, the account adds up, what hangs is named, and the next run
// brings everything to where it belongs, each output once by its key.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { until } from '../../../lifecycle/testing/until.ts';
import { pipeline } from '../../pipeline.ts';
import type { Pipeline } from '../../pipeline.ts';
import { receiver } from '../../sinks/http/testing.ts';
import { http } from '../../sinks/index.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import { items } from '../../testing/branching.ts';
import type { Item } from '../../testing/branching.ts';
import { leftIn, temporaryDirectory } from '../../testing/engine.ts';
import { startPipeline } from './start.ts';

const QUIET = { ownsProcess: false, log: false, control: false } as const;
const STOP = { grace: '4s', drainCap: 500 } as const;
const taken = (response: ServerResponse): void => void response.writeHead(204).end();

/** How the other side answers its n-th request, from 0. */
const OUTSIDES: Readonly<Record<string, (response: ServerResponse, number: number) => void>> = {
  slow: (response) => void setTimeout(taken, 400, response),
  dead: () => {},
  flapping: (response, number) =>
    number % 2 === 0 ? taken(response) : void response.writeHead(503, { 'retry-after': '0' }).end(),
  cutting: (response, number) => (number % 3 === 0 ? taken(response) : void response.socket?.destroy()),
};

for (const [name, answer] of Object.entries(OUTSIDES)) {
  test(`a stop beside a sink that is ${name} ends in time, and nothing is lost`, async (t) => {
    const other = await receiver(t);
    let number = 0;
    other.answer = (_, response) => answer(response, number++);
    const stateDir = await temporaryDirectory(t);
    const defined = pipeline('sending', {
      source: arraySource<Item>([items(0, 60)], { growing: true }),
      process: ({ id }) => ({ id }),
      sink: http<Item>(other.url, { backoff: 1, backoffMax: 5, retries: 1_000, timeout: '20s' }),
      commit: { records: 20, every: '5ms' },
      archive: 'never',
    });
    const first = await startPipeline(defined, { ...QUIET, ...STOP, stateDir });
    await until(() => first.progress()?.records === 60 && other.received.length > 0, 'deliveries');
    const { work, budget, exitCode } = await first.unit.stop();
    assert.deepEqual([work.accepted, work.finished + work.returned, work.lost], [60, 60, 0]);
    // 100 as well if the last acknowledgement came after drain's limit, while persist had time left.
    assert.ok(exitCode === 100 || (exitCode === 0 && work.returned === 0), `exit code ${exitCode}`);
    assert.ok(budget.usedMs <= budget.totalMs, `${budget.usedMs} of ${budget.totalMs} ms`);
    other.answer = (_, response) => taken(response);
    const second = await startPipeline(defined, { ...QUIET, stateDir });
    await until(() => second.unit.work.inFlight === 0, 'everything to be delivered');
    assert.equal((await second.unit.stop()).exitCode, 0);
    assert.equal(new Set(other.received.map(({ key }) => key)).size, 60);
  });
}

/** A step that waits for a model that answers as it is told to. */
function asking(predict: (id: number) => Promise<number>, records: number): Pipeline {
  return pipeline('asking', {
    source: arraySource<Item>([items(0, records)], { growing: true }),
    process: async ({ id }) => ({ id, p: await predict(id) }),
    sink: tableSink(),
    commit: { records: 10, every: '5ms' },
    archive: 'never',
  });
}

test('a model that hangs while the pipeline is stopped is named as stuck, and its record is read again', async (t) => {
  const stateDir = await temporaryDirectory(t);
  let asked = false;
  const hangs = (id: number): Promise<number> => {
    if (id !== 30) return Promise.resolve(id);
    asked = true;
    return new Promise(() => {});
  };
  const first = await startPipeline(asking(hangs, 50), { ...QUIET, ...STOP, stateDir });
  await until(() => asked, 'the model to hang');
  const report = await first.unit.stop();
  assert.ok(report.stages.find(({ name }) => name === 'drain')!.stuck.includes('records'));
  assert.deepEqual([report.outcome, report.exitCode, report.work.lost], ['handed_back', 100, 0]);
  assert.ok(report.work.returned > 0 && report.budget.usedMs <= report.budget.totalMs);
  const second = await startPipeline(
    asking((id) => Promise.resolve(id), 50),
    { ...QUIET, stateDir },
  );
  await until(() => second.progress()?.records === 50, 'all records');
  await second.unit.stop();
  const ids = leftIn(second.directory).outputs.map(
    (row) => JSON.parse((row as { output: string }).output).id as number,
  );
  assert.deepEqual(
    ids,
    items(0, 50).map(({ id }) => id),
  );
});

test('ten times more than the other side takes: the source waits, and a stop has little to hand back', async (t) => {
  const other = await receiver(t);
  const waiting: ServerResponse[] = [];
  other.answer = (_, response) => void waiting.push(response);
  const stateDir = await temporaryDirectory(t);
  const defined = pipeline('overload', {
    source: arraySource<Item>([items(0, 1_000)], { growing: true, batch: 50 }),
    process: ({ id }) => ({ id }),
    sink: http<Item>(other.url, {
      outboxMax: 100,
      concurrency: 4,
      timeout: '20s',
      retries: 1_000,
      backoff: 1,
      backoffMax: 5,
    }),
    commit: { records: 50, every: '5ms' },
    archive: 'never',
  });
  const first = await startPipeline(defined, { ...QUIET, ...STOP, stateDir });
  await until(() => (first.progress()?.records ?? 0) >= 50 && waiting.length >= 4, 'a full outbox');
  const { work, budget } = await first.unit.stop();
  assert.deepEqual([work.finished, work.lost, work.accepted === work.returned], [0, 0, true]);
  // The outbox, one epoch that waits for room, and what is read ahead.
  assert.ok(work.accepted <= 400, `${work.accepted} accepted`);
  assert.ok(budget.usedMs <= budget.totalMs);
});
