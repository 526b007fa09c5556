import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { OpenSource, Source, SourceContext } from '../ports.ts';
import { fromIterable } from './from-iterable.ts';
import { readAll } from './testing/reading.ts';

const never = new AbortController().signal;

async function opened(context: TestContext, source: Source<unknown>): Promise<OpenSource> {
  const open = await source.open({} as SourceContext);
  context.after(() => open.close());
  return open;
}

const numbers = Array.from({ length: 100 }, (_, index) => index);

function* counting(done: number): Generator<number> {
  yield* numbers.slice(done);
}

async function* waiting(done: number): AsyncGenerator<number> {
  for (const number of numbers.slice(done)) {
    if (number % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    yield number;
  }
}

for (const [kind, records] of Object.entries({ array: numbers, set: new Set(numbers), counting, waiting })) {
  test(`${kind}: the same records in any pieces, and the rest after any position`, async (context) => {
    const source = await opened(context, fromIterable<number>('n', records));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 100 }), async (piece, done) => {
        const rest = await readAll(source, { from: done === 0 ? [] : [done], piece: () => piece });
        assert.deepEqual(
          rest,
          numbers.slice(done).map((number) => ({ row: number, after: [number + 1] })),
        );
      }),
      { numRuns: 20 },
    );
  });
}

test('records that come one by one are given out without waiting for more of them', async (context) => {
  const stream = new PassThrough({ objectMode: true });
  const source = await opened(
    context,
    fromIterable('s', () => stream as AsyncIterable<number>),
  );
  stream.write(1);
  const first = await source.read(0, [], 10, never);
  assert.ok(typeof first !== 'string');
  assert.deepEqual(first.rows, [1]);
  stream.write(2);
  const second = await source.read(0, [1], 10, never);
  assert.ok(typeof second !== 'string');
  assert.deepEqual(second.rows, [2]);
  stream.end();
  assert.equal(await source.read(0, [2], 10, never), 'end');
});

test('a read that is aborted while it waits loses no record', async (context) => {
  const stream = new PassThrough({ objectMode: true });
  const source = await opened(
    context,
    fromIterable('s', () => stream as AsyncIterable<number>),
  );
  const abort = new AbortController();
  const waited = source.read(0, [], 10, abort.signal);
  abort.abort();
  await assert.rejects(waited, { name: 'AbortError' });
  stream.write(1);
  const batch = await source.read(0, [], 10, never);
  assert.ok(typeof batch !== 'string');
  assert.deepEqual(batch.rows, [1]);
  stream.destroy();
});

test('an array holds positions up to its length', async (context) => {
  const source = await opened(context, fromIterable('n', numbers));
  assert.equal(source.recordsIn(0), 100);
  assert.equal(await source.holds(0, [100]), true);
  assert.equal(await source.holds(0, [101]), false);
});
