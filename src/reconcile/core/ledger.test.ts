import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EndedTasks } from './ended-tasks.ts';
import { TaskLedger } from './ledger.ts';
import type { TaskLine, TaskStatus } from './task-line.ts';

const ledger = (): TaskLedger => new TaskLedger(new EndedTasks(2 ** 12), { lines: 0, completed: 0, endedOtherwise: 0 });

const line = (taskId: string, status: TaskStatus, rest: Partial<TaskLine> = {}): TaskLine => ({
  taskId,
  status,
  timeMs: 1_000,
  attempt: 1,
  node: null,
  job: null,
  idempotent: null,
  payloadRef: null,
  ...rest,
});

const anyLine = fc.record({
  taskId: fc.constantFrom('a', 'b', 'c'),
  status: fc.constantFrom<TaskStatus>('submitted', 'started', 'completed', 'failed', 'cancelled'),
  timeMs: fc.integer({ min: 1, max: 100 }),
  attempt: fc.integer({ min: 1, max: 4 }),
  node: fc.constantFrom(null, '10.0.0.1', '10.0.0.2'),
  job: fc.constantFrom(null, 'job_1', 'job_2'),
  idempotent: fc.constantFrom(null, true, false),
  payloadRef: fc.constantFrom(null, 's3://x'),
});

/** What is decided upon: the newest open attempt of each task and what is said of it. */
function openOf({ open }: TaskLedger): unknown {
  const attempts = [...open.values()].map(({ isStored: _isStored, ...attempt }) => attempt);
  return attempts.sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
}

test('lines in any order, and any of them twice, come to the same', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (lines, numbers) => {
      const straight = ledger();
      for (const each of lines) straight.apply(each);
      const shuffled = [...lines, ...lines.filter((_, index) => index % 3 === 0)]
        .map((each) => ({ each, key: numbers.next().value }))
        .sort((a, b) => a.key - b.key);
      const other = ledger();
      for (const { each } of shuffled) other.apply(each);
      assert.deepEqual(openOf(other), openOf(straight));
    }),
  );
});

test('an end closes its attempt and those before; a completion closes the task for good', () => {
  const tasks = ledger();
  for (const each of [line('a', 'started'), line('a', 'failed'), line('a', 'started')]) tasks.apply(each);
  assert.equal(tasks.open.size, 0);
  tasks.apply(line('a', 'started', { attempt: 2 }));
  assert.equal(tasks.open.get('a')?.attempt, 2);
  tasks.apply(line('a', 'failed'));
  assert.equal(tasks.open.get('a')?.attempt, 2, 'the end of an older attempt');
  tasks.apply(line('a', 'completed'));
  tasks.apply(line('a', 'started', { attempt: 3 }));
  assert.equal(tasks.open.size, 0, 'whichever attempt completed, nothing is left to do');
});

test('who says that a task is not idempotent is believed over who says that it is', () => {
  const tasks = ledger();
  tasks.apply(line('a', 'submitted', { idempotent: false }));
  tasks.apply(line('a', 'started', { idempotent: true }));
  assert.equal(tasks.open.get('a')?.idempotent, false);
});

test('a start from before what is remembered is beyond memory', () => {
  const tasks = ledger();
  for (let task = 0; task < 10_000; task++) tasks.apply(line(`t${task}`, 'completed', { timeMs: task }));
  tasks.apply(line('t0', 'started', { timeMs: 0 }));
  assert.equal(tasks.open.get('t0')?.isBeyondMemory, true);
  tasks.apply(line('new', 'started', { timeMs: 20_000 }));
  assert.equal(tasks.open.get('new')?.isBeyondMemory, false);
});
