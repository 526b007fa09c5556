import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config, hook, Script } from './testdata/script.ts';

const TERM = { type: 'signal', name: 'SIGTERM' } as const;
const INT = { type: 'signal', name: 'SIGINT' } as const;

function accept(script: Script, atMs: number, ...ids: string[]): void {
  for (const id of ids) script.at(atMs, { type: 'workAccepted', id, count: 1 });
}

function finish(script: Script, atMs: number, ...ids: string[]): void {
  for (const id of ids) script.at(atMs, { type: 'workSettled', id, count: 1, as: 'finished' });
}

test('timeline 1: three requests of 2 s, a router that notices in 1 s: over at 3.2 s, no cap is waited out', () => {
  const script = new Script(config(), [
    hook('announce', 'router'),
    hook('persist', 'save'),
    hook('release', 'close'),
  ]).at(0, { type: 'listening' });
  script.at(0, { type: 'ready' });
  accept(script, 1_000, 'a', 'b', 'c');
  script.at(1_000, TERM);
  script.settle(2_000, 'router');
  finish(script, 4_000, 'a', 'b', 'c');
  script.settle(4_100, 'save');
  script.settle(4_200, 'close');
  assert.deepEqual(script.timesOf('exit'), [4_200]);
  assert.equal(script.state.outcome?.outcome, 'clean');
  assert.equal(script.state.outcome?.exitCode, 0);
  assert.deepEqual(
    script.state.stages.map((stage) => [stage.name, stage.atMs, stage.tookMs]),
    [
      ['announce', 0, 1_000],
      ['intake', 1_000, 0],
      ['drain', 1_000, 2_000],
      ['persist', 3_000, 100],
      ['release', 3_100, 100],
    ],
  );
});

test('timeline 2: 28 s, announce waits 5 s, one request hangs: drain ends at 18 s, the request is named, exit 100', () => {
  const script = new Script(config({ kind: 'kubernetes', graceMs: null, preStopMs: 0 }), [hook('persist', 'save')]);
  script.at(0, { type: 'listening' }).at(0, { type: 'ready' });
  accept(script, 0, 'GET /predict #7');
  script.at(0, TERM).until(18_000);
  assert.equal(script.stage('announce').tookMs, 5_000);
  assert.equal(script.stage('announce').result, 'ok');
  assert.equal(script.stage('drain').atMs + script.stage('drain').tookMs, 18_000);
  assert.deepEqual(script.stage('drain').stuck, ['GET /predict #7']);
  script.settle(18_100, 'save');
  assert.equal(script.state.outcome?.exitCode, 100);
  assert.equal(script.state.outcome?.outcome, 'incomplete');
  assert.deepEqual(script.state.work.lostIds, ['GET /predict #7']);
});

test('timeline 2, when unfinished work can be handed back: outcome handed_back, exit 100', () => {
  const script = new Script(config({ kind: 'none' }, { unfinishedWork: 'returned', graceMs: 28_000 }));
  script.at(0, { type: 'ready' });
  script.at(0, { type: 'workAccepted', id: null, count: 500 });
  script.at(0, TERM).until(28_000);
  assert.equal(script.state.outcome?.outcome, 'handed_back');
  assert.equal(script.state.outcome?.exitCode, 100);
  assert.equal(script.state.work.counts.returned, 500);
});

test('timeline 3: a notice of 20 s at 10 s of a 75 s ending: deadline 29 s, drain may go on until 19.5 s', () => {
  const script = new Script(config()).at(0, { type: 'ready' });
  accept(script, 0, 'slow');
  script.at(0, TERM).at(10_000, { type: 'notice', deadlineMs: 20_000, provider: 'spot' });
  assert.equal(script.state.ending?.deadlineAtMs, 29_000);
  assert.ok(Math.abs((script.state.ending?.persistReserveMs ?? 0) - 6_650) < 1e-6);
  assert.ok(Math.abs((script.state.ending?.releaseReserveMs ?? 0) - 2_850) < 1e-6);
  assert.equal(script.state.stage?.name, 'drain');
  assert.ok(Math.abs((script.state.stage?.limitAtMs ?? 0) - 19_500) < 1e-6);
});

test('timeline 5: Ctrl+C twice within 300 ms is one; again after 2 s drain ends and persist runs', () => {
  const script = new Script(config(), [hook('drain', 'queue'), hook('persist', 'save')]).at(0, { type: 'ready' });
  accept(script, 0, 'a');
  script.at(0, INT).at(300, INT);
  assert.equal(script.state.ending?.forced, false);
  script.at(2_300, INT);
  assert.equal(script.stage('drain').tookMs, 2_300);
  assert.deepEqual(script.stage('drain').stuck, ['queue', 'a']);
  assert.deepEqual(script.timesOf('startHook', 'save'), [2_300]);
  script.settle(2_400, 'save');
  assert.equal(script.state.outcome?.outcome, 'forced');
  assert.equal(script.state.outcome?.exitCode, 104);
});

test('timeline 6: persist extends 30 s thrice under systemd, is told each time, and ends well', () => {
  const script = new Script(config({ kind: 'systemd', graceMs: 20_000 }), [hook('persist', 'save')]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  for (const atMs of [10_000, 39_000, 68_000]) script.at(atMs, { type: 'extensionAsked', hook: 'save', ms: 30_000 });
  script.settle(97_000, 'save');
  assert.equal(script.state.outcome?.exitCode, 0);
  assert.deepEqual(script.timesOf('tellPlatform'), [10_000, 39_000, 68_000]);
  assert.deepEqual(
    script.events('extended').map((event) => event.grantedMs),
    [30_000, 30_000, 30_000],
  );
});

test('timeline 6 under Kubernetes: the extension is refused, the last good checkpoint stands, exit 101', () => {
  const script = new Script(config({ kind: 'kubernetes', graceMs: null, preStopMs: 0 }), [hook('persist', 'save')]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  script.at(20_000, { type: 'extensionAsked', hook: 'save', ms: 30_000 });
  assert.deepEqual(
    script.events('extended').map(({ grantedMs, reason }) => [grantedMs, reason]),
    [[0, 'kubernetes enforces the deadline from outside']],
  );
  script.until(28_000);
  assert.deepEqual(script.timesOf('exit'), [25_000]);
  assert.equal(script.state.outcome?.exitCode, 101);
  assert.equal(script.state.outcome?.outcome, 'clean');
});

test('a lease that is not renewed ends at its time', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 20_000 }), [hook('persist', 'save')]);
  script.at(0, { type: 'ready' }).at(0, TERM).at(10_000, { type: 'extensionAsked', hook: 'save', ms: 30_000 });
  script.until(100_000);
  assert.equal(script.stage('persist').tookMs, 40_000);
  assert.equal(script.state.outcome?.exitCode, 101);
});

test('drain is not extended unless that was configured', () => {
  const refused = new Script(config(), [hook('drain', 'queue')]).at(0, { type: 'ready' }).at(0, TERM);
  refused.at(59_000, { type: 'extensionAsked', hook: 'queue', ms: 30_000 }).until(60_000);
  assert.equal(refused.stage('drain').tookMs, 60_000);
  const extensionMaxMs = { announce: 0, intake: 0, drain: 60_000, persist: 0, release: 0 };
  const granted = new Script(config({ kind: 'none' }, { extensionMaxMs }), [hook('drain', 'queue')]);
  granted.at(0, { type: 'ready' }).at(0, TERM).at(59_000, { type: 'extensionAsked', hook: 'queue', ms: 30_000 });
  granted.settle(88_000, 'queue');
  assert.equal(granted.state.outcome?.exitCode, 0);
});

test('a notice never moves a deadline later', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 10_000 }), [hook('persist', 'save')]);
  script.at(0, { type: 'ready' }).at(0, TERM).at(1_000, { type: 'notice', deadlineMs: 120_000, provider: 'spot' });
  assert.equal(script.state.ending?.deadlineAtMs, 10_000);
});

test('a notice begins an ending of its own: saved and preempted, exit 108', () => {
  const script = new Script(config(), [hook('persist', 'save')]).at(0, { type: 'ready' });
  script.at(0, { type: 'notice', deadlineMs: 30_000, provider: 'spot' }).settle(500, 'save');
  assert.equal(script.state.outcome?.outcome, 'preempted');
  assert.equal(script.state.outcome?.exitCode, 108);
});

test('a third signal kills at once and still writes the report', () => {
  const script = new Script(config(), [hook('persist', 'save')]).at(0, { type: 'ready' });
  script.at(0, TERM).at(1_000, TERM).at(2_000, TERM);
  assert.equal(script.state.outcome?.outcome, 'killed');
  const order = script.effects
    .map((effect) => effect.type)
    .filter((type) => ['writeReport', 'kill', 'exit'].includes(type));
  assert.deepEqual(order, ['writeReport', 'kill', 'exit']);
});

test('at the deadline the ending is over whatever hangs: 105, the hook is named', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 10_000 }), [hook('release', 'close')]);
  script.at(0, { type: 'ready' }).at(0, TERM).until(60_000);
  assert.deepEqual(script.timesOf('exit'), [10_000]);
  assert.equal(script.state.outcome?.exitCode, 105);
  assert.deepEqual(script.stage('release').stuck, ['close']);
});

test('a loop that was blocked past the deadline ends at the first event after it', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 10_000 }), [
    hook('drain', 'queue'),
    hook('persist', 'save'),
  ]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  const state = { ...script.state, armed: {} };
  script.state = state;
  script.at(50_000, { type: 'tick' });
  assert.equal(script.state.outcome?.exitCode, 105);
  assert.equal(script.state.stages.length, 5);
  assert.deepEqual(script.timesOf('startHook', 'save'), []);
});

test('invariant 1: after intake began, new work is refused and not counted', () => {
  const script = new Script(config(), [hook('intake', 'close')]).at(0, { type: 'ready' }).at(0, TERM);
  accept(script, 10, 'late');
  assert.deepEqual(script.timesOf('refuseWork'), [10]);
  assert.equal(script.state.work.counts.accepted, 0);
});

test('during announce work is still accepted', () => {
  const script = new Script(config()).at(0, { type: 'listening' }).at(0, { type: 'ready' }).at(0, TERM);
  accept(script, 4_000, 'a');
  finish(script, 5_500, 'a');
  assert.equal(script.state.work.counts.finished, 1);
  assert.equal(script.state.outcome?.exitCode, 0);
});

test('a hook runs before what it depends on, independent ones side by side', () => {
  const script = new Script(config(), [
    hook('release', 'database'),
    hook('release', 'cache', { dependsOn: ['database'] }),
    hook('release', 'server', { dependsOn: ['database'] }),
  ]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  assert.deepEqual(script.timesOf('startHook', 'database'), []);
  script.settle(100, 'cache');
  assert.deepEqual(script.timesOf('startHook', 'database'), []);
  script.settle(200, 'server', 'it broke');
  assert.deepEqual(script.timesOf('startHook', 'database'), [200]);
  script.settle(300, 'database');
  assert.equal(script.stage('release').result, 'error');
  assert.equal(script.stage('release').error, 'server: it broke');
  assert.equal(script.state.outcome?.exitCode, 102);
  assert.equal(script.state.outcome?.outcome, 'clean');
});

test('hooks in a circle are refused with the circle', () => {
  const script = new Script(config(), [hook('drain', 'a', { dependsOn: ['b'] })]);
  assert.throws(() => script.at(0, { type: 'hookAdded', hook: hook('drain', 'b', { dependsOn: ['a'] }) }), /b → a → b/);
});

test('work that failed without being asked keeps its exit code whatever the clean-up does (invariant 8)', () => {
  const script = new Script(config(), [hook('persist', 'save')]).at(0, { type: 'ready' });
  script.at(0, { type: 'workEnded', code: 3, error: 'out of memory' }).settle(100, 'save', 'disk gone');
  assert.equal(script.state.outcome?.outcome, 'failed');
  assert.equal(script.state.outcome?.exitCode, 3);
  assert.equal(script.state.outcome?.exitCodeFrom, 'work');
});

test('a fenced unit exits 107, a refused state 106, a dependency missing at the start 109', () => {
  const cases = [
    ['fenced', 107, 'fenced'],
    ['refused', 106, 'refused'],
    ['dependency', 109, 'refused'],
    ['internal', 110, 'failed'],
  ] as const;
  for (const [condition, code, outcome] of cases) {
    const script = new Script(config()).at(0, { type: 'fatal', error: 'why', condition });
    assert.equal(script.state.outcome?.exitCode, code);
    assert.equal(script.state.outcome?.outcome, outcome);
  }
});

test('a second signal while children drain lets them persist and waits for them', () => {
  const script = new Script(config(), [hook('drain', 'model', { kind: 'child' }), hook('persist', 'save')]);
  script.at(0, { type: 'ready' }).at(0, TERM).at(1_000, TERM);
  assert.deepEqual(script.timesOf('abortHook', 'model'), [1_000]);
  assert.deepEqual(script.timesOf('startHook', 'save'), []);
  script.at(1_500, { type: 'hookSettled', hook: 'model', error: null, conditions: ['persist_failed'] });
  assert.deepEqual(script.timesOf('startHook', 'save'), [1_500]);
  script.settle(1_600, 'save');
  assert.equal(script.state.outcome?.exitCode, 101);
});

test('a second signal with nothing in flight changes nothing about the outcome', () => {
  const script = new Script(config()).at(0, { type: 'listening' }).at(0, { type: 'ready' });
  script.at(0, TERM).at(1_000, TERM);
  assert.deepEqual(script.timesOf('exit'), [1_000]);
  assert.equal(script.state.outcome?.outcome, 'clean');
  assert.equal(script.state.outcome?.exitCode, 0);
});

test('readiness is the first thing to go, and comes back with a part that the unit needs', () => {
  const script = new Script(config(), [hook('drain', 'model', { kind: 'child' })]).at(0, { type: 'ready' });
  script.at(1, { type: 'partDown', hook: 'model' }).at(2, { type: 'partUp', hook: 'model' }).at(3, TERM);
  const shown = script.effects.flatMap((effect) => (effect.type === 'setReadiness' ? [[effect.at, effect.ready]] : []));
  assert.deepEqual(shown, [
    [0, true],
    [1, false],
    [2, true],
    [3, false],
  ]);
  const first = script.effects.find((effect) => effect.at === 3);
  assert.equal(first?.type, 'setReadiness');
});

test('a stop while starting aborts the start and runs the stages', () => {
  const script = new Script(config(), [hook('release', 'close')]).at(0, TERM).at(1, { type: 'ready' });
  assert.deepEqual(script.timesOf('abortStart'), [0]);
  assert.equal(script.state.readyAtMs, null);
  script.settle(2, 'close');
  assert.equal(script.state.outcome?.exitCode, 0);
});

test('at half of the limit the pending hooks and items are named once', () => {
  const script = new Script(config(), [hook('drain', 'queue')]).at(0, { type: 'ready' });
  accept(script, 0, 'a');
  script.at(0, TERM).until(59_000);
  assert.deepEqual(
    script.events('slow').map((event) => event.pending),
    [['queue', 'a']],
  );
});
