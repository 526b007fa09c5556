import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolOf, Script, specOf } from '../testing/script.ts';

test('a job of higher priority makes the least important and most recent one save and give way, and no more', () => {
  const script = new Script(poolOf(3));
  const old = script.start(specOf());
  script.pass(1_000);
  const recent = script.start(specOf());
  script.pass(1_000);
  const important = script.start(specOf({ priority: 3 }));
  const high = script.submit(specOf({ priority: 5 }));
  assert.deepEqual(
    [old, recent, important].map((id) => script.stateOf(id)),
    ['running', 'stopping', 'running'],
  );
  assert.equal(script.take('signal')[0]?.reason, 'preempt');
  script.exit(recent, { code: 108 });
  script.prove();
  assert.deepEqual([script.stateOf(recent), script.stateOf(high)], ['queued', 'starting']);
});

test('nobody is asked to give way where that would not help', () => {
  const script = new Script(poolOf(2));
  const low = script.start(specOf());
  script.start(specOf({ preemptible: false }));
  script.submit(specOf({ priority: 5, request: { gpus: 2 } }));
  assert.equal(script.stateOf(low), 'running');
});

test('a preempted job that says that it saved goes on with its checkpoint', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf());
  script.feed({ type: 'preempted', job: id, by: 'ann' });
  script.feed({ type: 'signalled', run: `${id}/1` });
  script.exit(id, { code: 108 });
  assert.deepEqual([script.stateOf(id), script.row(id).resume], ['queued', true]);
  script.prove();
  assert.deepEqual([script.stateOf(id), script.row(id).attempt], ['starting', 2]);
});

test('one that does not save in time is killed, queued again, and marked so', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf({ graceMs: 3_000 }));
  script.feed({ type: 'preempted', job: id, by: 'ann' });
  script.feed({ type: 'signalled', run: `${id}/1` });
  script.pass(3_001);
  assert.equal(script.take('kill').length, 1);
  script.exit(id, { signal: 'SIGKILL' });
  assert.equal(script.stateOf(id), 'queued');
  assert.equal(script.told.find(({ event }) => event === 'job_requeued')?.['saved'], false);
});

test('exit 0 on the signal does not mean that it was done; exit 0 before it, or a word that it is complete, does', () => {
  const ends = (act: (script: Script, id: string) => void) => {
    const script = new Script(poolOf(1));
    const id = script.start(specOf());
    act(script, id);
    script.exit(id, { code: 0 });
    return script.stateOf(id);
  };
  const preempt = (script: Script, id: string) => script.feed({ type: 'preempted', job: id, by: 'ann' });
  const signalled = (script: Script, id: string) => script.feed({ type: 'signalled', run: `${id}/1` });
  assert.equal(
    ends((script, id) => void (preempt(script, id), signalled(script, id))),
    'queued',
  );
  assert.equal(
    ends((script, id) => void preempt(script, id)),
    'completed',
  );
  assert.equal(
    ends((script, id) => {
      preempt(script, id);
      signalled(script, id);
      script.feed({ type: 'completePosted', run: `${id}/1` });
    }),
    'completed',
  );
});

test('108 without having been asked means something only with a report', () => {
  for (const [reportCode, state] of [
    [108, 'queued'],
    [null, 'failed'],
  ] as const) {
    const script = new Script(poolOf(1));
    const id = script.start(specOf());
    script.exit(id, { code: 108, reportCode });
    assert.equal(script.stateOf(id), state);
  }
});

test('a cancel during a preemption is the last word: the job does not come back', () => {
  const script = new Script(poolOf(1));
  const id = script.start(specOf());
  script.feed({ type: 'preempted', job: id, by: 'ann' });
  script.feed({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: false });
  script.exit(id, { code: 108 });
  script.prove();
  assert.equal(script.stateOf(id), 'cancelled');
});

test('notice of the machine makes all save within its time, and starts nothing any more', () => {
  const script = new Script(poolOf(4));
  const ids = [script.start(specOf({ graceMs: 60_000 })), script.start(specOf({ graceMs: 5_000 }))];
  const queued = script.submit(specOf({ request: { gpus: 3 } }));
  script.feed({ type: 'noticed', deadlineMs: 30_000, provider: 'aws' });
  assert.deepEqual(
    script.take('signal').map(({ graceMs }) => graceMs),
    [30_000, 5_000],
  );
  for (const id of ids) script.exit(id, { code: 108 });
  script.prove();
  assert.deepEqual(
    [...ids, queued].map((id) => script.stateOf(id)),
    ['queued', 'queued', 'queued'],
  );
});
