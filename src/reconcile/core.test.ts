// The rules R1 to R5 of core.ts, each as a case.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { step, type ReconcileEffect, type ReconcileEvent, type ReconcileState } from './core.ts';
import { EndedTasks } from './core/ended-tasks.ts';
import { TaskLedger } from './core/ledger.ts';
import type { Policy } from './core/policy.ts';
import type { Evidence, Verdict } from './core/recovery.ts';
import type { TaskLine } from './core/task-line.ts';

const POLICY: Policy = {
  settleMs: 60_000,
  skewMs: 5_000,
  staleAfterMs: null,
  releases: 1,
  resubmit: { isKeyed: false, attemptsMax: 3 },
  triesMax: 2,
  backoffMs: 1_000,
  backoffMaxMs: 10_000,
  askAgainMs: 30_000,
  parallelMax: 10,
};
const NOW_MS = 1_000_000;

class Case {
  readonly state: ReconcileState;

  constructor(policy: Partial<Policy> = {}) {
    const ledger = new TaskLedger(new EndedTasks(2 ** 12), { lines: 0, completed: 0, endedOtherwise: 0 });
    this.state = { policy: { ...POLICY, ...policy }, ledger, recoveries: new Map() };
  }

  read(status: TaskLine['status'], rest: Partial<TaskLine> = {}): this {
    const line = { taskId: 'a', timeMs: 1_000, attempt: 1, node: null, job: null, idempotent: true, payloadRef: null };
    this.state.ledger.apply({ ...line, status, ...rest });
    return this;
  }

  /** What each effect is about, in short. */
  send(event: ReconcileEvent): string[] {
    return step(this.state, event).effects.map(describe);
  }

  examine(atMs = NOW_MS): string[] {
    return this.send({ type: 'examine', atMs });
  }

  answer(verdict: Verdict, atMs = NOW_MS): string[] {
    const evidence: Evidence = { from: 'witness', verdict, detail: 'it says so', atMs };
    return this.send({ type: 'answered', taskId: 'a', attempt: 1, evidence });
  }

  act(action: 'release' | 'resubmit', result: 'done' | 'superseded' | 'refused' | 'failed', atMs = NOW_MS): string[] {
    return this.send({ type: 'acted', taskId: 'a', attempt: 1, action, result, detail: 'so', atMs, random: 1 });
  }

  get phase(): string | undefined {
    return this.state.recoveries.get('a')?.phase;
  }
}

function describe(effect: ReconcileEffect): string {
  if (effect.type === 'ask') return `ask ${effect.attempt.taskId}`;
  if (effect.type === 'act') return `${effect.action} ${effect.intent}`;
  return `report ${effect.recovery.phase}: ${effect.recovery.why}`;
}

test('released, then resubmitted as the next attempt', () => {
  const one = new Case().read('started');
  assert.deepEqual(one.examine(), ['ask a']);
  assert.deepEqual(one.answer('gone'), ['release a/1/release/0']);
  assert.deepEqual(one.act('release', 'done'), ['resubmit a/1/resubmit/0']);
  assert.deepEqual(one.act('resubmit', 'done'), ['report recovered: begun again as attempt 2']);
  assert.deepEqual(one.examine(), [], 'nothing is done twice');
});

test('what only was submitted, is young, or ended is not looked at', () => {
  assert.deepEqual(new Case().read('submitted').examine(), []);
  assert.deepEqual(new Case().read('started', { timeMs: NOW_MS - 64_000 }).examine(), []);
  assert.deepEqual(new Case().read('started', { timeMs: NOW_MS - 66_000 }).examine(), ['ask a']);
  assert.deepEqual(new Case().read('started').read('failed').examine(), []);
});

test('R1: without proof nothing is done, and it is asked again later', () => {
  const one = new Case().read('started');
  one.examine();
  assert.deepEqual(one.answer('unknown'), ['report unknown: null']);
  assert.deepEqual(one.examine(NOW_MS + 29_000), []);
  assert.deepEqual(one.examine(NOW_MS + 31_000), ['ask a']);
  assert.deepEqual(one.answer('unknown', NOW_MS + 31_000), [], 'the same news is told once');
});

test('R1: silence is proof only where the operator said so', () => {
  const silent = new Case({ staleAfterMs: 100_000 }).read('started');
  silent.examine();
  assert.deepEqual(silent.answer('unknown'), ['release a/1/release/0']);
  const alive = new Case({ staleAfterMs: 100_000 }).read('started');
  alive.examine();
  assert.deepEqual(alive.answer('alive'), [], 'whoever is seen at work is at work, however silent');
  assert.equal(alive.phase, 'alive');
  assert.deepEqual(alive.examine(NOW_MS + 29_000), []);
  assert.deepEqual(alive.examine(NOW_MS + 31_000), ['ask a'], 'it may die later');
});

test('R1: the operator may say that an owner is gone, or that a task ended', () => {
  const gone = new Case().read('started');
  assert.deepEqual(gone.send({ type: 'told', taskId: 'a', word: 'gone', atMs: NOW_MS }), ['release a/1/release/0']);
  const ended = new Case().read('started');
  ended.send({ type: 'told', taskId: 'a', word: 'ended', atMs: NOW_MS });
  assert.deepEqual(ended.read('started').examine(), []);
});

test('R1: an end that may have been forgotten is as good as one, but for the operator', () => {
  const one = new Case().read('started');
  one.state.ledger.open.get('a')!.isBeyondMemory = true;
  one.examine();
  assert.match(one.answer('gone')[0]!, /^report reported: its end may be/);
  assert.deepEqual(one.send({ type: 'told', taskId: 'a', word: 'gone', atMs: NOW_MS }), ['release a/1/release/0']);
});

test('R2: a completion that comes late cancels what has not begun', () => {
  const one = new Case().read('started');
  one.examine();
  one.answer('gone');
  one.read('completed');
  assert.deepEqual(one.act('release', 'done'), [], 'no resubmission follows');
  assert.deepEqual(one.examine(), ['report cancelled: it ended after all']);
  assert.equal(one.phase, undefined);
});

test('R2: an authority that knows of the end needs no line', () => {
  const one = new Case().read('started');
  one.examine();
  assert.deepEqual(one.answer('ended'), ['report cancelled: it says so']);
  assert.deepEqual(one.read('started').examine(), []);
});

test('R3: a release that failed for good keeps the task from being begun again', () => {
  const one = new Case().read('started');
  one.examine();
  one.answer('gone');
  assert.deepEqual(one.act('release', 'failed'), []);
  assert.deepEqual(one.examine(NOW_MS + 500), [], 'the back-off');
  assert.deepEqual(one.examine(NOW_MS + 1_000), ['release a/1/release/0'], 'the same intent');
  assert.deepEqual(one.act('release', 'failed'), ['report dead: release failed 2 times: so']);
  assert.deepEqual(one.examine(NOW_MS + 100_000), []);
  assert.deepEqual(one.send({ type: 'told', taskId: 'a', word: 'retry', atMs: NOW_MS }), ['ask a']);
});

test('R4: what is not idempotent is released and reported', () => {
  for (const [idempotent, why] of [
    [false, 'it is not idempotent'],
    [null, 'nobody says that it is idempotent'],
  ] as const) {
    const one = new Case().read('started', { idempotent });
    one.examine();
    one.answer('gone');
    assert.deepEqual(one.act('release', 'done'), [`report reported: ${why}`]);
  }
});

test('R4: a keyed receiver takes what nobody called idempotent, and never what somebody said is not', () => {
  const silent = new Case({ releases: 0, resubmit: { isKeyed: true, attemptsMax: 3 } });
  silent.read('started', { idempotent: null }).examine();
  assert.deepEqual(silent.answer('gone'), ['resubmit a/1/resubmit/0']);
  const not = new Case({ releases: 0, resubmit: { isKeyed: true, attemptsMax: 3 } });
  not.read('started', { idempotent: false }).examine();
  assert.deepEqual(not.answer('gone'), ['report reported: it is not idempotent']);
});

test('R4: attempts are bounded', () => {
  const one = new Case({ releases: 0, resubmit: { isKeyed: false, attemptsMax: 1 } }).read('started');
  one.examine();
  assert.deepEqual(one.answer('gone'), ['report reported: 1 attempts were made already']);
});

test('a newer attempt replaces the recovery of the older one', () => {
  const one = new Case().read('started');
  one.examine();
  one.answer('unknown');
  one.read('started', { attempt: 2, timeMs: NOW_MS });
  assert.deepEqual(one.examine(NOW_MS + 31_000), ['report cancelled: attempt 2 began']);
});

test('answers to questions about an attempt that is not the newest any more change nothing', () => {
  const one = new Case().read('started');
  one.examine();
  one.read('started', { attempt: 2, timeMs: NOW_MS });
  assert.deepEqual(one.answer('gone'), []);
});

test('questions under way are bounded', () => {
  const many = new Case({ parallelMax: 3 });
  for (let task = 0; task < 9; task++) many.read('started', { taskId: `t${task}` });
  assert.equal(many.examine().length, 3);
  assert.equal(many.examine().length, 0);
});
