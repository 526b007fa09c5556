import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { writeArchive } from '../archive/write.ts';
import { pipeline } from '../pipeline.ts';
import type { Pipeline } from '../pipeline.ts';
import { onlineLogistic } from '../models/index.ts';
import { counter, keyedValue, numbers, slidingCount, slidingMean } from '../state/index.ts';
import { arraySource } from '../testdata/array-source.ts';
import { tableSink } from '../testdata/table-sink.ts';
import { branching, items } from '../testing/branching.ts';
import type { Item } from '../testing/branching.ts';
import { committed, open, runToEnd, temporaryDirectory } from '../testing/engine.ts';
import { flip } from '../testing/files.ts';
import { inspectState } from './inspect-state.ts';

interface Visit {
  readonly user: string;
  readonly atMs: number;
}

/** A thousand visits a second apart: user `u0` makes every second one, `u1` every fourth, … */
const VISITS: Visit[] = Array.from({ length: 1_000 }, (_, index) => {
  return { user: `u${Math.min(8, 31 - Math.clz32((index + 1) & -(index + 1)))}`, atMs: index * 1_000 };
});

function knowing(): Pipeline {
  return pipeline('knowing', {
    source: arraySource([VISITS.slice(0, 600), VISITS.slice(600)]),
    state: {
      recent: slidingCount<Visit>({ by: 'user', window: '100s' }),
      even: slidingMean<Visit>({ by: 'user', window: '100s' }),
      seen: keyedValue<readonly number[]>({ initial: [] }),
      all: counter(),
      sketch: numbers({ length: 1_000, type: 'float32' }),
    },
    model: { guess: onlineLogistic({ features: 2 ** 10, seed: 1, categories: ['user'], numbers: [] }) },
    process(visit, { state, model }) {
      if (visit.atMs === 500_000) throw new Error('half past');
      const { user, atMs } = visit;
      state.recent.add({ user, atMs }, atMs);
      state.even.add({ user, atMs }, atMs, state.all.add() % 2);
      if (user === 'u7') state.seen.set(user, [...state.seen.get(user), atMs]);
      else state.seen.set(user, [atMs]);
      state.sketch.set(state.all.value % 1_000, 1);
      const row = model.guess.row();
      row.user = user;
      return { p: model.guess.predictThenLearn(state.all.value % 2) };
    },
    sink: tableSink(),
    onError: { retries: 0, then: 'dead-letter' },
    commit: { records: 100, every: '1h' },
    archive: 'never',
    codeVersion: 'abc',
  });
}

async function known(t: TestContext): Promise<string> {
  const directory = await temporaryDirectory(t);
  await runToEnd(knowing(), directory);
  return directory;
}

test('places, sizes, keys, windows, models and dead letters are told without the module of the pipeline', async (t) => {
  const directory = await known(t);
  const found = inspectState(directory, { top: 2 });
  assert.deepEqual([found.pipeline, found.records, found.outputs, found.code], ['knowing', 1_000, 999, 'abc']);
  assert.deepEqual(found.positions, [
    { partition: 0, records: 600, position: '600' },
    { partition: 1, records: 400, position: '400' },
  ]);
  const [recent, even, seen, all, sketch] = found.states;
  assert.deepEqual(
    found.states.map(({ name, kind }) => `${name} ${kind}`),
    ['recent sliding-count', 'even sliding-mean', 'seen keyed-value', 'all counter', 'sketch numbers'],
  );
  assert.deepEqual(recent!.window, { windowMs: 100_000, clockMs: 999_000, records: 100, late: 0 });
  assert.deepEqual(recent!.top, [
    { key: 'u0', records: 50 },
    { key: 'u1', records: 25 },
  ]);
  assert.deepEqual([even!.top![0]!.key, even!.top![0]!.records, typeof even!.top![0]!.sum], ['u0', 50, 'number']);
  assert.deepEqual([seen!.keys, seen!.top![0]!.key, seen!.top![0]!.value], [9, 'u7', '[127000,383000,639000,895000]']);
  assert.deepEqual([all!.value, sketch!.value], ['999', '1000 numbers of float32']);
  const [guess] = found.models;
  assert.deepEqual([guess!.name, guess!.kind, guess!.version, guess!.frozen], ['guess', 'online-logistic', '1', false]);
  assert.ok(guess!.bytes > 0 && guess!.pieces > 0);
  assert.deepEqual(found.deadLetters, {
    records: 1,
    outputs: 0,
    newest: [{ id: 'record:1', from: 'process', error: 'half past' }],
  });
});

test('what is stopped, parked and happened is told, of a pipeline at work and of its archive', async (t) => {
  const directory = await temporaryDirectory(t);
  const source = arraySource<Item>([items(0, 20)], { growing: true });
  await using opened = await open(branching(source), directory);
  const working = opened.engine.run();
  await committed(opened, 20);
  await opened.parts!.stop('part:audit');
  source.grow(0, items(20, 50));
  await committed(opened, 50);
  const { id } = await writeArchive({
    directory,
    pipeline: 'branching',
    nowMs: 1_000,
    signal: new AbortController().signal,
  });
  const found = inspectState(directory);
  assert.deepEqual(found.stopped, ['part:audit']);
  assert.deepEqual(
    found.parked.map(({ name, pieces }) => [name, pieces]),
    [['part:audit', 30]],
  );
  assert.deepEqual(
    found.events.map(({ event, records }) => [event, records]),
    [['stopped', 20]],
  );
  assert.deepEqual(
    found.archives.map((archive) => [archive.id, archive.records]),
    [[id, 50]],
  );
  const archived = inspectState(join(directory, 'archives', id));
  assert.deepEqual([archived.records, archived.archives, archived.parked.length], [50, [], 1]);
  opened.engine.pause();
  await working;
});

test('a damaged state is refused with the reason, and where nothing is this is said', async (t) => {
  const directory = await known(t);
  assert.throws(() => inspectState(join(directory, 'nowhere')), { code: 'not_found' });
  flip(join(directory, 'mark'), 0);
  flip(join(directory, 'mark'), 512);
  assert.equal(inspectState(directory).records, 1_000, 'a mark alone is no damage of the state');
  const database = join(directory, 'state.db');
  flip(database, 30);
  assert.throws(() => inspectState(directory), { code: 'state_refused' });
});
