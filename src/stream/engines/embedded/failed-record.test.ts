import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { LastcallError } from '../../../base/errors.ts';
import { pipeline } from '../../pipeline.ts';
import type { OnError, Pipeline } from '../../pipeline.ts';
import { BadRecord } from '../../sources/index.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { ledger } from '../../testdata/ledger-state.ts';
import type { Ledger } from '../../testdata/ledger-state.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import { leftIn, runToEnd, temporaryDirectory } from '../../testing/engine.ts';

interface Item {
  readonly id: number;
}
const items = (length: number): Item[] => Array.from({ length }, (_, id) => ({ id }));

interface Given {
  readonly onError?: OnError;
  readonly step?: 'record' | 'batch' | 'async';
  readonly records?: readonly unknown[];
  /** Called for each attempt, after the record has changed the state. */
  readonly fail: (id: number) => void;
}

function failing({ onError = 'stop', step = 'record', records = items(100), fail }: Given): Pipeline {
  const look = (id: number, seen: Ledger, draw: number): unknown => {
    const count = seen.see('all', id);
    fail(id);
    return { id, count, draw };
  };
  const common = {
    source: arraySource([records as Item[]], { batch: 30 }),
    state: { seen: ledger() },
    sink: tableSink(),
    onError,
    archive: 'never',
    commit: { every: '1h' },
  } as const;
  if (step === 'batch') {
    return pipeline('failing', {
      ...common,
      processBatch: (batch, { state, random }) =>
        Array.from(batch.columns.id, (id) => look(id, state.seen, random.next())),
    });
  }
  return pipeline('failing', {
    ...common,
    process: ({ id }, { state, random }) => {
      const given = look(id, state.seen, random.next());
      return step === 'async' ? Promise.resolve(given) : given;
    },
  });
}

/** What a run leaves that never met the records `without`. */
async function without(t: TestContext, ...ids: number[]): Promise<ReturnType<typeof leftIn>> {
  const directory = await temporaryDirectory(t);
  const records = items(100).filter(({ id }) => !ids.includes(id));
  await runToEnd(failing({ records, fail: () => {} }), directory);
  return leftIn(directory);
}

const outputsOf = ({ outputs }: ReturnType<typeof leftIn>): unknown[] =>
  outputs.map((row) => (row as { output: string }).output);

for (const step of ['record', 'batch', 'async'] as const) {
  test(`stop (${step}): the pipeline ends before the failing record, and nothing of that record survives`, async (t) => {
    const directory = await temporaryDirectory(t);
    const fail = (id: number): void => {
      if (id === 47) throw new Error('cannot be');
    };
    await assert.rejects(runToEnd(failing({ step, fail }), directory), (error: LastcallError) => {
      assert.equal(error.code, 'failed');
      assert.match(error.message, /failing, partition 0, record before position 48: process(Batch)? failed: cannot be/);
      return true;
    });
    const left = leftIn(directory);
    assert.equal(left.records, 47);
    assert.equal(left.outputs.length, 47);
    await runToEnd(failing({ step, fail: () => {} }), directory);
    assert.deepEqual(leftIn(directory), await without(t));
  });

  test(`dead letter (${step}): the record is set aside after its retries, and the rest is as if it had never come`, async (t) => {
    const directory = await temporaryDirectory(t);
    let attempts = 0;
    const fail = (id: number): void => {
      if (id === 10 || id === 11 || id === 90) throw new Error(`no ${id}, attempt ${(attempts += 1)}`);
    };
    await runToEnd(failing({ step, fail, onError: { retries: 2, then: 'dead-letter' } }), directory);
    const left = leftIn(directory);
    const calm = await without(t, 10, 11, 90);
    assert.deepEqual(left.pieces, calm.pieces);
    assert.deepEqual(outputsOf(left), outputsOf(calm));
    assert.equal(left.records, 100);
    assert.deepEqual(
      left.dead.map(({ attempts: tried, record }) => [tried, record]),
      [
        [3, '{"id":10}'],
        [3, '{"id":11}'],
        [3, '{"id":90}'],
      ],
    );
    assert.match(left.dead[0]!.error, /^no 10/);
  });

  test(`retry (${step}): a record that fails once is processed, from the state before it`, async (t) => {
    const directory = await temporaryDirectory(t);
    const failed = new Set<number>();
    const fail = (id: number): void => {
      if (id % 40 !== 0 || failed.has(id)) return;
      failed.add(id);
      throw new Error('not yet');
    };
    await runToEnd(failing({ step, fail, onError: { retries: 1, then: 'stop' } }), directory);
    assert.deepEqual(leftIn(directory), await without(t));
    assert.equal(failed.size, 3);
  });
}

test('a record that the source could not read goes the same way', async (t) => {
  const directory = await temporaryDirectory(t);
  const records = [...items(3), new BadRecord('not JSON', '{"id":', 'events.jsonl, byte 21'), { id: 4 }];
  const set = { records, fail: () => {} };
  await assert.rejects(runToEnd(failing(set), directory), /events\.jsonl, byte 21: not JSON/);
  await runToEnd(failing({ ...set, onError: { retries: 0, then: 'dead-letter' } }), directory);
  const { dead, outputs } = leftIn(directory);
  assert.equal(outputs.length, 4);
  assert.deepEqual(
    dead.map(({ record }) => record),
    ['{"id":'],
  );
});

test('a failing record that is nested too deeply to be shown is stepped over like any other', async (t) => {
  const directory = await temporaryDirectory(t);
  const depth = 100_000;
  const nested: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  const records = items(3).map((item) => (item.id === 1 ? { ...item, nested } : item));
  const fail = (id: number) => assert.notEqual(id, 1);
  await runToEnd(failing({ records, onError: { retries: 0, then: 'dead-letter' }, fail }), directory);
  const { dead, outputs } = leftIn(directory);
  assert.equal(outputs.length, 2);
  assert.match(dead[0]!.record, /^\(it cannot be shown as JSON: .*call stack/);
});

test('a mistake of the program is no fault of a record: it stops the pipeline whatever onError says', async (t) => {
  const directory = await temporaryDirectory(t);
  const mistaken = pipeline('mistaken', {
    source: arraySource([items(3)]),
    process: (_, { now }) => void now,
    onError: { retries: 5, then: 'dead-letter' },
    archive: 'never',
  });
  await assert.rejects(runToEnd(mistaken, directory), /a step asked for the time of its record/);
});

test('a step that fails only when repeated stops the pipeline, and nothing of the open epoch survives', async (t) => {
  const directory = await temporaryDirectory(t);
  let calls = 0;
  const fail = (id: number): void => {
    calls += 1;
    if (id === 50 || (id === 20 && calls > 50)) throw new Error(`at ${id}`);
  };
  await assert.rejects(runToEnd(failing({ fail }), directory), /position 21: process failed: at 20/);
  assert.equal(leftIn(directory).records, 0);
});

test('a batch step is never asked for no records, also when one of its records fails', async (t) => {
  const directory = await temporaryDirectory(t);
  const lengths: number[] = [];
  const fussy = pipeline('fussy', {
    source: arraySource([items(100)], { batch: 30 }),
    state: { seen: ledger() },
    onError: { retries: 0, then: 'dead-letter' },
    archive: 'never',
    processBatch({ length, columns: { id } }) {
      lengths.push(length);
      if (id[0]! <= 40 && id[length - 1]! >= 40) throw new Error('not this one');
    },
  });
  await runToEnd(fussy, directory);
  assert.ok(Math.min(...lengths) > 0, `asked for ${lengths.join(', ')}`);
});
