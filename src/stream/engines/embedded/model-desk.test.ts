import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { pipeline } from '../../pipeline.ts';
import type { Pipeline } from '../../pipeline.ts';
import { arraySource } from '../../testdata/array-source.ts';
import type { ArraySource } from '../../testdata/array-source.ts';
import { offsetModel } from '../../testdata/offset-model.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import { leftIn, open, temporaryDirectory } from '../../testing/engine.ts';
import type { OpenPipeline } from './open.ts';

interface Item {
  readonly id: number;
}

interface Setup {
  readonly directory: string;
  readonly source: ArraySource<Item>;
  readonly closed: number[];
  readonly defined: Pipeline;
  /** A model file with this content. */
  file(content: string): string;
}

async function setup(t: TestContext): Promise<Setup> {
  const directory = await temporaryDirectory(t);
  const source = arraySource<Item>([[]], { growing: true });
  const closed: number[] = [];
  const defined = pipeline('offsets', {
    source,
    model: { offset: offsetModel(closed) },
    process({ id }, { model, version }) {
      if (id < 0) throw new Error('below zero');
      const p = model.offset.predict(id);
      model.offset.learn();
      return { p, version: version.offset };
    },
    onError: { retries: 0, then: 'dead-letter' },
    sink: tableSink(),
    archive: 'never',
  });
  const file = (content: string): string => {
    const path = join(directory, `model-${content}`);
    writeFileSync(path, content);
    return path;
  };
  return { directory, source, closed, defined, file };
}

/** Feeds records and waits until they are committed. */
async function feed({ source }: Setup, opened: OpenPipeline, ...ids: number[]): Promise<void> {
  const target = opened.epochs.committed.row.records + ids.length;
  const { promise, resolve } = Promise.withResolvers<void>();
  opened.epochs.onCommit(() => void (opened.epochs.committed.row.records >= target && resolve()));
  source.grow(
    0,
    ids.map((id) => ({ id })),
  );
  await promise;
}

const outputs = (directory: string): unknown[] =>
  leftIn(directory).outputs.map((row) => Object.values(JSON.parse((row as { output: string }).output) as object));

test('a swap takes effect between two epochs, stamps what follows, survives a restart, and can be undone by another', async (t) => {
  const given = await setup(t);
  {
    await using opened = await open(given.defined, given.directory);
    const running = opened.engine.run();
    await feed(given, opened, 1);
    const swapped = await opened.models.swap('offset', given.file('100'), 'v2');
    assert.deepEqual({ ...swapped, epoch: 0 }, { from: 'v1', to: 'v2', epoch: 0, notReleased: null });
    assert.equal(swapped.epoch, opened.epochs.committed.row.epoch);
    assert.deepEqual(given.closed, [0]);
    await feed(given, opened, 2);
    opened.engine.pause();
    await running;
  }
  await using opened = await open(given.defined, given.directory);
  const running = opened.engine.run();
  await feed(given, opened, 3);
  await opened.models.swap('offset', given.file('0'), 'v1');
  await feed(given, opened, 4);
  opened.engine.pause();
  await running;
  assert.deepEqual(outputs(given.directory), [
    [1, 'v1'],
    [102, 'v2'],
    [103, 'v2'],
    [4, 'v1'],
  ]);
});

test('a file that cannot be loaded or does not verify leaves the old model at work and says why', async (t) => {
  const given = await setup(t);
  await using opened = await open(given.defined, given.directory);
  const running = opened.engine.run();
  await assert.rejects(opened.models.swap('offset', given.file('none'), 'v2'), /it holds no number/);
  await assert.rejects(opened.models.swap('offset', given.file('-1'), 'v2'), /below zero/);
  await assert.rejects(opened.models.swap('other', given.file('1'), 'v2'), /no such model. Its models are offset/);
  await feed(given, opened, 1);
  opened.engine.pause();
  await running;
  assert.deepEqual(outputs(given.directory), [[1, 'v1']]);
  assert.deepEqual(given.closed, [-1]);
});

test('a record that fails after a swap is undone to the new model, not to the old one', async (t) => {
  const given = await setup(t);
  await using opened = await open(given.defined, given.directory);
  const running = opened.engine.run();
  await opened.models.swap('offset', given.file('100'), 'v2');
  await feed(given, opened, 1, -5, 2);
  opened.engine.pause();
  await running;
  assert.deepEqual(outputs(given.directory), [
    [101, 'v2'],
    [102, 'v2'],
  ]);
  assert.equal(leftIn(given.directory).dead.length, 1);
});

test('a frozen model predicts and does not learn, also after a restart, until it is thawed', async (t) => {
  const given = await setup(t);
  const learnt = (): unknown =>
    (leftIn(given.directory).pieces as { slot: number; value: Uint8Array }[])
      .filter(({ slot }) => slot === 1)
      .map(({ value }) => Buffer.from(value).toString());
  {
    await using opened = await open(given.defined, given.directory);
    const running = opened.engine.run();
    await feed(given, opened, 1);
    await opened.models.setLearning('offset', 'frozen');
    await feed(given, opened, 2);
    opened.engine.pause();
    await running;
  }
  assert.deepEqual(learnt(), ['[0,1]']);
  await using opened = await open(given.defined, given.directory);
  const running = opened.engine.run();
  await feed(given, opened, 3);
  assert.deepEqual(learnt(), ['[0,1]']);
  await opened.models.setLearning('offset', 'thawed');
  await feed(given, opened, 4);
  opened.engine.pause();
  await running;
  assert.deepEqual(learnt(), ['[0,2]']);
});

test('an ending gives up what has not reached its barrier, and nothing is changed', async (t) => {
  const given = await setup(t);
  await using opened = await open(given.defined, given.directory);
  opened.engine.pause();
  await opened.engine.run();
  await assert.rejects(opened.models.swap('offset', given.file('5'), 'v2'), { code: 'cancelled' });
  await opened.models.end();
  await assert.rejects(opened.models.swap('offset', given.file('6'), 'v2'), { code: 'cancelled' });
  assert.deepEqual(given.closed, [5]);
});
