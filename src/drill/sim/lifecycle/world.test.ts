import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANTED } from './planted.ts';
import { simulateLife } from './world.ts';

const LIVES = 2_000;

test(`the invariants hold in ${LIVES} simulated lives`, () => {
  for (let seed = 1; seed <= LIVES; seed++) {
    const { violations } = simulateLife(seed);
    assert.deepEqual(violations, [], `seed ${seed}`);
  }
});

test('a seed replays exactly', () => {
  for (const seed of [1, 2, 3, 99]) assert.deepEqual(simulateLife(seed), simulateLife(seed));
});

for (const [name, wrongStep] of Object.entries(PLANTED)) {
  test(`the planted bug ${name} is found`, () => {
    let found = 0;
    for (let seed = 1; seed <= 300; seed++) found += simulateLife(seed, wrongStep).violations.length;
    assert.ok(found > 0);
  });
}
