import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until } from '../../../lifecycle/testing/until.ts';
import type { Report } from '../../../lifecycle/index.ts';
import { pipeline } from '../../pipeline.ts';
import type { Pipeline } from '../../pipeline.ts';
import { http } from '../../sinks/index.ts';
import { arraySource } from '../../testdata/array-source.ts';
import type { ArraySource } from '../../testdata/array-source.ts';
import { ledger } from '../../testdata/ledger-state.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import type { SinkFaults } from '../../testdata/table-sink.ts';
import { counting, events } from '../../testing/counting.ts';
import { leftIn, temporaryDirectory } from '../../testing/engine.ts';
import { startPipeline } from './start.ts';
import type { RunningPipeline, RunOptions } from './start.ts';

interface Item {
  readonly id: number;
}

async function start(t: TestContext, defined: Pipeline, options: RunOptions = {}): Promise<RunningPipeline> {
  const stateDir = options.stateDir ?? (await temporaryDirectory(t));
  const quiet = { ownsProcess: false, log: false, control: false } as const;
  return startPipeline(defined, { ...quiet, ...options, stateDir });
}

/** A pipeline that goes on for ever, whose step answers when it is told to. */
function waiting(faults: SinkFaults = {}): {
  defined: Pipeline;
  source: ArraySource<Item>;
  answer: Map<number, () => void>;
} {
  const source = arraySource<Item>([[]], { growing: true });
  const answer = new Map<number, () => void>();
  const defined = pipeline('waiting', {
    source,
    state: { seen: ledger() },
    process: ({ id }, { state }) => {
      state.seen.see('all', id);
      return id % 10 === 9 ? new Promise<Item>((resolve) => void answer.set(id, () => resolve({ id }))) : { id };
    },
    sink: tableSink(faults),
    archive: 'never',
  });
  return { defined, source, answer };
}

const ids = (from: number, to: number): Item[] =>
  Array.from({ length: to - from }, (_, index) => ({ id: from + index }));

test('a step that is answered during the drain is waited for', async (t) => {
  const { defined, source, answer } = waiting();
  const running = await start(t, defined);
  source.grow(0, ids(0, 15));
  await until(() => answer.has(9), 'the call');
  const ended = running.unit.stop();
  answer.get(9)!();
  const { outcome, exitCode, work } = await ended;
  assert.deepEqual({ outcome, exitCode }, { outcome: 'clean', exitCode: 0 });
  assert.ok(work.finished >= 10);
  assert.equal(work.finished, work.accepted);
  assert.equal(leftIn(running.directory).records, work.finished);
});

test('a step that hangs is given up at the drain limit: its record and what followed the last commit are returned', async (t) => {
  const { defined, source, answer } = waiting();
  const running = await start(t, defined, { drainCap: 100 });
  source.grow(0, ids(0, 5));
  await until(() => running.progress()?.records === 5, 'a commit');
  source.grow(0, ids(5, 15));
  await until(() => answer.has(9), 'the call');
  const report = await running.unit.stop();
  assert.equal(report.exitCode, 100);
  assert.equal(report.outcome, 'handed_back');
  const { finished, returned, lost, accepted } = report.work;
  assert.deepEqual({ finished, returned, lost }, { finished: 5, returned: accepted - 5, lost: 0 });
  assert.deepEqual(report.stages.find(({ name }) => name === 'drain')?.result, 'timeout');
  assert.equal(leftIn(running.directory).records, 5);
});

test('a step that is slow has little read ahead: a stop processes all of it well within its drain', async (t) => {
  const slow = pipeline('slow', {
    source: arraySource([ids(0, 50_000)]),
    // Slow because the processor is busy: a millisecond a record.
    process: ({ id }) => {
      for (const startedMs = performance.now(); performance.now() - startedMs < 1;);
      return { id };
    },
    sink: tableSink(),
    archive: 'never',
  });
  const running = await start(t, slow, { grace: '60s', drainCap: '20s' });
  await until(() => (running.progress()?.records ?? 0) >= 200, 'the pace');
  const { work, exitCode } = await running.unit.stop();
  assert.deepEqual([exitCode, work.returned, work.finished], [0, 0, work.accepted]);
  assert.ok(work.accepted < 10_000, `${work.accepted} records were read`);
});

test('an answer that comes after the step was given up changes nothing', async (t) => {
  const { defined, source, answer } = waiting();
  const running = await start(t, defined, { drainCap: 50 });
  source.grow(0, ids(0, 10));
  await until(() => answer.has(9), 'the call');
  const ended = running.unit.stop();
  await until(() => running.unit.phase === 'ended' || running.progress() !== null, 'the ending');
  const report = await ended;
  answer.get(9)!();
  assert.equal(report.work.returned, 10);
  assert.equal(leftIn(running.directory).records, 0);
});

test('mode drain fires what waits for time and marks the end of the stream', async (t) => {
  const { defined, source } = waiting();
  const running = await start(t, defined);
  source.grow(0, ids(0, 5));
  await until(() => running.progress()?.records === 5, 'a commit');
  const epoch = running.progress()!.epoch;
  assert.equal((await running.unit.stop({ mode: 'drain' })).exitCode, 0);
  assert.deepEqual(running.progress()?.epoch, epoch + 1);
});

test('a failing step ends the unit: exit code 1, step and position named, and the last good record committed', async (t) => {
  const failing = counting(events(1_000), {
    before: ({ id }) => {
      if (id === 600) throw new Error('unheard of');
    },
  });
  const report = await (await start(t, failing)).ended;
  assert.equal(report.outcome, 'failed');
  assert.equal(report.exitCode, 1);
  assert.match(report.error!, /counting, partition 0, record before position 601: process failed: unheard of/);
  assert.deepEqual(report.checkpoint?.position, { 0: [600] });
  assert.equal(report.work.lost, 0);
});

test('a commit that fails while the pipeline ends is a failed persist (101), and the last good checkpoint stands', async (t) => {
  let isFull = false;
  const { defined, source } = waiting({
    commit: (_, database) => {
      if (isFull) database.exec('PRAGMA max_page_count = 1');
    },
  });
  const running = await start(t, defined);
  source.grow(0, ids(0, 5));
  await until(() => running.progress()?.records === 5, 'a commit');
  isFull = true;
  // Enough to need a page.
  source.grow(
    0,
    ids(1, 500).map(({ id }) => ({ id: id * 10 })),
  );
  const report = await stopAfterRead(running);
  assert.equal(report.exitCode, 101);
  assert.equal(leftIn(running.directory).records, 5);
  assert.deepEqual([report.work.finished, report.work.returned, report.work.lost], [5, report.work.accepted - 5, 0]);
});

async function stopAfterRead(running: RunningPipeline): Promise<Report> {
  await until(() => running.unit.work.counts.accepted > 5 || running.unit.phase !== 'ready', 'records');
  return running.unit.stop();
}

test('what a source or a model needs and is not there is 109, and nothing was read', async (t) => {
  let reads = 0;
  const source = arraySource<Item>([ids(0, 5)], { onRead: () => void (reads += 1) });
  const absent = { ...source, open: () => Promise.reject(new Error('connect ECONNREFUSED')) };
  const step = { process: () => undefined, archive: 'never' } as const;
  const sink = { ...tableSink(), open: () => Promise.reject(new Error('no route to host')) };
  for (const [defined, message] of [
    [pipeline('p', { ...step, source: absent }), /source: connect ECONNREFUSED/],
    [pipeline('p', { ...step, source, sink }), /sink: no route to host/],
  ] as const) {
    const report = await (await start(t, defined)).ended;
    assert.equal(report.exitCode, 109);
    assert.match(report.error!, message);
  }
  assert.equal(reads, 0);
});

test('progress tells how far it is, how fast, and what is left', async (t) => {
  const running = await start(t, counting(events(40_000, 10_000), { records: 5_000 }));
  await running.ended;
  const progress = running.progress()!;
  assert.equal(progress.records, 50_000);
  assert.equal(progress.recordsTotal, 50_000);
  assert.equal(progress.lag, 0);
  assert.deepEqual(progress.positions, [[40_000], [10_000]]);
  assert.equal(progress.deadLetters, 0);
  assert.ok(progress.recordsPerSecond > 0);
});

test('a stop that comes while the state is being opened is no failure', async (t) => {
  const source = arraySource<Item>([ids(0, 5)]);
  const opening = Promise.withResolvers<void>();
  const slow = {
    ...source,
    open: async (context: Parameters<typeof source.open>[0]) => {
      await opening.promise;
      return source.open(context);
    },
  };
  const defined = pipeline('slow', { source: slow, process: () => undefined, archive: 'never' });
  const starting = start(t, defined);
  queueMicrotask(() => opening.resolve());
  const running = await starting;
  assert.equal((await running.unit.stop()).exitCode, 0);
});

test('what was read of one partition and cannot be processed without another is returned at once', async (t) => {
  const reads = Promise.withResolvers<void>();
  const partitions = events(4_096, 10_000);
  const halted = counting(partitions, {
    // The second partition's turn comes, and its read never answers.
    onRead: (partition, after) => (partition === 1 && after.length > 0 ? reads.promise : undefined),
    batch: 4_096,
  });
  const running = await start(t, halted);
  await until(() => running.unit.work.counts.accepted >= 8_192, 'the reads');
  const { work, exitCode, stages } = await running.unit.stop();
  assert.equal(work.accepted, work.finished + work.returned);
  assert.equal(exitCode, work.returned === 0 ? 0 : 100);
  assert.equal(stages.find(({ name }) => name === 'drain')?.result, 'ok');
});

test('what ends with the unit beside the reading is given the unit before reading begins', async (t) => {
  const order: string[] = [];
  const source = arraySource<Item>([ids(0, 5)], { onRead: () => void order.push('read') });
  const joining = {
    ...source,
    open: async (context: Parameters<typeof source.open>[0]) => {
      const participant = { join: ({ name }: { name: string }) => void order.push(`joined ${name}`) };
      return { ...(await source.open(context)), participant };
    },
  };
  const running = await start(t, pipeline('joining', { source: joining, process: () => undefined, archive: 'never' }));
  assert.equal((await running.ended).exitCode, 0);
  assert.deepEqual(order.slice(0, 2), ['joined joining', 'read']);
});

test('a call to the outside is tried again, and at the drain limit it is cut and its record returned', async (t) => {
  let attempts = 0;
  const cut: string[] = [];
  const defined = pipeline('calling', {
    source: arraySource<Item>([ids(0, 3)], { growing: true }),
    calls: { scores: { timeout: '1h', backoff: 1 } },
    process: async ({ id }, { call }) => {
      const score = await call('scores', async (signal) => {
        if ((attempts += 1) === 1) throw new Error('connection reset');
        if (id < 2) return id * 2;
        signal.addEventListener('abort', () => cut.push(`call for ${id}`));
        return new Promise<number>(() => {});
      });
      return { id, score };
    },
    sink: tableSink(),
    archive: 'never',
    commit: { every: 0 },
  });
  const running = await start(t, defined, { drainCap: 50 });
  await until(() => attempts === 4, 'the call that hangs');
  const { work, exitCode } = await running.unit.stop();
  assert.deepEqual([work.finished, work.returned, exitCode], [2, 1, 100]);
  assert.deepEqual(cut, ['call for 2']);
  assert.deepEqual(
    leftIn(running.directory).outputs.map((row) => (row as { output: string }).output),
    ['{"id":0,"score":0}', '{"id":1,"score":2}'],
  );
});

test('what the outside does not take is handed back (100), and delivered before the next run ends well', async (t) => {
  let isDown = true;
  const delivered = new Set<number>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      if (!isDown) delivered.add((JSON.parse(body) as Item).id);
      response.writeHead(isDown ? 503 : 200).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const stateDir = await temporaryDirectory(t);
  const sending = pipeline('sending', {
    source: arraySource<Item>([ids(0, 20)]),
    process: ({ id }) => ({ id }),
    sink: http<Item>(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    archive: 'never',
  });
  const cut = await (await start(t, sending, { stateDir, grace: '2s', drainCap: 20 })).ended;
  assert.deepEqual([cut.exitCode, cut.work.finished, cut.work.returned], [100, 0, 20]);
  isDown = false;
  const whole = await (await start(t, sending, { stateDir })).ended;
  assert.deepEqual([whole.exitCode, whole.work.finished, whole.work.returned], [0, 20, 0]);
  assert.equal(delivered.size, 20);
});
