import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config, hook, Script } from '../testdata/script.ts';

const TERM = { type: 'signal', name: 'SIGTERM' } as const;

/** A script whose timers do not fire, as in a loop that is blocked until the next event. */
function blocked(script: Script): Script {
  script.state = { ...script.state, armed: {} };
  return script;
}

test('a hook that settles after the deadline starts nothing: what would come next is not begun and cut at once', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 10_000 }), [
    hook('drain', 'queue'),
    hook('persist', 'save'),
    hook('release', 'close'),
  ]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  blocked(script).settle(50_000, 'queue');
  assert.deepEqual(script.timesOf('startHook', 'save'), []);
  assert.deepEqual(script.timesOf('startHook', 'close'), []);
  assert.equal(script.state.outcome?.exitCode, 105);
  assert.deepEqual(script.stage('persist').stuck, ['save']);
});

test('a stop without any time starts no hook, and says which were not run', () => {
  const script = new Script(config(), [hook('persist', 'save')]).at(0, { type: 'ready' });
  script.at(0, { type: 'stopRequested', cause: { kind: 'api' }, deadlineMs: 0, mode: 'suspend' });
  assert.deepEqual(script.timesOf('startHook'), []);
  assert.equal(script.state.outcome?.exitCode, 105);
});

test('a drain that ate into the reserves leaves persist and release their shares of what remains', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 20_000 }), [
    hook('drain', 'queue'),
    hook('persist', 'save'),
    hook('release', 'close'),
  ]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  // Reserves of 7 s and 3 s; the loop is blocked until 2 s are left, which is less than the reserve of release alone.
  blocked(script).settle(18_000, 'queue');
  assert.deepEqual(script.timesOf('startHook', 'save'), [18_000]);
  script.until(19_399);
  assert.equal(script.state.stage?.name, 'persist');
  script.until(19_401);
  assert.equal(script.state.stage?.name, 'release');
});

test('a failed deregistration is no acknowledgement: announce is waited out, since routers may still send', () => {
  const routers = [hook('announce', 'router a'), hook('announce', 'router b')];
  const script = new Script(config(), routers).at(0, { type: 'listening' }).at(0, { type: 'ready' }).at(0, TERM);
  script.settle(100, 'router a').settle(200, 'router b', 'it answered 500');
  script.until(4_999);
  assert.equal(script.state.stage?.name, 'announce');
  script.until(5_000);
  assert.deepEqual(script.timesOf('exit'), [5_000]);
  assert.equal(script.state.outcome?.exitCode, 103);
});

test('work that fails while it is being ended has failed, unless something else counts more', () => {
  const failed = new Script(config(), [hook('drain', 'child')]).at(0, { type: 'ready' }).at(0, TERM);
  failed.at(100, { type: 'workEnded', code: 139, error: null }).settle(100, 'child');
  assert.deepEqual(failed.state.outcome?.outcome, 'failed');
  assert.deepEqual([failed.state.outcome?.exitCode, failed.state.outcome?.exitCodeFrom], [139, 'work']);

  const lost = new Script(config(), [hook('drain', 'child')]).at(0, { type: 'ready' });
  lost.at(0, { type: 'workAccepted', id: 'a', count: 1 }).at(0, TERM);
  lost.at(100, { type: 'workEnded', code: 139, error: null });
  lost.at(100, { type: 'workSettled', id: 'a', count: 1, as: 'lost' }).settle(100, 'child');
  assert.deepEqual([lost.state.outcome?.outcome, lost.state.outcome?.exitCode], ['incomplete', 100]);
});

test('an error that ends a unit at work is a failure, also when it has an exit code of its own', () => {
  const script = new Script(config()).at(0, { type: 'ready' });
  script.at(0, { type: 'fatal', error: 'no space left', condition: 'persist_failed' });
  assert.deepEqual([script.state.outcome?.outcome, script.state.outcome?.exitCode], ['failed', 101]);
  assert.equal(script.state.outcome?.exitCodeFrom, 'ending');
});

test('clean-up that fails in every stage is told by the exit code and leaves the outcome alone (invariant 8)', () => {
  for (const [stage, code] of [
    ['announce', 103],
    ['persist', 101],
    ['release', 102],
  ] as const) {
    const script = new Script(config(), [hook(stage, 'it')]).at(0, { type: 'ready' }).at(0, TERM);
    script.settle(1, 'it', 'it broke').until(10_000);
    assert.deepEqual([script.state.outcome?.outcome, script.state.outcome?.exitCode], ['clean', code]);
  }
});

test('what is added after the end is refused, since nothing would ever run it', () => {
  const script = new Script(config()).at(0, { type: 'ready' }).at(0, TERM);
  assert.equal(script.state.phase, 'ended');
  assert.throws(() => script.at(1, { type: 'hookAdded', hook: hook('release', 'close') }), /has ended/);
});

test('an intake that starts when announce used the cap up still gets time of its own', () => {
  const script = new Script(config(), [hook('intake', 'close')]).at(0, { type: 'listening' }).at(0, { type: 'ready' });
  script.at(0, TERM).settle(5_500, 'close');
  assert.equal(script.stage('intake').result, 'ok');
});
