import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANTED_IN_SCHEDULER } from './planted.ts';
import { simulateScheduler } from './world.ts';

const LIVES = 120;

/** What has to come up often enough for the checks to mean something. */
const NEEDED = [
  'job completed',
  'job failed',
  'job cancelled',
  'job_requeued',
  'job_lost',
  'job_ready',
  'lease_lost',
  'resource_quarantined',
  'resource_freed',
  'spawn_failed',
  'scheduler killed',
];

test(`nothing is lost, run twice, or handed out unproven in ${LIVES} simulated lives of a scheduler, and all come to rest`, () => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= LIVES; seed++) {
    const life = simulateScheduler(seed);
    assert.deepEqual(life.violations, [], `seed ${seed}`);
    for (const what of life.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  assert.deepEqual(
    NEEDED.filter((what) => (seen.get(what) ?? 0) < 2),
    [],
  );
});

test("a scheduler's life replays exactly from its seed", () => {
  for (const seed of [1, 2, 99]) assert.deepEqual(simulateScheduler(seed), simulateScheduler(seed));
});

for (const [name, wrongStep] of Object.entries(PLANTED_IN_SCHEDULER)) {
  test(`the planted bug ${name} is found`, () => {
    let found = 0;
    for (let seed = 1; seed <= LIVES && found === 0; seed++)
      found += simulateScheduler(seed, wrongStep).violations.length;
    assert.ok(found > 0);
  });
}
