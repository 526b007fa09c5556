import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { pipeline } from '../../pipeline.ts';
import { jsonlFiles } from '../../sinks/index.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import { counting, events } from '../../testing/counting.ts';
import type { Event, Given } from '../../testing/counting.ts';
import { leftIn, open, runToEnd, temporaryDirectory } from '../../testing/engine.ts';

test('every record is processed once, in order, whether rows or columns, by record, by batch or by promise', async (t) => {
  const partitions = events(25_000);
  const left = [];
  for (const given of [
    {},
    { columnar: true },
    { columnar: true, step: 'batch' },
    { batch: 777, step: 'async' },
  ] as Given[]) {
    const directory = await temporaryDirectory(t);
    await runToEnd(counting(partitions, given), directory);
    left.push(leftIn(directory));
  }
  const outputs = left[0]!.outputs as { output: string; place: string }[];
  assert.deepEqual(
    outputs.map(({ output }) => (JSON.parse(output) as { id: number }).id),
    partitions[0]!.map(({ id }) => id),
  );
  assert.equal(outputs.at(-1)!.place, '25000');
  for (const other of left.slice(1)) assert.deepEqual(other, left[0]);
});

test('a step may give nothing, one output or several, and ordinals tell those of one record apart', async (t) => {
  const directory = await temporaryDirectory(t);
  const process = ({ id }: Event): unknown => [undefined, id, [id, id], []][id];
  await runToEnd(
    pipeline('several', { source: arraySource(events(4)), process, sink: tableSink(), archive: 'never' }),
    directory,
  );
  assert.deepEqual(leftIn(directory).outputs, [
    { partition: 0, place: '2', ordinal: 0, output: '1' },
    { partition: 0, place: '3', ordinal: 0, output: '2' },
    { partition: 0, place: '3', ordinal: 1, output: '2' },
  ]);
});

test('the context tells time, place and partition of the record at hand', async (t) => {
  const directory = await temporaryDirectory(t);
  const seen: unknown[] = [];
  const defined = pipeline('context', {
    source: arraySource(events(2, 1), { columnar: true }),
    time: ({ id }) => id * 10,
    process: (_, { now, position, partition }) => void seen.push([partition, position, now]),
    archive: 'never',
  });
  await runToEnd(defined, directory);
  assert.deepEqual(seen, [
    [0, [1], 0],
    [0, [2], 10],
    [1, [1], 10_000_000],
  ]);
});

test('the end is bit-identical wherever batches and epochs were cut and however often it was killed', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        lengths: fc.array(fc.integer({ min: 0, max: 8_000 }), { minLength: 1, maxLength: 3 }),
        batch: fc.integer({ min: 1, max: 9_000 }),
        records: fc.integer({ min: 50, max: 9_000 }),
        columnar: fc.boolean(),
        step: fc.constantFrom('record' as const, 'batch' as const),
        // Where a commit fails: before it, within it, or after it has become durable.
        kills: fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.constantFrom('prepare', 'commit', 'published')), {
          maxLength: 4,
        }),
      }),
      async ({ lengths, batch, records, columnar, step, kills }) => {
        const partitions = events(...lengths);
        const calm = await temporaryDirectory(t);
        await runToEnd(counting(partitions), calm);
        const directory = await temporaryDirectory(t);
        for (const [commits, where] of kills) {
          let left = commits;
          const die = (): void => {
            if ((left -= 1) <= 0) throw new Error('killed');
          };
          const disturbed = counting(partitions, { batch, records, columnar, step, faults: { [where]: die } });
          await runToEnd(disturbed, directory).catch((error: Error) => assert.equal(error.message, 'killed'));
        }
        await runToEnd(counting(partitions, { batch: batch + 1, records: records + 1, columnar, step }), directory);
        assert.deepEqual(leftIn(directory), leftIn(calm));
      },
    ),
    { numRuns: 20 },
  );
});

test('a pause processes what was read, and the run after it goes on where it ended', async (t) => {
  const partitions = events(10_000, 9_000);
  const calm = await temporaryDirectory(t);
  await runToEnd(counting(partitions), calm);
  const directory = await temporaryDirectory(t);
  let reads = 0;
  let accepted = 0;
  let finished = 0;
  {
    const pausing = counting(partitions, {
      batch: 1_000,
      onRead: () => void ((reads += 1) === 5 && opened.engine.pause()),
    });
    await using opened = await open(pausing, directory, {
      accept: (records) => ((accepted += records), true),
      finished: (records) => (finished += records),
    });
    assert.equal(await opened.engine.run(), 'paused');
    await opened.engine.commitLast('suspend', new AbortController().signal);
    assert.equal(opened.engine.uncommitted, accepted - finished);
  }
  assert.ok(finished > 0 && finished <= accepted);
  await runToEnd(counting(partitions), directory);
  assert.deepEqual(leftIn(directory), leftIn(calm));
});

test('a growing source is followed, and what was processed is committed while nothing comes', async (t) => {
  const directory = await temporaryDirectory(t);
  const source = arraySource(events(10), { growing: true });
  const following = pipeline('following', {
    source,
    process: ({ id }) => ({ id }),
    sink: tableSink(),
    archive: 'never',
  });
  await using opened = await open(following, directory);
  const committed: number[] = [];
  const reached = Promise.withResolvers<void>();
  opened.epochs.onCommit(() => {
    committed.push(opened.epochs.committed.row.records);
    if (committed.at(-1) === 10) source.grow(0, events(25)[0]!.slice(10));
    if (committed.at(-1) === 25) reached.resolve();
  });
  const running = opened.engine.run();
  await reached.promise;
  opened.engine.pause();
  assert.equal(await running, 'paused');
  assert.deepEqual(committed, [10, 25]);
});

test('when the source has ended sinks complete what they kept open, also if nothing was left to commit', async (t) => {
  const directory = await temporaryDirectory(t);
  const parts = join(directory, 'parts');
  const copying = (length: number) =>
    pipeline('copying', {
      source: arraySource(events(length), { batch: 100 }),
      archive: 'never',
      commit: { records: 100, every: '1h' },
      process: ({ id }) => ({ id }),
      sink: jsonlFiles<{ id: number }>(parts),
    });
  const complete = (): string[] => readdirSync(parts).filter((name) => name.endsWith('.jsonl'));
  await runToEnd(copying(300), directory);
  assert.equal(complete().length, 1);
  await runToEnd(copying(500), directory);
  assert.equal(complete().length, 2);
});

test('a drain closes what has come to its end, or has none; what was given up is left open, and what follows belongs to it', async (t) => {
  for (const [how, growing, marked] of [
    ['pause', true, true],
    ['pause', false, false],
    ['abandon', true, false],
  ] as const) {
    const directory = await temporaryDirectory(t);
    const before = ({ id }: { id: number }): void => void (id === 50 && stop());
    await using opened = await open(counting(events(100), { batch: 10, growing, before }), directory);
    const stop = (): void => opened.engine[how]();
    assert.equal(await opened.engine.run(), 'paused');
    await opened.engine.commitLast('drain', new AbortController().signal);
    const { events: marks } = JSON.parse(opened.epochs.committed.row.manifest) as { events: unknown[] };
    assert.deepEqual(marks, marked ? [{ event: 'drained' }] : []);
    assert.ok(leftIn(directory).records > 0);
  }
});
