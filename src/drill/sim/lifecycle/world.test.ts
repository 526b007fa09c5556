import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STAGES } from '../../../lifecycle/core/types.ts';
import { PLANTED } from './planted.ts';
import { simulateLife } from './world.ts';

const LIVES = 2_000;

/** Every way to end that there is; each has to come up often enough for its checks to mean something. */
const ENDINGS = [
  ...['clean', 'handed_back', 'incomplete', 'preempted', 'forced', 'killed', 'failed', 'fenced', 'refused'].map(
    (outcome) => `outcome ${outcome}`,
  ),
  ...[0, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 'of the work'].map((code) => `exit code ${code}`),
  ...STAGES.flatMap((stage) => ['ok', 'timeout', 'error', 'skipped'].map((result) => `${stage} ${result}`)),
  'killed signal',
  'killed deadline',
  'extended',
  'noticed',
  'never ready',
  'part cut',
];
const TIMES_SEEN_MIN = 3;

test(`the invariants hold in ${LIVES} simulated lives, and these end in every way that there is`, () => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= LIVES; seed++) {
    const life = simulateLife(seed);
    assert.deepEqual(life.violations, [], `seed ${seed}`);
    for (const what of life.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  const rare = ENDINGS.filter((ending) => (seen.get(ending) ?? 0) < TIMES_SEEN_MIN);
  assert.deepEqual(rare, []);
});

test('a seed replays exactly', () => {
  for (const seed of [1, 2, 3, 99]) assert.deepEqual(simulateLife(seed), simulateLife(seed));
});

for (const [name, wrongStep] of Object.entries(PLANTED)) {
  test(`the planted bug ${name} is found`, () => {
    let found = 0;
    for (let seed = 1; seed <= LIVES && found === 0; seed++) found += simulateLife(seed, wrongStep).violations.length;
    assert.ok(found > 0);
  });
}
