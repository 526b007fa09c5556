// Records that fail in one of several branches: what becomes of the others must not depend on what was stopped at the time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { pipeline } from '../../pipeline.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { OpenSink, Sink } from '../../ports.ts';
import { BadRecord } from '../../sources/index.ts';
import { arraySource } from '../../testdata/array-source.ts';
import type { ArraySource } from '../../testdata/array-source.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import { branchesLeft, idsOf } from '../../testing/branching-left.ts';
import { items } from '../../testing/branching.ts';
import type { Item } from '../../testing/branching.ts';
import { committed, leftIn, open, temporaryDirectory } from '../../testing/engine.ts';

const multiple = (id: number, of: number): boolean => id % of === of - 1;
const without = (...of: number[]): number[] =>
  Array.from({ length: 60 }, (_, id) => id).filter((id) => !of.some((divisor) => multiple(id, divisor)));

/** The step fails at 6, 13, … (every 7th), `audit` at every 5th after it has waited, `tally` at every 11th. */
function failing(source: ArraySource<Item>): Pipeline {
  return pipeline('failing', {
    source,
    process({ id }) {
      if (multiple(id, 7)) throw new Error('not by the step');
      return { id };
    },
    sink: tableSink(),
    parts: {
      audit: {
        whileStopped: 'park',
        async process({ id }) {
          await Promise.resolve();
          if (multiple(id, 5)) throw new Error('not by audit');
          return { id };
        },
        sink: tableSink({}, 'audits'),
      },
      tally: {
        whileStopped: 'park',
        process: ({ id }) => ({ id }),
        sink: refusing(tableSink({}, 'tallies'), ({ id }: Item) => multiple(id, 11)),
      },
    },
    onError: { retries: 1, then: 'dead-letter' },
    commit: { records: 10, every: '1h' },
    archive: 'never',
  });
}

/** A sink that takes no outputs of a kind. */
function refusing(sink: Sink<unknown>, refuses: (output: Item) => boolean): Sink<unknown> {
  return {
    ...sink,
    async open(context) {
      const opened: OpenSink<unknown> = await sink.open(context);
      const add = opened.add.bind(opened);
      return Object.assign(opened, {
        add(output: unknown, origin: Parameters<OpenSink<unknown>['add']>[1]) {
          if (refuses(output as Item)) throw new Error('not by the sink');
          add(output, origin);
        },
      });
    },
  };
}

/** @param stopped while the middle third comes */
async function leftAfter(t: TestContext, stopped: readonly string[]): Promise<string> {
  const directory = await temporaryDirectory(t);
  const source = arraySource<Item>([items(0, 20)], { growing: true });
  await using opened = await open(failing(source), directory);
  const working = opened.engine.run();
  await committed(opened, 20);
  for (const scope of stopped) await opened.parts!.stop(scope);
  source.grow(0, items(20, 40));
  await committed(opened, 40);
  for (const scope of stopped) await opened.parts!.start(scope);
  source.grow(0, items(40, 60));
  await committed(opened, 60);
  opened.engine.pause();
  await working;
  return directory;
}

test('a record that fails in one branch is set aside for that branch, and the others have it', async (t) => {
  const directory = await leftAfter(t, []);
  const left = branchesLeft(directory);
  assert.deepEqual(idsOf(left.step), without(7));
  assert.deepEqual(idsOf(left.audit), without(5));
  assert.deepEqual(idsOf(left.tally), without(11));
  const { dead, records } = leftIn(directory);
  assert.deepEqual([dead.length, records], [8 + 12 + 5, 60]);
  const ofOne = dead.filter(({ record }) => record === '{"id":34}').map(({ error, attempts }) => [error, attempts]);
  // 34 fails in two of them: each was tried twice.
  assert.deepEqual(ofOne, [
    ['not by the step', 2],
    ['part audit: not by audit. Repair the part or the record.', 2],
  ]);
});

test('the outputs are the same if the branches in which records fail were stopped meanwhile', async (t) => {
  const calm = branchesLeft(await leftAfter(t, []));
  assert.deepEqual(branchesLeft(await leftAfter(t, ['part:audit'])), calm);
  assert.deepEqual(branchesLeft(await leftAfter(t, ['part:tally', 'part:audit'])), calm);
});

test('what is no record at all is set aside once, for all branches', async (t) => {
  const directory = await temporaryDirectory(t);
  const bad = new BadRecord('it is broken', '{"id":', 'here');
  await using opened = await open(
    failing(arraySource([[...items(0, 2), bad as unknown as Item, ...items(2, 4)]])),
    directory,
  );
  await opened.engine.run();
  assert.deepEqual(
    leftIn(directory).dead.map(({ error }) => error.split('.')[0]),
    ['here: it is broken'],
  );
  for (const branch of Object.values({ ...branchesLeft(directory), parked: [] })) {
    assert.ok(branch.length === 0 || branch.length >= 3);
  }
});

test('a part that stops the pipeline is named in what it says', async (t) => {
  const directory = await temporaryDirectory(t);
  const defined = { ...failing(arraySource([items(0, 20)])), onError: { retries: 0, then: 'stop' as const } };
  await using opened = await open(defined, directory);
  await assert.rejects(opened.engine.run(), /part:audit failed: part audit: not by audit/);
});
