import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type { LastcallError } from '../../../base/errors.ts';
import { thisProcess } from '../../../base/process-identity.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { counting, events } from '../../testing/counting.ts';
import { leftIn, open, runToEnd, temporaryDirectory } from '../../testing/engine.ts';
import { countingProgram, directoryOf } from '../../testing/program.ts';
import { DATABASE } from './place.ts';

const fenced = (message: RegExp) => (error: LastcallError) => {
  assert.equal(error.exitCode, 107, error.stack);
  assert.match(error.message, message);
  return true;
};

test('a second instance is refused and told who owns the state, and the first one works on', async (t) => {
  const first = countingProgram(t, { lengths: [2_000], records: 50, slowMs: 0.5 });
  await first.says('commit 2');
  const second = countingProgram(t, { lengths: [2_000] }, first.stateDir);
  assert.deepEqual(await second.ended, { code: 107, signal: null });
  const refusal = second.reports().find(({ outcome }) => outcome === 'fenced')!;
  assert.match(refusal.error!, new RegExp(`it is owned by process ${first.pid} .*lease has \\d+ ms left`));
  assert.equal((await first.ended).code, 0);
  const calm = await temporaryDirectory(t);
  await runToEnd(counting(events(2_000)), calm);
  assert.deepEqual(leftIn(directoryOf(first)), leftIn(calm));
});

test('an owner that hangs beyond its lease is passed over; its next commit fails, and it ends with 107', async (t) => {
  const given = { lengths: [20_000], batch: 400, records: 400, slowMs: 0.2, unit: { lease: 300 } };
  const first = countingProgram(t, given);
  await first.says('commit 1');
  first.signal('SIGSTOP');
  const second = await goOnWhenFree(t, first.stateDir);
  first.signal('SIGCONT');
  assert.equal((await first.ended).code, 107);
  const report = first.reports().find(({ unit }) => unit.pid === first.pid)!;
  assert.equal(report.outcome, 'fenced');
  assert.match(report.error!, /has taken this pipeline over/);
  assert.equal((await second.ended).code, 0);
  const calm = await temporaryDirectory(t);
  await runToEnd(counting(events(20_000)), calm);
  assert.deepEqual(leftIn(directoryOf(first)), leftIn(calm));
});

/** Starts again and again until the owner's lease is over. */
async function goOnWhenFree(
  t: Parameters<typeof countingProgram>[0],
  stateDir: string,
): Promise<ReturnType<typeof countingProgram>> {
  for (;;) {
    const program = countingProgram(t, { lengths: [20_000], records: 500, slowMs: 0.02 }, stateDir);
    const started = program.says('commit 3').catch(() => 'refused');
    const how = await Promise.race([started, program.ended]);
    if (typeof how !== 'object' && how !== 'refused') return program;
    assert.equal((await program.ended).code, 107);
  }
}

test('the owner of a state that was killed is passed over at once', async (t) => {
  const first = countingProgram(t, { lengths: [5_000], records: 50, slowMs: 0.5, unit: { lease: '1h' } });
  await first.says('commit 1');
  first.signal('SIGKILL');
  await first.ended;
  const second = countingProgram(t, { lengths: [5_000] }, first.stateDir);
  assert.equal((await second.ended).code, 0);
});

test('the lease is renewed while nothing is committed', async (t) => {
  const directory = await temporaryDirectory(t);
  await using opened = await open(counting(events(10)), directory, { leaseMs: 30 });
  const reader = new DatabaseSync(join(directory, DATABASE), { readOnly: true });
  t.after(() => reader.close());
  const lease = (): number => Number(reader.prepare('SELECT lease_until_ms AS at FROM lastcall_fence').get()!['at']);
  const first = lease();
  await until(() => {
    opened.state.fence.heartbeat();
    return lease() > first;
  }, 'a later lease');
});

test('who was passed over can neither commit nor take the ownership back by ending', async (t) => {
  const directory = await temporaryDirectory(t);
  await using opened = await open(counting(events(10)), directory);
  const other = new DatabaseSync(join(directory, DATABASE));
  other.exec("UPDATE lastcall_fence SET instance = 'unit_other'");
  await assert.rejects(opened.engine.run(), fenced(/\(unit_other\) has taken this pipeline over/));
  assert.throws(() => opened.state.fence.heartbeat(), fenced(/unit_other/));
  opened.state.fence.release();
  assert.equal(other.prepare('SELECT released FROM lastcall_fence').get()!['released'], 0);
  other.close();
  assert.equal(leftIn(directory).records, 0);
});

test('an owner without the lock is respected by whoever gets the lock, before anything is touched', async (t) => {
  const directory = await temporaryDirectory(t);
  {
    await using opened = await open(counting(events(100), { archive: {} }), directory);
    await opened.engine.run();
    await opened.archivist!.now();
  }
  await runToEnd(counting(events(200)), directory);
  const other = new DatabaseSync(join(directory, DATABASE));
  t.after(() => other.close());
  other
    .prepare('UPDATE lastcall_fence SET instance = ?, owner = ?, holds_lock = 0, released = 0, lease_until_ms = ?')
    .run('unit_other', JSON.stringify(thisProcess()), Date.now() + 3_600_000);
  const inode = statSync(join(directory, DATABASE)).ino;
  // The source has lost what was read last, so that an archive would take the place of the state.
  await assert.rejects(open(counting(events(150)), directory), fenced(/unit_other/));
  assert.equal(statSync(join(directory, DATABASE)).ino, inode);
});
