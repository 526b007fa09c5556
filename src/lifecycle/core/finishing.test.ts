// Hooks of announce that let what comes in come to its own end (`finishes`): only in mode drain, and within drain's time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config, hook, Script } from '../testdata/script.ts';

const STOP = { type: 'stopRequested', cause: { kind: 'api' }, deadlineMs: null } as const;

function script(...others: readonly ReturnType<typeof hook>[]): Script {
  const finishing = hook('announce', 'source', { finishes: true });
  return new Script(config(), [finishing, hook('drain', 'records'), ...others]).at(0, { type: 'ready' });
}

test('in mode drain it has the time of drain, and new work is accepted until it is over', () => {
  const one = script().at(0, { ...STOP, mode: 'drain' });
  assert.equal(one.state.stage?.limitAtMs, 55_000, 'five seconds are kept for what is in flight then');
  one.at(40_000, { type: 'workAccepted', id: 'late', count: 1 });
  assert.equal(one.timesOf('refuseWork').length, 0);
  one.settle(41_000, 'source');
  assert.equal(one.state.stage?.name, 'drain');
  one.at(41_001, { type: 'workAccepted', id: 'too late', count: 1 });
  assert.equal(one.timesOf('refuseWork').length, 1);
  one.at(41_002, { type: 'workSettled', id: 'late', count: 1, as: 'finished' }).settle(41_500, 'records');
  assert.deepEqual([one.state.outcome?.exitCode, one.stage('announce').result], [0, 'ok']);
});

test('in mode suspend it is not called', () => {
  const one = script().at(0, { ...STOP, mode: 'suspend' });
  assert.deepEqual(one.timesOf('startHook', 'source'), []);
  assert.equal(one.state.stage?.name, 'drain');
});

test('one that does not come to its end is a drain that did not finish, not a failed deregistration', () => {
  const one = script()
    .at(0, { ...STOP, mode: 'drain' })
    .until(55_000)
    .settle(56_000, 'records');
  assert.deepEqual([one.stage('announce').stuck, one.stage('announce').result], [['source'], 'timeout']);
  assert.deepEqual([one.state.outcome?.exitCode, one.state.outcome?.outcome], [100, 'incomplete']);
});

test('routers are waited for no longer than without it, and a notice shortens both', () => {
  const listening = script()
    .at(0, { type: 'listening' })
    .at(0, { ...STOP, mode: 'drain' })
    .settle(2_000, 'source');
  assert.equal(listening.state.stage?.limitAtMs, 5_000);
  assert.equal(listening.until(5_000).state.stage?.name, 'drain');
  const late = script(hook('announce', 'router'))
    .at(0, { ...STOP, mode: 'drain' })
    .settle(20_000, 'source');
  assert.deepEqual([late.stage('announce').stuck, late.state.stage?.name], [['router'], 'drain']);
  const noticed = script().at(0, { ...STOP, mode: 'drain' });
  noticed.at(1_000, { type: 'notice', deadlineMs: 21_000, provider: 'spot' });
  // 20 s are left after the margin, and 10 s of them are reserved.
  assert.equal(noticed.state.stage?.limitAtMs, 21_000 - 10_000 - 5_000);
});

test('a second signal gives it up', () => {
  const one = script().at(0, { ...STOP, mode: 'drain' });
  one.at(1_000, { type: 'signal', name: 'SIGTERM' }).at(2_000, { type: 'signal', name: 'SIGTERM' });
  assert.deepEqual(one.timesOf('abortHook', 'source'), [2_000]);
});

test('it is refused in any other stage', () => {
  assert.throws(() => script(hook('drain', 'other', { finishes: true })), /from intake on nothing new is accepted/);
});
