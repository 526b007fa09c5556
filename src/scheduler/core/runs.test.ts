import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolOf, Script, specOf } from '../testing/script.ts';

test('every effect has its intent among the rows that were committed before', () => {
  const script = new Script(poolOf(1));
  const id = script.submit(specOf());
  assert.deepEqual([...script.rows.intents.keys()], [`${id}/1/spawn/main.0`]);
  script.spawn();
  assert.equal(script.rows.intents.size, 0);
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
  assert.deepEqual([...script.rows.intents.keys()], [`${id}/1/signal`]);
});

test('a GPU stays with the job until its release is proven, although the job is over', () => {
  const script = new Script(poolOf(1));
  const first = script.start(specOf());
  const next = script.submit(specOf());
  script.exit(first);
  assert.deepEqual([script.stateOf(first), script.stateOf(next)], ['completed', 'queued']);
  assert.equal(script.rows.resources.get('gpu:0')?.state, 'releasing');
  script.prove();
  assert.equal(script.stateOf(next), 'starting');
});

test('what is not proven is put aside, looked at again with growing distance, and comes back when it is free', () => {
  const script = new Script(poolOf(1));
  const first = script.start(specOf());
  script.exit(first);
  script.prove({ 'gpu:0': '2 GiB are still in use' });
  const next = script.submit(specOf());
  assert.equal(script.stateOf(next), 'queued');
  assert.equal(script.rows.resources.get('gpu:0')?.state, 'quarantined');
  const looks: number[] = [];
  for (let index = 0; index < 8; index++) {
    const before = script.atMs;
    while (script.take('check').length === 0) script.pass(500);
    looks.push(Math.round((script.atMs - before) / 1_000));
    script.feed({ type: 'checked', resource: 'gpu:0', evidence: '2 GiB are still in use' });
  }
  assert.deepEqual(looks, [1, 2, 4, 8, 16, 32, 60, 60]);
  script.feed({ type: 'checked', resource: 'gpu:0', evidence: null });
  assert.equal(script.stateOf(next), 'starting');
});

test('while the processes may still be there, nothing that they had is handed out, except by an operator', () => {
  const script = new Script(poolOf(2));
  const first = script.start(specOf());
  script.feed({ type: 'cancelled', job: first, by: 'ann', graceMs: null, force: true });
  script.prove({ [`tree:${first}/1`]: 'pid 12 does not die' }, 'unproven');
  assert.equal(script.stateOf(first), 'cancelled');
  script.feed({ type: 'checked', resource: 'gpu:0', evidence: null });
  assert.equal(script.rows.resources.get('gpu:0')?.state, 'quarantined');
  script.feed({ type: 'cleared', resource: 'gpu:0', by: 'root' });
  assert.equal(script.rows.resources.get('gpu:0'), undefined);
  script.feed({ type: 'checked', resource: `tree:${first}/1`, evidence: null });
  assert.equal(script.state.runs.size, 0);
});

test('cancelling a queued job is final at once, and again is the same', () => {
  const script = new Script(poolOf(0));
  const id = script.submit(specOf());
  for (let time = 0; time < 2; time++) {
    script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
    assert.equal(script.stateOf(id), 'cancelled');
  }
  assert.equal(script.told.filter(({ event }) => event === 'job_ended').length, 1);
});

test('cancelling while it starts is final at once, and what may have been started is killed and proven', () => {
  const script = new Script(poolOf(1));
  const id = script.submit(specOf());
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
  assert.equal(script.stateOf(id), 'cancelled');
  assert.deepEqual(
    script.effects.map(({ type }) => type),
    ['spawn', 'kill', 'prove'],
  );
  script.spawn();
  assert.equal(script.stateOf(id), 'cancelled');
  script.prove();
  assert.equal(script.state.runs.size, 0);
});

test('a running job is asked first, and killed when its grace is over', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ graceMs: 5_000 }));
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
  assert.equal(script.stateOf(id), 'stopping');
  assert.deepEqual(
    script.effects.map(({ type }) => type),
    ['signal'],
  );
  script.pass(4_999);
  assert.deepEqual(script.take('kill'), []);
  script.pass(2);
  assert.deepEqual(
    script.effects.map(({ type }) => type),
    ['signal', 'kill', 'prove'],
  );
  script.exit(id, { signal: 'SIGKILL' });
  assert.equal(script.stateOf(id), 'cancelled');
  script.prove();
  assert.equal(script.take('report').length, 1);
});

test('force kills at once, also when the polite ending has begun', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf());
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: true });
  assert.equal(script.take('kill').length, 1);
});

test('a job that exits well after a cancel is cancelled all the same, and not run again', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ retries: { max: 3, backoffMs: 1, backoffMsMax: 1 } }));
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
  script.exit(id, { code: 0 });
  script.prove();
  assert.equal(script.stateOf(id), 'cancelled');
});

test('a failed job is tried again after a back-off that doubles, and then it has failed', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ retries: { max: 2, backoffMs: 1_000, backoffMsMax: 60_000 } }));
  for (const waitMs of [750, 1_500]) {
    script.exit(id, { code: 3 });
    script.prove();
    assert.equal(script.stateOf(id), 'queued');
    script.pass(waitMs - 10);
    assert.equal(script.stateOf(id), 'queued');
    script.pass(20);
    assert.equal(script.stateOf(id), 'starting');
    script.spawn();
  }
  script.exit(id, { code: 3 });
  assert.deepEqual([script.stateOf(id), script.row(id).exitCode], ['failed', 3]);
});

test('a job is not run again while its last run has not been proven gone', () => {
  const script = new Script(poolOf(2));
  const id = script.start(specOf({ retries: { max: 1, backoffMs: 0, backoffMsMax: 0 } }));
  script.exit(id, { code: 1 });
  script.pass(1_000);
  assert.equal(script.stateOf(id), 'queued');
  script.prove({ [`tree:${id}/1`]: 'pid 9 is there' }, 'unproven');
  script.pass(1_000);
  assert.equal(script.stateOf(id), 'queued');
  script.feed({ type: 'checked', resource: `tree:${id}/1`, evidence: null });
  script.feed({ type: 'checked', resource: 'gpu:0', evidence: null });
  assert.equal(script.stateOf(id), 'starting');
});

test('a time limit ends a job, as failed', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ timeoutMs: 10_000, graceMs: 1_000 }));
  script.pass(10_001);
  assert.equal(script.stateOf(id), 'stopping');
  assert.equal(script.take('signal')[0]?.reason, 'timeout');
  script.exit(id, { signal: 'SIGTERM' });
  assert.equal(script.stateOf(id), 'failed');
});

test('when one of a gang fails, the others are asked to end, and the job has failed with its code', () => {
  const script = new Script(poolOf(4));
  const id = script.start(specOf({ replicas: 3 }));
  const run = script.run(id);
  script.feed({ type: 'exited', run: run.id, member: 'main.1', exit: { code: 7, signal: null, reportCode: null } });
  assert.equal(script.take('signal').length, 1);
  script.exit(id, { signal: 'SIGTERM' });
  assert.deepEqual([script.stateOf(id), script.row(id).exitCode], ['failed', 7]);
});

test('companions end after the job, and the job is not over before its processes are', () => {
  const script = new Script(poolOf(1));
  const command = { argv: ['sleep'], cwd: '/', environment: {} };
  const id = script.start(specOf({ companions: [{ name: 'reward', command }] }));
  const run = script.run(id);
  script.feed({ type: 'exited', run: run.id, member: 'main.0', exit: { code: 0, signal: null, reportCode: null } });
  assert.equal(script.stateOf(id), 'completed');
  assert.equal(script.take('signal').length, 1);
  assert.equal(script.take('prove').length, 0);
  script.exit(id, { signal: 'SIGTERM' });
  assert.equal(script.take('prove').length, 1);
});

test('a service is running once it is ready, and one that is not ready in time has failed', () => {
  const script = new Script(poolOf(2));
  const readiness = { http: '/health', everyMs: 100, withinMs: 60_000 };
  const good = script.start(specOf({ readiness }));
  const bad = script.start(specOf({ readiness }));
  assert.equal(script.stateOf(good), 'starting');
  script.feed({ type: 'isReady', run: `${good}/1`, url: 'http://127.0.0.1:20000' });
  assert.deepEqual([script.stateOf(good), script.row(good).url], ['running', 'http://127.0.0.1:20000']);
  script.pass(60_001);
  script.exit(bad, { signal: 'SIGTERM' });
  assert.deepEqual([script.stateOf(good), script.stateOf(bad)], ['running', 'failed']);
  script.feed({ type: 'completeAsked', job: good, by: 'ann' });
  script.exit(good, { signal: 'SIGTERM' });
  assert.equal(script.stateOf(good), 'completed');
});

test('a job whose dependency did not complete is not run; one that takes any end is', () => {
  const script = new Script(poolOf(1));
  const first = script.start(specOf());
  const needs = script.submit(specOf({ after: [{ job: first, on: 'success' }] }));
  const takesAny = script.submit(specOf({ after: [{ job: first, on: 'any' }] }));
  const further = script.submit(specOf({ after: [{ job: needs, on: 'success' }] }));
  script.exit(first, { code: 1 });
  script.prove();
  assert.deepEqual(
    [needs, takesAny, further].map((id) => script.stateOf(id)),
    ['cancelled', 'starting', 'cancelled'],
  );
  assert.equal(script.row(needs).exitCode, 109);
});

test('a dependency that ended before the submit counts as it ended', () => {
  const script = new Script(poolOf(2));
  const good = script.submit(specOf({ after: [{ job: 'job_old', on: 'success' }] }), { job_old: true });
  const bad = script.submit(specOf({ after: [{ job: 'job_older', on: 'success' }] }), { job_older: false });
  assert.deepEqual([script.stateOf(good), script.stateOf(bad)], ['starting', 'cancelled']);
});

test('a client that stops renewing its lease loses its job, or lets it go on, as it chose', () => {
  const script = new Script(poolOf(2));
  const attached = script.start(specOf({ lease: { ttlMs: 30_000, onLoss: 'cancel' } }));
  const detaching = script.start(specOf({ lease: { ttlMs: 30_000, onLoss: 'detach' } }));
  for (let beat = 0; beat < 5; beat++) {
    script.pass(10_000);
    script.feed({ type: 'leaseRenewed', job: attached });
    script.feed({ type: 'leaseRenewed', job: detaching });
  }
  assert.equal(script.stateOf(attached), 'running');
  script.pass(30_001);
  assert.deepEqual([script.stateOf(attached), script.stateOf(detaching)], ['stopping', 'running']);
  script.exit(attached, { signal: 'SIGTERM' });
  assert.equal(script.stateOf(attached), 'cancelled');
});

test('a queued job that nobody asks for any more is held back until somebody does', () => {
  const script = new Script(poolOf(1));
  const first = script.start(specOf());
  const waiting = script.submit(specOf({ interestMs: 60_000 }));
  script.pass(60_001);
  script.exit(first);
  script.prove();
  assert.equal(script.stateOf(waiting), 'queued');
  script.feed({ type: 'polled', job: waiting });
  assert.equal(script.stateOf(waiting), 'starting');
});

test('jobs that are over are forgotten, so that the state does not grow with history', () => {
  const script = new Script(poolOf(1));
  for (let index = 0; index < 50; index++) {
    const id = script.start(specOf());
    script.exit(id);
    script.prove();
  }
  assert.deepEqual([script.state.jobs.size, script.state.runs.size, script.state.intents.size], [0, 0, 0]);
  assert.equal(script.rows.runs.size, 0);
});

test('when the scheduler closes, jobs are ended, left, or let go on, and the queue is kept', () => {
  for (const policy of ['cancel', 'drain', 'leave'] as const) {
    const script = new Script(poolOf(1));
    const running = script.start(specOf());
    const queued = script.submit(specOf());
    script.feed({ type: 'closing', policy, by: 'the scheduler', graceMs: null });
    assert.equal(script.stateOf(running), policy === 'cancel' ? 'stopping' : 'running');
    script.exit(running);
    script.prove();
    assert.equal(script.stateOf(queued), 'queued');
  }
});
