import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { slidingCount, slidingMean, type SlidingMean } from './sliding.ts';
import { assertStored, PieceStore, piecesOf } from './testdata/piece-store.ts';

interface Row {
  readonly origin: string;
}

const WINDOW_MS = 100;
const means = slidingMean<Row>({ by: 'origin', window: WINDOW_MS });

/** The definition of a sliding window, with every event of all time kept. */
class NaiveWindow {
  events: { key: string; time: number; value: number }[] = [];
  clock = -Infinity;
  late = 0;

  add(key: string, time: number, value: number): void {
    this.clock = Math.max(this.clock, time);
    if (time <= this.clock - WINDOW_MS) this.late++;
    else this.events.push({ key, time, value });
  }

  of(key: string, time: number): number[] {
    this.clock = Math.max(this.clock, time);
    return this.events
      .filter((event) => event.key === key && event.time > this.clock - WINDOW_MS)
      .map((event) => event.value);
  }

  copy(): NaiveWindow {
    const copy = new NaiveWindow();
    copy.events = [...this.events];
    copy.clock = this.clock;
    copy.late = this.late;
    return copy;
  }
}

type Action =
  | { do: 'add' | 'ask'; key: string; step: number; value: number }
  | { do: 'commit' | 'commit fails' | 'reload' };

const key = fc.constantFrom('ATL', 'JFK', '', 'Ærø', '🛫', '5');
// Mostly forwards, sometimes far forwards, sometimes back by more than a window.
const step = fc.oneof({ weight: 6, arbitrary: fc.nat(8) }, fc.integer({ min: -150, max: 40 }), fc.nat(400));
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('add', 'add', 'ask'),
      key,
      step,
      value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
    }) as fc.Arbitrary<Action>,
  },
  fc.record({ do: fc.constantFrom('commit', 'commit fails', 'reload') }) as fc.Arbitrary<Action>,
);

function assertSame(window: SlidingMean<Row>, naive: NaiveWindow, origin: string, at: number): void {
  const values = naive.of(origin, at);
  const mean = values.length === 0 ? 0.5 : values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.equal(window.count({ origin }, at), values.length);
  assert.equal(window.mean({ origin }, at, 0.5), mean);
  assert.equal(window.late, naive.late);
}

describe('sliding windows', () => {
  it('count and average exactly what the definition says, over any order, commit, failed commit and reload', () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 150, size: 'max' }),
        fc.integer({ min: -1e12, max: 1e12 }),
        (actions, start) => {
          const store = new PieceStore();
          let state = means.create();
          let naive = new NaiveWindow();
          let committed = naive.copy();
          let now = start;
          for (const next of actions) {
            if (next.do === 'add' || next.do === 'ask') now += next.step;
            if (next.do === 'add') {
              state.handle.add({ origin: next.key }, now, next.value);
              naive.add(next.key, now, next.value);
            }
            if (next.do === 'add' || next.do === 'ask') assertSame(state.handle, naive, next.key, now);
            if (next.do === 'commit fails') state.changes();
            if (next.do === 'commit') {
              store.commit(state);
              assertStored(store, state);
              committed = naive.copy();
            }
            if (next.do === 'reload') {
              state = means.create();
              state.load(store.sorted());
              naive = committed.copy();
              assertStored(store, state);
            }
          }
          const keys = new Set(naive.events.filter((event) => event.time > naive.clock - WINDOW_MS).map((e) => e.key));
          assert.equal(state.handle.keys, keys.size);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('end with the same bytes wherever commits and reloads cut the stream', () => {
    const event = fc.record({ key, step });
    fc.assert(
      fc.property(fc.array(fc.record({ event, cut: fc.boolean() }), { maxLength: 150, size: 'max' }), (events) => {
        const whole = means.create();
        const store = new PieceStore();
        let pieces = means.create();
        let now = 0;
        for (const [index, { event: next, cut }] of events.entries()) {
          now += next.step;
          whole.handle.add({ origin: next.key }, now, index);
          pieces.handle.add({ origin: next.key }, now, index);
          if (!cut) continue;
          store.commit(pieces);
          pieces = means.create();
          pieces.load(store.sorted());
        }
        assert.deepEqual(piecesOf(pieces), piecesOf(whole));
      }),
    );
  });

  it('forget what left the window, so that the stored state does not grow with the stream', () => {
    const store = new PieceStore();
    const state = slidingCount<Row>({ by: (row) => row.origin, window: '1m' }).create();
    let most = 0;
    for (let index = 0; index < 50_000; index++) {
      state.handle.add({ origin: `airport ${index % 977}` }, index * 100);
      if (index % 500 === 0) store.commit(state);
      most = Math.max(most, store.sorted().length);
    }
    assert.ok(most <= 66, `${most} pieces`);
    assert.equal(state.handle.keys, 600);
  });

  it('write at a commit the chunks that changed, not the window', () => {
    const store = new PieceStore();
    const state = slidingCount<Row>({ by: 'origin', window: '64m' }).create();
    for (let at = 0; at < 64 * 60_000; at += 100) state.handle.add({ origin: 'ATL' }, at);
    const first = store.commit(state);
    for (let at = 64 * 60_000; at < 64 * 60_000 + 1_000; at += 100) state.handle.add({ origin: 'ATL' }, at);
    const second = store.commit(state);
    assert.ok(second < first / 20, `${second} of ${first} bytes`);
    assertStored(store, state);
  });

  it('count 5 and "5" as one key, and refuse a record without a key or a time, naming what is wrong', () => {
    const state = slidingCount<{ id: unknown }>({ by: 'id', window: '1s' }).create();
    state.handle.add({ id: 5 }, 1_000);
    assert.equal(state.handle.add({ id: '5' }, new Date(1_000)), 2);
    for (const id of [null, undefined, NaN, {}]) {
      assert.throws(() => state.handle.add({ id }, 1_000), /slidingCount\.by\.id: a key must be/);
    }
    assert.throws(() => state.handle.add({ id: '\ud800' }, 1_000), /unpaired surrogate/);
    assert.throws(() => state.handle.add({ id: 5 }, NaN), /at: NaN is not a time/);
    assert.equal(state.handle.count({ id: 5 }, 1_000), 2);
  });

  it('refuse a value whose sums would not be exact', () => {
    const state = means.create();
    for (const value of [0.1, NaN, 2 ** 31 + 1, Infinity]) {
      assert.throws(() => state.handle.add({ origin: 'ATL' }, 0, value), /is not an integer of at most 2\^31/);
    }
  });

  it('refuse stored bytes that are not theirs', () => {
    for (const piece of [
      { key: 'clock', value: Buffer.from('{"clockMs":1.5,"late":0}') },
      { key: '10000000000000000', value: Buffer.of(1, 200) },
      { key: 'something else', value: Buffer.of() },
    ]) {
      assert.throws(() => means.create().load([piece]), { code: 'state_refused' });
    }
  });

  it('refuse an empty window when the pipeline is described', () => {
    assert.throws(() => slidingCount<Row>({ by: 'origin', window: 0 }), /slidingCount\.window: the window is empty/);
  });
});
