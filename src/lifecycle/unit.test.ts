// Units inside this process, which they do not own: what hooks get, and what comes of what they do.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

import type { HookContext, Unit, UnitOptions } from './types.ts';
import { newDirectory } from './testing/program.ts';
import { unit } from './unit.ts';

type Line = Record<string, unknown>;

function quietUnit(t: TestContext, options: UnitOptions = {}): { api: Unit; lines: Line[] } {
  const lines: Line[] = [];
  const api = unit('api', {
    ownsProcess: false,
    control: false,
    stateDir: newDirectory(t),
    log: (line) => lines.push(line),
    ...options,
  });
  return { api, lines };
}

test('a hook knows its stage, the cause, the mode and how much time it has', async (t) => {
  const { api } = quietUnit(t, { grace: '9s' });
  let seen: HookContext | undefined;
  let remainingMs = 0;
  api.onPersist('model', (context) => {
    seen = context;
    remainingMs = context.remainingMs();
  });
  await api.ready();
  await api.stop({ cause: { kind: 'lease' }, mode: 'drain' });
  assert.deepEqual([seen?.stage, seen?.cause, seen?.mode], ['persist', { kind: 'lease' }, 'drain']);
  // 9 s less the 15 % that are kept for release.
  assert.ok(remainingMs > 7_000 && remainingMs <= 7_650, String(remainingMs));
});

test('hooks run before what they depend on, independent ones side by side', async (t) => {
  const { api } = quietUnit(t);
  const order: string[] = [];
  const { promise: bothRun, resolve } = Promise.withResolvers<void>();
  let running = 0;
  const together = async () => {
    if (++running === 2) resolve();
    await bothRun;
  };
  api.onRelease('pool', () => void order.push('pool'));
  api.onRelease('cache', together, { dependsOn: ['pool'] });
  api.onRelease('model', together, { dependsOn: ['pool'] });
  api.onRelease('log', () => void order.push('log'), { dependsOn: [] });
  await api.ready();
  const report = await api.stop();
  assert.deepEqual(order, ['log', 'pool']);
  assert.equal(report.exitCode, 0);
});

test('a hook that ignores its AbortSignal is left behind; what it does later is logged and changes nothing', async (t) => {
  const { api, lines } = quietUnit(t, { grace: '600ms' });
  const late = Promise.withResolvers<void>();
  let reason: unknown;
  api.onDrain('slow', ({ signal }) => {
    signal.addEventListener('abort', () => (reason = signal.reason));
    return late.promise;
  });
  await api.ready();
  const report = await api.stop();
  assert.match(String(reason), /time is up/);
  assert.deepEqual(report.stages[2]?.stuck, ['slow']);
  late.reject(new Error('much later'));
  await new Promise(setImmediate);
  assert.ok(lines.some(({ event, hook }) => event === 'hook_late' && hook === 'slow'));
  assert.equal(lines.filter(({ event }) => event === 'ended').length, 1);
});

test('work is accepted until intake begins, and settled once', async (t) => {
  const { api } = quietUnit(t);
  const seen: boolean[] = [];
  api.onAnnounce('router', () => void seen.push(api.work.accept('during announce')));
  api.onIntake('listener', () => void seen.push(api.work.accept('during intake')));
  api.onDrain('queue', () => api.work.finish('during announce'));
  await api.ready();
  assert.equal(api.work.accept('a'), true);
  assert.throws(() => api.work.accept('a'), /accepted twice/);
  api.work.giveBack('a');
  const report = await api.stop();
  assert.deepEqual(seen, [true, false]);
  assert.deepEqual([report.work.accepted, report.work.finished, report.work.returned], [2, 1, 1]);
  assert.equal(report.outcome, 'handed_back');
  api.work.finish('a'); // Somebody who comes too late disturbs nobody.
  assert.equal(api.work.accept('b'), false);
});

test('a unit ends once, whoever asks how often; a shorter deadline counts', async (t) => {
  const { api } = quietUnit(t, { grace: '60s' });
  let saved = 0;
  api.onDrain('queue', () => new Promise(() => {}));
  api.onPersist('model', () => void saved++);
  await api.ready();
  const first = api.stop();
  const second = api.stop({ deadline: '500ms' });
  assert.equal(await first, await second);
  assert.equal(saved, 1);
  assert.ok((await api.ended).budget.usedMs < 5_000);
});

test('what is added too late or twice is refused', async (t) => {
  const { api } = quietUnit(t);
  api.onDrain('queue', () => {
    assert.throws(() => api.onAnnounce('router', () => {}), /announce is over/);
    api.onRelease('opened meanwhile', () => {});
  });
  assert.throws(() => api.onDrain('queue', () => {}), /name already/);
  api.part('model');
  assert.throws(() => api.part('model'), /is at work/);
  await api.ready();
  const report = await api.stop();
  assert.equal(report.stages[2]?.error, null);
});

test('an error in a listener reaches nobody but the log', async (t) => {
  const { api, lines } = quietUnit(t);
  api.on(({ event }) => {
    if (event === 'stopping') throw new Error('a listener of ours');
  });
  await api.ready();
  assert.equal((await api.stop()).exitCode, 0);
  assert.ok(lines.some(({ event, error }) => event === 'listener_failed' && error === 'a listener of ours'));
});

test('an option that cannot be used is named', () => {
  const wrong: [UnitOptions, RegExp][] = [
    [{ grace: '30' }, /grace.*duration/s],
    [{ healthPort: 70_000 }, /healthPort/],
    [{ reportUrl: 'ftp://host' }, /reportUrl/],
  ];
  for (const [options, message] of wrong) assert.throws(() => unit('api', { ...options, ownsProcess: false }), message);
  assert.throws(() => unit('', { ownsProcess: false }), /1 to 200 characters/);
});

test('a state directory that cannot be used is told by ready(), and the unit still ends in order', async (t) => {
  const { api, lines } = quietUnit(t, { stateDir: '/dev/null/state' });
  await assert.rejects(api.ready(), { name: 'LastcallError' });
  const report = await api.fail(new Error('no place'));
  assert.equal(report.outcome, 'failed');
  assert.ok(lines.some(({ event }) => event === 'report_unwritten'));
});
