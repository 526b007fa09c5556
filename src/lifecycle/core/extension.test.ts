import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config, hook, Script } from '../testdata/script.ts';

const TERM = { type: 'signal', name: 'SIGTERM' } as const;
const DRAIN_MAY = { announce: 0, intake: 0, drain: 6_000, persist: 0, release: 0 };

function ask(script: Script, atMs: number, name: string, ms: number): { grantedMs: number; reason: string | null } {
  script.at(atMs, { type: 'extensionAsked', hook: name, ms });
  const { grantedMs, reason } = script.events('extended').at(-1)!;
  return { grantedMs, reason };
}

test('a lease of no number of milliseconds moves nothing', () => {
  for (const ms of [Number.NaN, -1, 0]) {
    const script = new Script(config({ kind: 'none' }, { graceMs: 10_000 }), [hook('persist', 'save')]);
    script.at(0, { type: 'ready' }).at(0, TERM);
    assert.equal(ask(script, 9_000 - 1_000, 'save', ms).grantedMs, 0);
    assert.equal(script.state.ending?.deadlineAtMs, 10_000);
    script.until(20_000);
    assert.equal(script.state.phase, 'ended');
  }
});

test('an endless lease is cut at 30 s', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 10_000 }), [hook('persist', 'save')]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  assert.equal(ask(script, 0, 'save', Infinity).grantedMs, 30_000);
});

test('after the deadline nothing is granted any more', () => {
  const script = new Script(config({ kind: 'none' }, { graceMs: 10_000 }), [hook('persist', 'save')]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  // The loop was blocked, and the first thing that it does is to ask.
  script.state = { ...script.state, armed: {} };
  assert.deepEqual(ask(script, 12_000, 'save', 5_000), { grantedMs: 0, reason: 'the deadline has passed' });
  assert.equal(script.state.outcome?.exitCode, 105);
});

test("drain's cap is not moved without leave either, although the deadline would allow it", () => {
  const script = new Script(config(), [hook('drain', 'queue')]).at(0, { type: 'ready' }).at(0, TERM);
  const { grantedMs, reason } = ask(script, 59_000, 'queue', 5_000);
  assert.deepEqual([grantedMs, reason], [0, 'drain may not be extended any further']);
  script.until(60_000);
  assert.equal(script.stage('drain').tookMs, 60_000);
});

test('what drain is given in sum is bounded, whether the deadline moves for it or only the cap', () => {
  const script = new Script(config({ kind: 'none' }, { extensionMaxMs: DRAIN_MAY }), [hook('drain', 'queue')]);
  script.at(0, { type: 'ready' }).at(0, TERM);
  assert.equal(ask(script, 59_000, 'queue', 5_000).grantedMs, 5_000);
  assert.equal(script.state.ending?.extendedMs, 0, 'the deadline of 75 s need not move for it');
  assert.equal(ask(script, 63_000, 'queue', 5_000).grantedMs, 3_000, 'four of six seconds were used');
  assert.equal(script.state.ending?.extendedMs, 1_000);
  assert.equal(ask(script, 65_500, 'queue', 5_000).grantedMs, 0);
  script.until(66_000);
  assert.equal(script.stage('drain').tookMs, 66_000);
});
