import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { limitYoungObjects } from './young-objects.ts';

const KEPT = 20_000;
const ROUNDS = 200;

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')!.physical_space_size;
}

test('room for young objects grows no further once it has the size that a stream needs', async () => {
  limitYoungObjects(1);
  // As a stream does: most objects die young, and those of a batch live a little longer.
  let kept: object[] = [];
  let mostBytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    kept = Array.from({ length: KEPT }, (_, id) => ({ id, p: id / 3 }));
    mostBytes = Math.max(mostBytes, youngBytes());
    await yieldToEvents();
  }
  assert.equal(kept.length, KEPT);
  assert.ok(mostBytes < 40 * 2 ** 20, `${mostBytes} bytes`);
});
