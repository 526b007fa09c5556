import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPECTED, goodEnding, probe, probes, request, withRequests } from '../testing/observe.ts';
import { judge } from './judge.ts';
import type { Observation } from './observation.ts';

function codes(seen: Observation, expected = EXPECTED): string[] {
  return judge(seen, expected).findings.map((it) => it.code);
}

function invalidity(seen: Observation): string | undefined {
  return judge(seen, EXPECTED).invalid?.code;
}

test('a good ending is clean, with grade A and no reason', () => {
  const { verdict, grade, findings } = judge(goodEnding(), EXPECTED);
  assert.deepEqual({ verdict, grade, findings }, { verdict: 'clean', grade: 'A', findings: [] });
});

test('what was accepted and not answered is dropped: in flight is F, sent after the signal is D', () => {
  const cut = { end: 'reset', status: null, firstByteMs: null } as const;
  const inFlight = judge(withRequests(request(990, { ...cut, endMs: 1_020 })), EXPECTED);
  assert.deepEqual(
    inFlight.findings.map((it) => it.code),
    ['dropped-in-flight', 'exit-code-lies'],
  );
  assert.equal(inFlight.grade, 'F');
  assert.deepEqual(codes(withRequests(request(1_050, { ...cut, endMs: 1_060 }))), [
    'dropped-after-signal',
    'exit-code-lies',
  ]);
  assert.deepEqual(codes(withRequests(request(990, { end: 'truncated', endMs: 1_020 }))), [
    'truncated',
    'exit-code-lies',
  ]);
  assert.deepEqual(codes(withRequests(request(990, { end: 'timeout', endMs: 1_400 }))), ['hung', 'exit-code-lies']);
});

test('what was over before the signal, and what no router would have sent any more, is not dropped', () => {
  const cut = { end: 'reset', status: null, firstByteMs: null } as const;
  assert.deepEqual(codes(withRequests(request(500, { ...cut, endMs: 900 }))), []);
  // Readiness turned at 1,010 and routers need 200 ms.
  assert.deepEqual(codes(withRequests(request(1_300, { ...cut, endMs: 1_310 }))), []);
  assert.deepEqual(codes({ ...withRequests(request(1_300, { ...cut, endMs: 1_310 })), readiness: null }), [
    'dropped-after-signal',
    'exit-code-lies',
  ]);
});

test('an answer of 500 counts only after the signal, and a 503 then is a refusal', () => {
  assert.deepEqual(codes(withRequests(request(500, { status: 500 }))), []);
  assert.deepEqual(codes(withRequests(request(1_050, { status: 500 }))), ['errors-in-drain', 'exit-code-lies']);
  assert.deepEqual(codes(withRequests(request(1_300, { status: 503 }))), []);
});

test('refusals have to come after readiness has turned, and after routers noticed', () => {
  const refused = (atMs: number) =>
    withRequests(request(atMs, { end: 'refused', endMs: atMs + 1, status: null, firstByteMs: null }));
  assert.deepEqual(codes(refused(1_400)), []);
  assert.deepEqual(codes(refused(1_100)), ['announcement-too-short']);
  assert.deepEqual(codes({ ...refused(1_050), readiness: probes(1_200, 1_500) }), ['refused-while-ready']);
});

test('readiness that never turned is said only if probes were dense enough to know', () => {
  const readyUntil = (toMs: number) => probes(Infinity, toMs);
  assert.deepEqual(codes({ ...goodEnding(), readiness: readyUntil(1_500) }), ['no-announcement']);
  const unanswered = [
    ...readyUntil(1_000),
    ...Array.from({ length: 20 }, (_, index) => probe(1_000 + index * 25, null)),
  ];
  assert.deepEqual(codes({ ...goodEnding(), readiness: unanswered }), ['no-announcement']);
  assert.deepEqual(codes({ ...goodEnding(), readiness: [...probes(1_010, 1_200), probe(1_300, 200)] }), [
    'readiness-flaps',
  ]);
});

test('liveness has to stay up, if it was', () => {
  assert.deepEqual(codes({ ...goodEnding(), liveness: probes(1_100, 1_500) }), ['liveness-down']);
  assert.deepEqual(codes({ ...goodEnding(), liveness: probes(0, 1_500) }), []);
});

test('exit codes: 0 is right, the signal itself is a B, others are not, and expectations decide where given', () => {
  const ends = (code: number | null, signal: string | null): Observation =>
    goodEnding({ end: { atMs: 1_500, code, signal } });
  assert.equal(judge(ends(null, 'SIGTERM'), EXPECTED).grade, 'B');
  assert.equal(judge(ends(143, null), EXPECTED).grade, 'B');
  assert.deepEqual(codes(ends(3, null)), ['exit-code']);
  assert.deepEqual(codes(ends(null, 'SIGSEGV')), ['crashed']);
  assert.deepEqual(codes(ends(3, null), { ...EXPECTED, exitCodes: [3] }), []);
  assert.deepEqual(codes(ends(null, 'SIGTERM'), { ...EXPECTED, exitCodes: [0] }), ['exit-code']);
  assert.deepEqual(codes(goodEnding({ knowsExit: false, end: { atMs: 1_500, code: null, signal: null } })), []);
});

test('the end has to come before the deadline, and soon after the last answer', () => {
  const late = goodEnding({ end: { atMs: 9_000, code: 0, signal: null }, readiness: null });
  assert.deepEqual(codes(late), ['lingers']);
  const never = goodEnding({
    end: { atMs: 31_000, code: null, signal: 'SIGKILL' },
    passedDeadline: true,
    readiness: null,
  });
  assert.deepEqual(codes(never), ['deadline-exceeded']);
});

test('two signals within half a second must not cut what one would not have cut; a later one may', () => {
  const cut = request(990, { end: 'reset', status: null, firstByteMs: null, endMs: 1_200 });
  const tap = { ...withRequests(cut), secondSignal: { name: 'SIGTERM', atMs: 1_150, afterMs: 150 } };
  assert.deepEqual(codes(tap), ['double-tap-kills', 'exit-code-lies']);
  assert.deepEqual(codes({ ...tap, secondSignal: { name: 'SIGTERM', atMs: 1_900, afterMs: 900 } }), [
    'dropped-in-flight',
  ]);
  const forced = {
    ...withRequests({ ...cut, endMs: 3_010 }),
    readiness: null,
    end: { atMs: 3_020, code: 130, signal: null },
  };
  assert.deepEqual(codes({ ...forced, secondSignal: { name: 'SIGINT', atMs: 3_000, afterMs: 2_000 } }), []);
  const stays = { ...forced, end: { atMs: 25_000, code: 0, signal: null } };
  assert.ok(
    codes({ ...stays, secondSignal: { name: 'SIGINT', atMs: 3_000, afterMs: 2_000 } }).includes(
      'second-signal-ignored',
    ),
  );
});

test('what is left, lost, done twice or not up again has a reason each', () => {
  assert.deepEqual(codes(goodEnding({ processesLeft: ['worker (7)'] })), ['processes-left']);
  assert.deepEqual(codes(goodEnding({ portsLeft: [8080] })), ['port-left']);
  assert.deepEqual(codes(goodEnding({ gpuLeft: ['process 7'] })), ['gpu-left']);
  assert.deepEqual(codes(goodEnding({ filesLeft: ['a'] })), ['temp-left']);
  assert.deepEqual(codes(goodEnding({ logLost: 3 })), ['log-lost']);
  assert.deepEqual(codes(goodEnding({ ledger: { lost: ['x'], doubled: [] } })), ['exit-code-lies', 'lost-work']);
  assert.deepEqual(codes(goodEnding({ ledger: { lost: [], doubled: ['x'] } })), ['doubled-work']);
  assert.deepEqual(codes(goodEnding({ restarted: false })), ['restart-failed']);
});

test('nobody is blamed for what SIGKILL cuts, but for what is lost by it', () => {
  const killed = {
    ...withRequests(request(990, { end: 'reset', status: null, firstByteMs: null, endMs: 1_001 })),
    signal: 'SIGKILL',
    end: { atMs: 1_001, code: null, signal: 'SIGKILL' },
    filesLeft: ['a'],
    ledger: { lost: ['x'], doubled: [] },
  };
  assert.deepEqual(codes(killed), ['lost-work']);
});

test('a drill that shows nothing is invalid, never clean', () => {
  const good = goodEnding();
  assert.equal(invalidity({ ...good, wasReady: false, signalMs: null, requests: [] }), 'never-ready');
  assert.equal(invalidity({ ...good, signalMs: null }), 'died-under-load');
  assert.equal(invalidity({ ...good, requests: [] }), 'no-traffic');
  assert.equal(invalidity({ ...good, requests: good.requests.map((it) => ({ ...it, status: 404 })) }), 'no-traffic');
  assert.equal(
    invalidity({ ...good, requests: good.requests.map((it) => ({ ...it, end: 'garbage' as const })) }),
    'garbage',
  );
  assert.equal(invalidity({ ...good, requests: good.requests.slice(0, 20) }), 'not-enough-in-flight');
  assert.equal(invalidity({ ...good, when: 'idle', requests: good.requests.slice(0, 20) }), undefined);
  assert.equal(invalidity({ ...good, stallMs: 20_000 }), 'starved');
});

test('a clean verdict needs probes that were dense enough to see what was asked for', () => {
  const good = goodEnding();
  assert.equal(invalidity({ ...good, readiness: probes(Infinity, 1_000) }), 'starved');
  // Readiness turned somewhere between 500 and 1,490; the refusal at 1,480 may be as it should, or too early.
  const refused = withRequests(request(1_480, { end: 'refused', endMs: 1_481, status: null, firstByteMs: null }));
  const sparse = [probe(500, 200), probe(1_490, 503)];
  assert.equal(invalidity({ ...refused, readiness: sparse }), 'starved');
  assert.equal(invalidity({ ...good, readiness: sparse }), undefined);
  assert.equal(invalidity({ ...good, liveness: [probe(900, 200)] }), 'starved');
  assert.equal(invalidity({ ...good, rate: 50, requests: good.requests.filter((it) => it.dueMs < 1_000) }), 'starved');
  assert.equal(invalidity({ ...good, secondSignal: { name: 'SIGTERM', atMs: 1_800, afterMs: 150 } }), 'starved');
  assert.equal(invalidity({ ...good, liveness: [probe(900, 200), probe(1_300, null)] }), undefined);
});

test('behind a router of somebody else a refusal is a drop', () => {
  const refused = withRequests(request(1_400, { end: 'refused', endMs: 1_401, status: null, firstByteMs: null }));
  assert.deepEqual(codes({ ...refused, readiness: null, behindRouter: true }), [
    'dropped-after-signal',
    'exit-code-lies',
  ]);
  assert.deepEqual(codes({ ...refused, readiness: null }), []);
});

test('what a starved drill saw dropped was dropped', () => {
  const seen = {
    ...withRequests(request(990, { end: 'reset', status: null, firstByteMs: null, endMs: 1_020 })),
    stallMs: 20_000,
  };
  assert.ok(codes(seen).includes('dropped-in-flight'));
});
