import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COMPLETED, EndedTasks, type EndedTable } from './ended-tasks.ts';
import { hashId } from './id-hash.ts';

test('it remembers what a map would remember, through growth', () => {
  const actions = fc.array(fc.tuple(fc.integer({ min: 0, max: 6_000 }), fc.integer({ min: 1, max: 5 })), {
    minLength: 4_000,
    maxLength: 12_000,
  });
  fc.assert(
    fc.property(actions, (ends) => {
      const model = new Map<string, number>();
      const ended = new EndedTasks(2 ** 16);
      for (const [task, attempt] of ends) {
        const id = `task-${task}`;
        ended.close(id, attempt, 0);
        model.set(id, Math.max(model.get(id) ?? 0, attempt));
      }
      for (let task = 0; task <= 6_001; task++) {
        assert.equal(ended.closedThrough(`task-${task}`), model.get(`task-${task}`) ?? 0);
      }
      assert.equal(ended.count, model.size);
    }),
    { numRuns: 10 },
  );
});

test('when it is full the oldest are forgotten, and the horizon says up to when', () => {
  const ended = new EndedTasks(2 ** 12); // 3,072 in each of two tables
  for (let task = 0; task < 10_000; task++) ended.close(`t${task}`, COMPLETED, task);
  assert(ended.count <= 2 * 3_072);
  for (let task = 0; task < 10_000; task++) {
    const isRemembered = ended.closedThrough(`t${task}`) === COMPLETED;
    if (task > ended.horizonMs) assert(isRemembered, `task ${task} after the horizon ${ended.horizonMs}`);
  }
  assert(ended.horizonMs >= 3_000 && ended.horizonMs < 10_000, String(ended.horizonMs));
});

test('what is stored piece by piece is what is loaded again', () => {
  const ended = new EndedTasks(2 ** 12);
  const stored = { younger: new Map<number, Uint32Array>(), elder: new Map<number, Uint32Array>() };
  const words = { younger: 0, elder: 0 };
  let facts: ReturnType<EndedTasks['changes']> = ended.changes();
  const save = (): void => {
    facts = ended.changes();
    for (const side of ['younger', 'elder'] as const) {
      if (facts[side].isAnew) stored[side].clear();
      for (const piece of facts[side].pieces) stored[side].set(piece.number, Uint32Array.from(piece.words));
      words[side] = facts[side].words;
    }
    ended.markStored();
  };
  for (let task = 0; task < 9_000; task++) {
    ended.close(`t${task}`, (task % 7) + 1, task);
    if (task % 500 === 499) save();
  }
  save();
  const table = (side: 'younger' | 'elder'): EndedTable => {
    const slots = new Uint32Array(words[side]);
    const pieceWords = stored[side].get(0)!.length;
    for (const [number, piece] of stored[side]) slots.set(piece, number * pieceWords);
    return { slots, count: facts[side].count, newestMs: facts[side].newestMs };
  };
  const loaded = new EndedTasks(2 ** 12, {
    younger: table('younger'),
    elder: table('elder'),
    horizonMs: ended.horizonMs,
  });
  for (let task = 0; task < 9_000; task++) {
    assert.equal(loaded.closedThrough(`t${task}`), ended.closedThrough(`t${task}`), `task ${task}`);
  }
});

test('a million ids that differ in a digit have a million hashes, spread over the table', () => {
  const seen = new Set<bigint>();
  const into = new Uint32Array(2);
  const buckets = new Uint32Array(1_024);
  for (let task = 0; task < 1_000_000; task++) {
    hashId(`task-2026-${task}`, into);
    seen.add((BigInt(into[0]!) << 32n) | BigInt(into[1]!));
    buckets[into[0]! & 1_023]!++;
  }
  assert.equal(seen.size, 1_000_000);
  // 977 a bucket on average, standard deviation 31.
  assert(Math.max(...buckets) < 1_200 && Math.min(...buckets) > 770);
});
