import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolOf, Script, specOf } from '../testing/script.ts';

const exited = { kind: 'exited', exit: { code: 0, signal: null, reportCode: null } } as const;

test('a job whose keeper lives is taken up again, with the rest of its time limit', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ timeoutMs: 10_000 }));
  script.pass(6_000);
  const next = script.crash({ [`${id}/1/main.0`]: { kind: 'alive' } });
  assert.equal(next.stateOf(id), 'running');
  next.pass(4_001);
  assert.equal(next.stateOf(id), 'stopping');
});

test('a result that came while nobody was there is taken in, and its GPU is proven before it is handed out', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf());
  const waiting = script.submit(specOf());
  const next = script.crash({ [`${id}/1/main.0`]: exited });
  assert.deepEqual([next.stateOf(id), next.stateOf(waiting)], ['completed', 'queued']);
  next.prove();
  assert.equal(next.stateOf(waiting), 'starting');
});

test('a spawn that was revoked in time does not count: the job starts anew', () => {
  const script = new Script(poolOf(1));
  const id = script.submit(specOf());
  const next = script.crash({ [`${id}/1/main.0`]: { kind: 'never' } });
  assert.equal(next.stateOf(id), 'queued');
  next.prove();
  assert.deepEqual([next.stateOf(id), next.row(id).failures, next.row(id).attempt], ['starting', 0, 2]);
});

test('a spawn that its keeper had claimed goes on', () => {
  const script = new Script(poolOf(1));
  const id = script.submit(specOf());
  const next = script.crash({ [`${id}/1/main.0`]: { kind: 'alive' } });
  assert.equal(next.stateOf(id), 'running');
  assert.equal(next.rows.intents.size, 0);
});

test('a dead keeper proves nothing: everything is swept and proven, and the job has failed or is tried again', () => {
  for (const [max, state] of [
    [0, 'failed'],
    [1, 'queued'],
  ] as const) {
    const script = new Script(poolOf(1));
    const id = script.start(specOf({ retries: { max, backoffMs: 100, backoffMsMax: 100 } }));
    const next = script.crash({ [`${id}/1/main.0`]: { kind: 'lost', why: 'its keeper is gone' } });
    assert.equal(next.stateOf(id), state);
    assert.equal(next.rows.resources.get('gpu:0')?.state, 'releasing');
    assert.equal(next.take('prove').length, 1);
  }
});

test("what ran on another host is not known: it is neither retried nor released without an operator's word", () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ retries: { max: 3, backoffMs: 0, backoffMsMax: 0 } }));
  const next = script.crash({ [`${id}/1/main.0`]: { kind: 'unknown', why: 'it ran on host-7' } });
  next.pass(10_000);
  assert.equal(next.take('spawn').length, 0);
  assert.equal(next.rows.resources.get('gpu:0')?.state, 'quarantined');
  next.feed({ type: 'cleared', resource: `tree:${id}/1`, by: 'root' });
  next.feed({ type: 'cleared', resource: 'gpu:0', by: 'root' });
  assert.equal(next.stateOf(id), 'starting');
});

test('an ending goes on where it was: the rest of the grace, then the kill', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ graceMs: 10_000 }));
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
  script.feed({ type: 'signalled', run: `${id}/1` });
  script.pass(4_000);
  const next = script.crash({ [`${id}/1/main.0`]: { kind: 'alive' } });
  next.pass(5_990);
  assert.equal(next.take('kill').length, 0);
  next.pass(20);
  assert.equal(next.take('kill').length, 1);
});

test('a crash between the intent of a signal and its effect does not lose the ending', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf());
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
  const next = script.crash({ [`${id}/1/main.0`]: { kind: 'alive' } });
  assert.equal(next.take('signal').length, 1);
});

test('a crash during the proof asks for the proof again', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf());
  script.exit(id);
  const next = script.crash({});
  assert.equal(next.take('prove').length, 1);
});

test('quarantine outlives a restart', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf());
  script.exit(id);
  script.prove({ 'gpu:0': 'memory is in use' });
  const next = script.crash({});
  const waiting = next.submit(specOf());
  assert.equal(next.stateOf(waiting), 'queued');
  next.pass(1_000);
  assert.equal(next.take('check').length > 0, true);
  next.feed({ type: 'checked', resource: 'gpu:0', evidence: null });
  assert.equal(next.stateOf(waiting), 'starting');
});

test('leases get a whole term after a restart, and are then lost as ever', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ lease: { ttlMs: 30_000, onLoss: 'cancel' } }));
  script.pass(29_000);
  script.atMs += 600_000; // nobody was there
  const next = script.crash({ [`${id}/1/main.0`]: { kind: 'alive' } });
  next.pass(29_000);
  assert.equal(next.stateOf(id), 'running');
  next.pass(2_000);
  assert.equal(next.stateOf(id), 'stopping');
});
