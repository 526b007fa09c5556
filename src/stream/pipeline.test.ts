import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastcallError } from '../base/errors.ts';
import { pipeline } from './pipeline.ts';
import { counter } from './state/index.ts';
import { arraySource } from './testdata/array-source.ts';
import { tableSink } from './testdata/table-sink.ts';
import type { ModelDefinition, Sink, Source, StateDefinition } from './ports.ts';

interface Flight {
  readonly origin: string;
  readonly delay: number;
}
interface Prediction {
  readonly id: string;
  readonly p: number;
}
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(equal: Equal<A, B>): void => assert.equal(equal, true);

const parts = {
  source: { kind: 'test', identity: 'flights', schema: null } as Source<Flight>,
  count: { kind: 'count', schema: null } as StateDefinition<{ add(key: string): number }>,
  delay: { kind: 'mean', schema: null } as ModelDefinition<{ predict(x: number): number }>,
};
const predictions = { kind: 'test', identity: 'p', schema: null } as Sink<Prediction>;
const anything = <Output extends object>(identity: string): Sink<Output> =>
  ({ kind: 'test', identity, schema: null }) as Sink<Output>;

test('the record type comes from the source, handles from state and model, and the sink takes what the step gives', () => {
  const defined = pipeline('typed', {
    source: parts.source,
    state: { origin: parts.count },
    model: { delay: parts.delay },
    process(flight, { state, model, position }) {
      same<typeof flight, Readonly<Flight>>(true);
      same<ReturnType<typeof state.origin.add>, number>(true);
      same<ReturnType<typeof model.delay.predict>, number>(true);
      same<typeof position, readonly number[]>(true);
      return { id: flight.origin, p: model.delay.predict(flight.delay) };
    },
    sink: predictions,
  });
  assert.equal(defined.name, 'typed');
  pipeline('generic-sink', { source: parts.source, process: (flight) => [{ id: flight.origin }], sink: anything('x') });
  pipeline('async', { source: parts.source, process: async ({ origin }) => ({ id: origin, p: 1 }), sink: predictions });
  pipeline('filter', {
    source: parts.source,
    process: ({ origin, delay }) => (delay > 0 ? { id: origin, p: delay } : undefined),
    sink: predictions,
  });
  pipeline('batch', {
    source: parts.source,
    processBatch(batch) {
      same<typeof batch.columns.delay, ArrayLike<number>>(true);
      return Array.from(batch.columns.delay, (delay, index) => ({ id: batch.columns.origin[index]!, p: delay }));
    },
    sink: predictions,
  });
});

test('mistakes that the types catch', () => {
  assert.throws(() => {
    // @ts-expect-error the step gives no `p`, which the sink needs
    pipeline('x', { source: parts.source, process: (flight) => ({ id: flight.origin }), sink: predictions });
    // @ts-expect-error the source has no such field
    pipeline('x', { source: parts.source, process: (flight) => ({ id: flight.nowhere, p: 1 }), sink: predictions });
    // @ts-expect-error no state was declared
    pipeline('x', { source: parts.source, process: (flight, { state }) => state.origin.add(flight.origin) });
    // @ts-expect-error one step, not two
    pipeline('x', { source: parts.source, process: () => undefined, processBatch: () => undefined });
  }, LastcallError);
});

test('mistakes that only a run can see name the field', () => {
  const step = { source: parts.source, process: () => undefined };
  const messageOf = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof LastcallError && error.code === 'usage') return error.message;
    }
    return 'no usage error';
  };
  assert.match(
    messageOf(() => pipeline('../up', step)),
    /pipeline name/,
  );
  assert.match(
    messageOf(() => pipeline('a', { ...step, commit: { records: 0 } })),
    /commit\.records/,
  );
  assert.match(
    messageOf(() => pipeline('a', { ...step, commit: { every: 'soon' } })),
    /commit\.every/,
  );
  assert.match(
    messageOf(() => pipeline('a', { ...step, archive: { keep: 0 } })),
    /archive\.keep/,
  );
  assert.match(
    messageOf(() => pipeline('a', { ...step, onError: { retries: 101, then: 'stop' } })),
    /onError\.retries/,
  );
  assert.match(
    messageOf(() => pipeline('a', { ...step, onError: { retries: 1, then: 'dead_letter' as 'dead-letter' } })),
    /onError\.then: "dead_letter"/,
  );
  const misspelt = { ...step, snk: predictions };
  assert.match(
    messageOf(() => pipeline('a', misspelt)),
    /a: snk: there is no such option.*sink/,
  );
  assert.match(
    messageOf(() => pipeline('a', { ...step, state: { x: parts.count }, model: { x: parts.delay } })),
    /model\.x.*same name/,
  );
});

test('parts are checked: names, sinks of their own, models that they use, and a step by record', () => {
  const source = arraySource([[{ id: 1 }]]);
  const part = { whileStopped: 'park', process: () => undefined } as const;
  const step = { source, process: () => undefined, sink: tableSink() };
  const refused = (parts: object, why: RegExp): void => {
    assert.throws(() => pipeline('p', { ...step, state: { seen: counter() }, parts }), why);
  };
  refused({ 'a b': part }, /p: parts.a b: it cannot be a name/);
  refused({ seen: part }, /p: parts.seen: a state or model has the same name/);
  refused({ audit: { process: () => undefined } }, /whileStopped: 'park' or 'pass'/);
  refused({ audit: { ...part, uses: ['price'] } }, /uses price, which is no model/);
  refused({ audit: { ...part, sink: tableSink() } }, /its sink is results, which has another writer/);
  assert.throws(
    () => pipeline('p', { source, processBatch: () => undefined, parts: { audit: part } }),
    /p: parts: they follow the step record by record/,
  );
});
