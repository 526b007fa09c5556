import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';

import { initialState, step } from '../core.ts';
import type { Report } from '../report.ts';
import type { UnitEvent } from '../core/events.ts';
import type { UnitState } from '../core/types.ts';
import { resolveOptions } from '../unit/options.ts';
import { reportOfCut } from './cut.ts';
import { SharedAccount } from './shared-account.ts';
import { recordOf, snapshotState, type UnitSnapshot } from './snapshot.ts';

const { config } = resolveOptions({ grace: '10s' }, {}, { kind: 'none' });

function snapshotOf(state: UnitState, account: SharedAccount): UnitSnapshot {
  const identity = { kind: 'service', name: 'api', instance: 'unit_1', pid: 1, host: 'host' };
  return {
    ...snapshotState(state),
    account: account.buffer,
    identity,
    workOf: 'requests',
    wallAtZeroMs: 0,
    parts: [],
    report: null,
  };
}

function cut(snapshot: UnitSnapshot, atMs: number): Report {
  return reportOfCut(recordOf(snapshot, new Map()), atMs);
}

function run(events: readonly UnitEvent[]): UnitState {
  return events.reduce((state, event) => step(state, event).state, initialState(config, 0));
}

const hook = {
  id: 'drain:queue',
  name: 'queue',
  stage: 'drain',
  dependsOn: [],
  kind: 'hook',
  optional: false,
} as const;
const stopAt = (atMs: number): UnitEvent => ({
  type: 'stopRequested',
  cause: { kind: 'api' },
  deadlineMs: null,
  mode: 'suspend',
  atMs,
});

test("the watchdog's report is the one that the unit would have written at its deadline", () => {
  const events: UnitEvent[] = [
    { type: 'hookAdded', hook, atMs: 0 },
    { type: 'workAccepted', id: 'r-1', count: 1, atMs: 1 },
    { type: 'ready', atMs: 2 },
    stopAt(3),
  ];
  const account = new SharedAccount();
  const state = run(events);
  account.mirror(state.work);
  // What arrives in another thread is a structured clone.
  const arrived = structuredClone(snapshotOf(state, account));
  const report = cut(arrived, 10_003);
  assert.equal(report.exitCode, 105);
  assert.equal(report.budget.usedMs, 10_000);
  assert.deepEqual(report.stages[2]?.stuck, ['queue', 'r-1']);
  assert.deepEqual(report.work.lostIds, ['r-1']);
});

test('counts are those of now, and ids are named only while their number fits', () => {
  const account = new SharedAccount();
  const state = run([
    { type: 'workAccepted', id: 'r-1', count: 1, atMs: 1 },
    { type: 'workAccepted', id: 'r-2', count: 1, atMs: 1 },
  ]);
  account.mirror(state.work);
  const snapshot = structuredClone(snapshotOf(state, account));
  state.work.settle('r-1', 1, 'finished');
  account.mirror(state.work);
  const { work } = cut(snapshot, 5);
  assert.deepEqual([work.accepted, work.finished, work.lost], [2, 1, 1]);
  assert.deepEqual(work.lostIds, [], 'which of the two it was is not known here');
});

test('ids are not named when one came and another went: their number alone proves nothing', () => {
  const account = new SharedAccount();
  const state = run([{ type: 'workAccepted', id: 'r-1', count: 1, atMs: 1 }]);
  account.mirror(state.work);
  const snapshot = structuredClone(snapshotOf(state, account));
  state.work.settle('r-1', 1, 'finished');
  state.work.accept('r-2', 1);
  account.mirror(state.work);
  const { work } = cut(snapshot, 5);
  assert.deepEqual([work.finished, work.lost, work.lostIds], [1, 1, []]);
});

test('units that arrived one by one make one report: parts that are over, at work, and not heard of', () => {
  const account = new SharedAccount();
  const stopped = run([{ type: 'hookAdded', hook, atMs: 0 }, stopAt(3)]);
  const part = snapshotOf(stopped, account);
  const over: UnitSnapshot = { ...part, report: cut(part, 4) };
  const snapshots = new Map([
    ['unit_over', over],
    ['unit_at_work', part],
  ]);
  const root = { ...snapshotOf(stopped, account), parts: ['unit_over', 'unit_at_work', 'unit_unheard_of'] };
  const report = reportOfCut(recordOf(root, snapshots), 9_000);
  assert.deepEqual(
    report.parts.map(({ exitCode, budget }) => [exitCode, budget.usedMs]),
    [
      [105, 1],
      [105, 8_997],
    ],
  );
});

test('whatever was going on, a cut report balances and names an end', () => {
  const settle = fc.constantFrom('finished', 'returned', 'lost', 'unknown');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(50), settle, fc.nat(50))),
      fc.boolean(),
      fc.nat(20_000),
      (steps, stopping, atMs) => {
        const account = new SharedAccount();
        const state = run(stopping ? [{ type: 'hookAdded', hook, atMs: 0 }, stopAt(0)] : []);
        const { work } = state;
        for (const [accepted, as, settled] of steps) {
          work.accept(null, accepted);
          work.settle(null, Math.min(settled, work.inFlight), as);
        }
        account.mirror(work);
        const report = cut(snapshotOf(state, account), atMs);
        const { accepted, finished, returned, lost, unknown } = report.work;
        assert.equal(accepted, work.counts.accepted);
        assert.equal(accepted, finished + returned + lost + unknown);
        assert.equal(report.exitCode, 105);
        assert.equal(report.outcome, 'killed');
      },
    ),
  );
});

test('two threads that claim the report at the same time: one may write it', async () => {
  const contender = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { start, accounts } = workerData;
    parentPort.postMessage('up');
    import('${new URL('./shared-account.ts', import.meta.url).href}').then(({ SharedAccount }) => {
      Atomics.add(start, 0, 1);
      Atomics.notify(start, 0);
      while (Atomics.load(start, 0) < 2);
      parentPort.postMessage(accounts.filter((buffer) => new SharedAccount(buffer).claimReport('watchdog')).length);
    });
  `;
  const start = new Int32Array(new SharedArrayBuffer(4));
  const accounts = Array.from({ length: 20_000 }, () => new SharedAccount());
  const buffers = accounts.map((account) => account.buffer);
  const worker = new Worker(contender, { eval: true, workerData: { start, accounts: buffers } });
  const messages: unknown[] = [];
  const theirs = new Promise<number>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (message) => {
      messages.push(message);
      if (message === 'up') {
        // The thread says when it has loaded, and both begin together.
        while (Atomics.load(start, 0) === 0) Atomics.wait(start, 0, 0, 100);
        Atomics.add(start, 0, 1);
        const mine = accounts.filter((account) => account.claimReport('main')).length;
        messages.push(mine);
      } else resolve(message as number);
    });
  });
  const watchdogs = await theirs;
  const mains = messages[1] as number;
  assert.equal(mains + watchdogs, accounts.length);
  await worker.terminate();
});
