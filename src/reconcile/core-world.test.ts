import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { World, type Faults } from './testing/world.ts';

const RUNS = 2_000;
const TURNS = 400;

const faults: fc.Arbitrary<Faults> = fc.record({
  lost: fc.constantFrom(0, 0.1, 0.4),
  doubled: fc.constantFrom(0, 0.3),
  unanswered: fc.constantFrom(0, 0.3),
  crashes: fc.constantFrom(0, 0.05),
});

test('whatever lines are lost, doubled and shuffled, nothing completed is begun again, and nothing that may not run twice does', () => {
  let begunAgain = 0;
  fc.assert(
    fc.property(fc.integer(), faults, (seed, given) => {
      const world = new World(seed, given);
      for (let turn = 0; turn < TURNS; turn++) world.turn();
      world.settle();
      assert.deepEqual(world.violations, []);
      begunAgain += world.tasks.filter(({ attempts }) => attempts > 1).length;
    }),
    { numRuns: RUNS },
  );
  assert(begunAgain > RUNS / 10, `only ${begunAgain} tasks were begun again, which proves little`);
});

test('when faults stop every recovery comes to an end', () => {
  fc.assert(
    fc.property(fc.integer(), faults, (seed, given) => {
      const world = new World(seed, given);
      for (let turn = 0; turn < TURNS; turn++) world.turn();
      assert.deepEqual(world.settle(), []);
    }),
    { numRuns: RUNS / 10 },
  );
});
