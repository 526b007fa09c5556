import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatabaseSync } from 'node:sqlite';
import type { LastcallError } from '../../../base/errors.ts';
import type { SinkFaults } from '../../testdata/table-sink.ts';
import { counting, events } from '../../testing/counting.ts';
import { leftIn, open, runToEnd, temporaryDirectory } from '../../testing/engine.ts';

const ALL = events(5_000);

for (const where of ['prepare', 'commit', 'published'] as const) {
  test(`a sink that fails in ${where} ends the run, and the last whole epoch stands`, async (t) => {
    const calm = await temporaryDirectory(t);
    await runToEnd(counting(ALL), calm);
    const directory = await temporaryDirectory(t);
    const faults: SinkFaults = {
      [where]: (epoch: number) => {
        if (epoch === 3) throw new Error('no such place');
      },
    };
    let finished = 0;
    const disturbed = counting(ALL, { records: 500, batch: 500, faults });
    await assert.rejects(
      runToEnd(disturbed, directory, { finished: (records) => void (finished += records) }),
      /no such place/,
    );
    const { records, outputs } = leftIn(directory);
    assert.equal(outputs.length, records);
    // What is durable although its publication failed is told as finished only after a restart.
    assert.equal(where === 'published' ? finished < records : finished === records, true);
    await runToEnd(counting(ALL), directory);
    assert.deepEqual(leftIn(directory), leftIn(calm));
  });
}

test('a full disk is said to be one, nothing of the epoch stays, and the run goes on when there is room again', async (t) => {
  const calm = await temporaryDirectory(t);
  await runToEnd(counting(ALL), calm);
  const directory = await temporaryDirectory(t);
  const fill = (epoch: number, database: DatabaseSync): void => {
    if (epoch === 4)
      database.exec(`PRAGMA max_page_count = ${Number(database.prepare('PRAGMA page_count').get()!['page_count'])}`);
  };
  await assert.rejects(
    runToEnd(counting(ALL, { records: 500, batch: 500, faults: { commit: fill } }), directory),
    (error: LastcallError) => error.code === 'disk_full' && error.exitCode === 101,
  );
  const { records, outputs } = leftIn(directory);
  assert.ok(records > 0 && records < 5_000);
  assert.equal(outputs.length, records);
  await runToEnd(counting(ALL), directory);
  assert.deepEqual(leftIn(directory), leftIn(calm));
});

test('after a failed commit nothing more is committed, whatever is asked', async (t) => {
  const directory = await temporaryDirectory(t);
  let fails = true;
  const faults: SinkFaults = {
    commit: () => {
      if (fails) throw new Error('once');
    },
  };
  await using opened = await open(counting(ALL, { records: 500, batch: 500, faults }), directory);
  await assert.rejects(opened.engine.run(), /once/);
  fails = false;
  await opened.engine.commitLast('suspend', new AbortController().signal);
  await assert.rejects(
    opened.engine.atBarrier(() => Promise.resolve()),
    /is ending/,
  );
  assert.equal(leftIn(directory).records, 0);
});

test('a source that skips or repeats records is stopped before they are processed', async (t) => {
  const directory = await temporaryDirectory(t);
  const honest = counting(ALL, { batch: 1_000 });
  let liesFrom = 0;
  const lying = {
    ...honest,
    source: {
      ...honest.source,
      open: async (context: Parameters<typeof honest.source.open>[0]) => {
        const source = await honest.source.open(context);
        return {
          ...source,
          read: (partition: number, after: readonly number[], max: number, signal: AbortSignal) =>
            source.read(partition, after[0]! >= 3_000 ? [(liesFrom = after[0]!) + 1] : after, max, signal),
        };
      },
    },
  };
  await assert.rejects(runToEnd(lying, directory), /gave records 3\d{3} … \d+ when asked for what follows 3\d{3}/);
  assert.ok(leftIn(directory).records <= liesFrom);
});
