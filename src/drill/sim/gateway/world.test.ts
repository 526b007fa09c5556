import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANTED_IN_GATEWAY } from './planted.ts';
import { simulateGateway } from './world.ts';

const SEEDS = 300;

/** What has to come up in these lives, or they prove little. */
const WANTED = [
  'ready → draining',
  'draining → gone',
  'ready → ejected',
  'ejected → ready',
  'joining → ready',
  'cut requests',
  'cut streams',
  'waits',
  'a session stayed with a draining instance',
  'refused no-instance',
  'refused queue-full',
  'refused queue-timeout',
  'refused closing',
  'refused not-repeatable',
  'version by header',
  'version by user',
  'version by cohort',
  'version by weights',
];

test('the gateway core keeps its invariants in hundreds of lives, and lives everything that it can', () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const life = simulateGateway(seed);
    assert.deepEqual(life.violations, [], `seed ${seed}`);
    for (const what of life.seen) seen.add(what);
  }
  const wanted = WANTED.filter((what) => !seen.has(what));
  assert.deepEqual(wanted, []);
});

test('the same seed lives the same life', () => {
  assert.deepEqual(simulateGateway(7), simulateGateway(7));
});

for (const [name, planted] of Object.entries(PLANTED_IN_GATEWAY)) {
  test(`the planted bug ${name} is found`, () => {
    let found = false;
    for (let seed = 1; seed <= SEEDS && !found; seed++) found = simulateGateway(seed, planted).violations.length > 0;
    assert(found);
  });
}
