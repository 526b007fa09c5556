import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drillStream } from './drill.ts';

test('100 kills at random moments and some at steps of the disk lose nothing, double nothing and change no bit', async (t) => {
  const result = await drillStream({
    trials: 100,
    ioSteps: 8,
    seed: 1,
    records: 40_000,
    ioRecords: 3_000,
    jobs: 2,
    progress: (text) => t.diagnostic(text),
  });
  assert.deepEqual(result.violations, []);
  assert.equal(result.lost, 0);
  assert.equal(result.doubled, 0);
  assert.ok(result.faultsOnWorkInFlight > 30, `${result.faultsOnWorkInFlight} kills hit work in flight`);
  if (result.ioSkipped !== null) t.diagnostic(`SKIPPED steps of the disk: ${result.ioSkipped}`);
});
