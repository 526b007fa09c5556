import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../lifecycle/testing/until.ts';
import { pipeline } from '../../pipeline.ts';
import { stoppable } from '../../parts.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { offsetModel } from '../../testdata/offset-model.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import { items } from '../../testing/branching.ts';
import type { Item } from '../../testing/branching.ts';
import { committed, leftIn, open, temporaryDirectory } from '../../testing/engine.ts';

const ids = (from: number, to: number): number[] => items(from, to).map(({ id }) => id);

test('a record that fails while it is worked off is set aside alone, and leaves the queue', async (t) => {
  const directory = await temporaryDirectory(t);
  const source = arraySource<Item>([[]], { growing: true });
  const defined = pipeline('failing', {
    source,
    process: ({ id }) => ({ id }),
    sink: tableSink(),
    parts: {
      audit: {
        whileStopped: 'park',
        process({ id }) {
          if (id === 13) throw new Error('unlucky');
          return { id };
        },
        sink: tableSink({}, 'audits'),
      },
    },
    onError: { retries: 1, then: 'dead-letter' },
    archive: 'never',
  });
  await using opened = await open(defined, directory);
  const working = opened.engine.run();
  await opened.parts!.stop('part:audit');
  source.grow(0, items(0, 20));
  await committed(opened, 20);
  await opened.parts!.start('part:audit');
  source.grow(0, items(20, 40));
  await committed(opened, 40);
  opened.engine.pause();
  await working;
  const { outputs, dead } = leftIn(directory);
  assert.equal(outputs.length, 40);
  assert.deepEqual(dead, [
    { partition: 0, attempts: 2, error: 'part audit: unlucky. Repair the part or the record.', record: '{"id":13}' },
  ]);
  const audits = opened.state.database.prepare('SELECT output FROM audits ORDER BY id').all();
  assert.deepEqual(
    audits.map((row) => JSON.parse(row['output'] as string).id as number),
    ids(0, 40).filter((id) => id !== 13),
  );
  assert.equal(opened.state.branches!.isAnyParked, false);
});

test('a batch step is parked and worked off as well, with columns of every kind of value', async (t) => {
  const directory = await temporaryDirectory(t);
  const rows = Array.from({ length: 40 }, (_, id) => ({
    id,
    big: BigInt(id),
    bytes: new Uint8Array([id]),
    none: null,
  }));
  const source = arraySource<(typeof rows)[number]>([[], []], { growing: true, columnar: true });
  const defined = pipeline('batches', {
    source,
    model: { price: stoppable(offsetModel(), { whileStopped: 'park' }) },
    processBatch: (batch) =>
      Array.from({ length: batch.length }, (_, index) => {
        const { id, big, bytes, none } = batch.record(index);
        return { id, same: Number(big) === id && bytes[0] === id && none === null, column: batch.columns.id[index] };
      }),
    sink: tableSink(),
    archive: 'never',
  });
  await using opened = await open(defined, directory);
  const working = opened.engine.run();
  await opened.parts!.stop('model:price');
  source.grow(0, rows.slice(0, 20));
  source.grow(1, rows.slice(20));
  await committed(opened, 40);
  assert.equal(leftIn(directory).outputs.length, 0);
  await opened.parts!.start('model:price');
  await until(() => !opened.state.branches!.isAnyParked, 'an empty queue');
  opened.engine.pause();
  await working;
  await opened.engine.commitLast('suspend', new AbortController().signal);
  const outputs = leftIn(directory).outputs as { partition: number; output: string }[];
  assert.deepEqual(
    outputs.map(({ output }) => JSON.parse(output)).sort((a, b) => a.id - b.id),
    ids(0, 40).map((id) => ({ id, same: true, column: id })),
  );
});
