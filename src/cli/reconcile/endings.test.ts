// Crashes, stops and rivals of `lastcall reconcile`, with real processes.
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { lastcall } from '../testing/invoke.ts';
import { RunningCommand } from '../testing/running.ts';
import { line, receiver, rulesFile } from './testing.ts';

test('killed in the middle of an action, the next run does it again under the same key, and all the rest once', async (t) => {
  const home = temporaryDirectory(t);
  const log = join(home, 'tasks.log');
  writeFileSync(log, ['a', 'b', 'c'].map((task) => line(task, 'started', { idempotent: true })).join(''));
  let hangs = true;
  const { url, calls } = await receiver(t, ({ key }) => {
    return hangs && key === 'b/1/resubmit/0' ? new Promise<number>(() => {}) : 200;
  });
  const rules = rulesFile(home, url, 'staleAfter: 1h\n');
  const words = ['reconcile', log, '--rules', rules, '--state-dir', join(home, 'state')];
  const killed = new RunningCommand(t, words);
  await until(() => calls.length === 6, 'all six actions have begun');
  killed.signal('SIGKILL');
  await killed.ended;
  hangs = false;
  const { code, stderr } = await lastcall(words);
  assert.equal(code, 0, stderr);
  const times = new Map<string, number>();
  for (const { key } of calls) times.set(key, (times.get(key) ?? 0) + 1);
  assert.equal(times.get('b/1/resubmit/0'), 2);
  assert.deepEqual([...times.keys()].sort(), [
    'a/1/release/0',
    'a/1/resubmit/0',
    'b/1/release/0',
    'b/1/resubmit/0',
    'c/1/release/0',
    'c/1/resubmit/0',
  ]);
  assert.equal(times.get('b/1/release/0'), 1);
});

test('following, it sees what comes later; SIGTERM ends it clean; a second one of the same name is refused', async (t) => {
  const home = temporaryDirectory(t);
  const log = join(home, 'tasks.log');
  writeFileSync(log, line('a', 'started', { idempotent: true }));
  const { url, calls } = await receiver(t);
  const rules = rulesFile(home, url, 'staleAfter: 1h\n');
  const state = join(home, 'state');
  const words = ['reconcile', log, '--rules', rules, '--state-dir', state];
  const following = new RunningCommand(t, [...words, '--follow', '--json']);
  await until(() => calls.length === 2, 'a is recovered');
  const rival = await lastcall(words);
  assert.equal(rival.code, 107, rival.stderr);
  appendFileSync(log, line('late', 'completed') + line('late', 'started') + line('b', 'started', { idempotent: true }));
  await until(() => calls.length === 4, 'b is recovered');
  assert(!calls.some(({ path }) => path.includes('late')));
  following.signal('SIGTERM');
  assert.deepEqual(await following.ended, { code: 0, signal: null }, following.stderr);
  const next = await lastcall([...words, '--json']);
  assert.equal(next.code, 0, next.stderr);
  assert.match(next.stdout, /"lines":\{"tasks":0,/, 'what was read is remembered');
  assert.equal(calls.length, 4);
});

test('a stop lets an action end that has begun, and begins no other', async (t) => {
  const home = temporaryDirectory(t);
  const log = join(home, 'tasks.log');
  writeFileSync(log, line('a', 'started', { idempotent: true }));
  const held = Promise.withResolvers<number>();
  const { url, calls } = await receiver(t, ({ method }) => (method === 'DELETE' ? held.promise : 200));
  const rules = rulesFile(home, url, 'staleAfter: 1h\n');
  const words = ['reconcile', log, '--rules', rules, '--state-dir', join(home, 'state')];
  const running = new RunningCommand(t, [...words, '--follow', '--json']);
  await until(() => calls.length === 1, 'the release has begun');
  running.signal('SIGTERM');
  await running.says(/"event":"stage_started".*"stage":"drain"/);
  held.resolve(200);
  assert.deepEqual(await running.ended, { code: 0, signal: null }, running.stderr);
  assert.equal(calls.length, 1, 'the resubmission is left to the next run');
  assert.equal((await lastcall(words)).code, 0);
  assert.deepEqual(
    calls.map(({ key }) => key),
    ['a/1/release/0', 'a/1/resubmit/0'],
  );
});
