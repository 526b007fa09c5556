import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { config, hook, Script } from '../testdata/script.ts';
import { childBudgetMs, parentWaitMs } from './children.ts';

const TERM = { type: 'signal', name: 'SIGTERM' } as const;

function child(name: string, dependsOn: readonly string[] = []) {
  return hook('drain', name, { kind: 'child', dependsOn });
}

/** The budgets that a child was told, with when. */
function told(script: Script, name: string): [number, number][] {
  return script.effects.flatMap((effect) =>
    (effect.type === 'startHook' || effect.type === 'limitChild') && effect.hook === name
      ? [[effect.at, Math.round(effect.budgetMs)] as [number, number]]
      : [],
  );
}

test('a notice reaches the children that are ending: each gets less time, as its parent does', () => {
  const script = new Script(config(), [child('model'), child('features')]).at(0, { type: 'ready' });
  script.at(0, TERM).at(10_000, { type: 'notice', deadlineMs: 20_000, provider: 'spot' });
  // Timeline 3: drain may go on until 19.5 s.
  for (const name of ['model', 'features']) {
    assert.deepEqual(told(script, name), [
      [0, 59_900],
      [10_000, 9_400],
    ]);
  }
  script.at(10_100, { type: 'stopRequested', cause: { kind: 'api' }, deadlineMs: 60_000, mode: 'suspend' });
  assert.equal(told(script, 'model').length, 2, 'nobody is given time back');
});

test('a child that had to wait until drain ran out of time still persists and releases, beside its parent', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 30_000 }), [
    child('model', ['features']),
    child('features'),
    hook('persist', 'save'),
    hook('release', 'close'),
  ]);
  script.at(0, { type: 'ready' }).at(0, TERM).until(20_000);
  assert.deepEqual(script.stage('drain').stuck, ['model', 'features']);
  assert.deepEqual(told(script, 'features'), [[20_000, 6_900]], 'until persist has to be over');
  assert.deepEqual(script.timesOf('abortHook', 'features'), [20_000]);
  assert.deepEqual(script.timesOf('startHook', 'save'), [20_000]);
  script.settle(20_100, 'save');
  assert.deepEqual(script.timesOf('startHook', 'close'), [], 'its state is not saved yet (invariant 3)');
  script.at(20_200, { type: 'hookSettled', hook: 'model', error: null, conditions: ['lost'] });
  script.at(20_300, { type: 'hookSettled', hook: 'features', error: null, conditions: ['persist_failed'] });
  assert.deepEqual(script.timesOf('startHook', 'close'), [20_300]);
  script.settle(20_400, 'close');
  assert.equal(script.state.outcome?.exitCode, 101, 'what came of it counts');
});

test('a child that saves longer than its parent may wait is named, and its state counts as not saved', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 30_000 }), [
    child('model', ['features']),
    child('features'),
  ]);
  script.at(0, { type: 'ready' }).at(0, TERM).settle(19_000, 'model').until(20_000);
  script.at(25_000, { type: 'notice', deadlineMs: 3_000, provider: 'spot' });
  assert.equal(told(script, 'features').at(-1)?.[0], 25_000, 'late children are told as well');
  script.until(30_000);
  assert.deepEqual(script.stage('persist').stuck, ['features']);
  assert.equal(script.stage('persist').result, 'timeout');
  assert.equal(script.state.outcome?.exitCode, 101);
});

test('a child that is over only during release still counts', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 30_000 }), [
    child('model', ['features']),
    child('features'),
    hook('release', 'close'),
  ]);
  script.at(0, { type: 'ready' }).at(0, TERM).settle(19_000, 'model').until(27_000);
  assert.equal(script.state.stage?.name, 'release');
  script.at(27_100, { type: 'hookSettled', hook: 'features', error: null, conditions: ['lost'] });
  assert.equal(script.events('hook_late').length, 1);
  script.settle(27_200, 'close');
  assert.ok(script.state.conditions.includes('lost'));
});

test('a child that is cut at its own deadline does not make its parent one that was killed', () => {
  const script = new Script(config(), [child('model'), hook('persist', 'save')]).at(0, { type: 'ready' }).at(0, TERM);
  script.at(59_900, {
    type: 'hookSettled',
    hook: 'model',
    error: null,
    conditions: ['killed', 'persist_failed'],
  });
  script.settle(60_000, 'save');
  assert.deepEqual([script.state.outcome?.outcome, script.state.outcome?.exitCode], ['incomplete', 101]);
});

const CRASH = { error: 'boom', conditions: [], workEnd: { code: 1, asked: false } } as const;

/** A unit of which one part fails on its own at 1 s, and which is stopped at 5 s. */
function afterFailure(optional: boolean, between: (script: Script) => void = () => {}): Script {
  const script = new Script(config(), [hook('drain', 'model', { kind: 'child', optional })]).at(0, { type: 'ready' });
  script.at(1_000, { type: 'partDown', hook: 'model' });
  script.at(1_000, { type: 'hookSettled', hook: 'model', error: 'boom', conditions: [], failure: CRASH });
  between(script);
  return script.at(5_000, TERM);
}

test('a part that the unit needs and that fails by itself is work that failed: exit code and outcome say so', () => {
  const { outcome, failure, ending } = afterFailure(false).state;
  assert.deepEqual([outcome?.outcome, outcome?.exitCode, outcome?.exitCodeFrom], ['failed', 1, 'work']);
  assert.deepEqual([failure, ending?.cause.kind], ['model: boom', 'signal']);
});

test('a failed part costs nothing where the unit can do without it, or where it was started again', () => {
  assert.equal(afterFailure(true).state.outcome?.exitCode, 0);
  const again = afterFailure(false, (script) => {
    script.at(2_000, { type: 'hookRemoved', hook: 'model' });
    script.at(2_000, { type: 'hookAdded', hook: child('model') });
    script.at(4_000, { type: 'hookSettled', hook: 'model', error: null, conditions: [], failure: null });
  });
  assert.deepEqual([again.state.outcome?.outcome, again.state.outcome?.exitCode], ['clean', 0]);
});

test('a part that ended alone on request and could not save has told so in its own report', () => {
  const script = new Script(config(), [child('model')]).at(0, { type: 'ready' });
  script.at(1_000, { type: 'hookSettled', hook: 'model', error: null, conditions: ['persist_failed'], failure: null });
  assert.equal(script.at(5_000, TERM).state.outcome?.exitCode, 0);
});

test('what a child may use, and what its parent has to wait for it, are each other’s inverse', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), (ms) => {
      assert.ok(Math.abs(childBudgetMs(parentWaitMs(ms)) - ms) < 1e-6);
    }),
  );
});
