import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Program } from '../../../lifecycle/testing/program.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { counting, events } from '../../testing/counting.ts';
import type { CountingProgram } from '../../testing/counting-program.ts';
import { leftIn, runToEnd, temporaryDirectory } from '../../testing/engine.ts';
import type { Left } from '../../testing/engine.ts';
import { countingProgram, directoryOf } from '../../testing/program.ts';

async function calm(t: TestContext, ...lengths: number[]): Promise<Left> {
  const directory = await temporaryDirectory(t);
  await runToEnd(counting(events(...lengths)), directory);
  return leftIn(directory);
}

/** Runs to the end in the state directory that another program left. */
async function goOn(t: TestContext, given: CountingProgram, { stateDir }: Program): Promise<Program> {
  const program = countingProgram(t, given, stateDir);
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  return program;
}

test('a pipeline that comes to its end exits 0, and the report counts every record', async (t) => {
  const program = countingProgram(t, { lengths: [2_000, 1_000] });
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  const { outcome, work, checkpoint, cause } = program.report();
  assert.equal(outcome, 'clean');
  assert.equal(cause.kind, 'completed');
  assert.deepEqual(work, {
    of: 'records',
    accepted: 3_000,
    finished: 3_000,
    returned: 0,
    lost: 0,
    unknown: 0,
    lostIds: [],
  });
  assert.deepEqual(checkpoint?.position, { 0: [2_000], 1: [1_000] });
  assert.deepEqual(leftIn(directoryOf(program)), await calm(t, 2_000, 1_000));
});

test('SIGTERM: what was read is processed and committed, exit 0, and the next start goes on from there', async (t) => {
  const given = { lengths: [2_000], batch: 100, records: 50, slowMs: 0.5 };
  const program = countingProgram(t, given);
  await program.says('commit 5');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  const { outcome, work } = program.report();
  assert.equal(outcome, 'clean');
  assert.equal(work.finished, work.accepted);
  assert.ok(work.accepted < 2_000);
  assert.equal(leftIn(directoryOf(program)).records, work.finished);
  await goOn(t, { lengths: [2_000] }, program);
  assert.deepEqual(leftIn(directoryOf(program)), await calm(t, 2_000));
});

test('a second signal gives draining up: what was not committed is returned and read again, never half applied', async (t) => {
  const program = countingProgram(t, {
    lengths: [5_000],
    batch: 2_000,
    records: 50,
    batches: 'whole',
    slowMs: 2,
    unit: { grace: '30s' },
  });
  await program.says('commit 2');
  program.signal('SIGTERM');
  await program.logs('stage_started', { stage: 'drain' });
  // Repeats soon after the first count as one with it: until one counts.
  const counted = (): number => program.log.filter((line) => line.event === 'signal' && line['counted']).length;
  await until(() => {
    program.signal('SIGTERM');
    return counted() === 2;
  }, 'a second signal that counts');
  assert.deepEqual(await program.ended, { code: 104, signal: null });
  const { outcome, work } = program.report();
  assert.equal(outcome, 'forced');
  assert.ok(work.returned > 0);
  assert.equal(work.accepted, work.finished + work.returned);
  assert.equal(leftIn(directoryOf(program)).records, work.finished);
  await goOn(t, { lengths: [5_000] }, program);
  assert.deepEqual(leftIn(directoryOf(program)), await calm(t, 5_000));
});

test('kill -9 at any moment loses nothing and repeats nothing', async (t) => {
  const given = { lengths: [4_000, 3_000], batch: 300, records: 200, archiveEveryRecords: 1_000, slowMs: 0.05 };
  let program = countingProgram(t, given);
  for (const epoch of [1, 4, 10]) {
    await program.says(`commit ${epoch}`);
    program.signal('SIGKILL');
    assert.equal((await program.ended).signal, 'SIGKILL');
    program = countingProgram(t, given, program.stateDir);
  }
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.deepEqual(leftIn(directoryOf(program)), await calm(t, 4_000, 3_000));
});
