import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDueAtMs } from './core.ts';
import { Books, modelConfig, transitions } from './testing/books.ts';

const probed = { ...modelConfig().health, probed: true };

test('an instance without probes is ready when it is named, one with probes after enough good ones', () => {
  assert.equal(new Books([modelConfig()], { 'churn/v1': ['a1'] }).instance('a1').state, 'ready');
  const books = new Books([modelConfig({ health: probed })], { 'churn/v1': ['a1'] });
  assert.equal(books.instance('a1').state, 'joining');
  assert.equal(books.request().at, 'no-instance');
  books.feed({ type: 'probed', instance: 'a1', verdict: 'good' });
  books.feed({ type: 'probed', instance: 'a1', verdict: 'bad' });
  books.feed({ type: 'probed', instance: 'a1', verdict: 'good' });
  assert.equal(books.instance('a1').state, 'joining');
  books.feed({ type: 'probed', instance: 'a1', verdict: 'good' });
  assert.equal(books.instance('a1').state, 'ready');
  assert.equal(books.request().at, 'a1');
});

test('a drained instance gets nothing new, ends what it has, and is gone with the last answer', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1', 'a2'] });
  const first = books.request();
  assert.equal(first.at, 'a1');
  books.feed({ type: 'drainAsked', instance: 'a1', cause: 'api', budget: null });
  assert.equal(books.instance('a1').state, 'draining');
  for (let index = 0; index < 50; index++) assert.equal(books.request({ drawA: index / 50, drawB: 0.99 }).at, 'a2');
  assert.deepEqual(transitions(books.settle(first.ticket)), ['a1 draining→gone']);
});

test('the last ready instance that drains leaves a refusal, never a request to it', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1'] });
  books.request();
  books.feed({ type: 'drainAsked', instance: 'a1', cause: 'api', budget: null });
  assert.equal(books.request().at, 'no-instance');
});

test('requests are cut at their deadline and streams at theirs, which is later', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1'] });
  const request = books.request().ticket;
  const stream = books.request().ticket;
  books.feed({ type: 'streaming', ticket: stream });
  const budget = { requestsMs: 1_000, streamsMs: 5_000, sessionsMs: 0 };
  books.feed({ type: 'drainAsked', instance: 'a1', cause: 'api', budget });
  assert.equal(nextDueAtMs(books.state, books.atMs), 1_000);
  assert.deepEqual(cuts(books.pass(999)), []);
  assert.deepEqual(cuts(books.pass(1)), ['requests']);
  books.settle(request, 'cut');
  assert.equal(books.instance('a1').state, 'draining');
  assert.equal(nextDueAtMs(books.state, books.atMs), 5_000);
  assert.deepEqual(cuts(books.pass(4_000)), ['streams']);
  assert.deepEqual(transitions(books.settle(stream, 'cut')), ['a1 draining→gone']);
  assert.equal(books.state.totals.cut, 2);
});

test('a second word about a drain can only shorten it', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1'] });
  books.request();
  const drain = (requestsMs: number) =>
    books.feed({
      type: 'drainAsked',
      instance: 'a1',
      cause: 'api',
      budget: { requestsMs, streamsMs: requestsMs, sessionsMs: 0 },
    });
  drain(1_000);
  drain(60_000);
  assert.equal(books.instance('a1').drain?.requestsUntilMs, 1_000);
  drain(500);
  assert.equal(books.instance('a1').drain?.requestsUntilMs, 500);
});

test('existing sessions stay with a draining instance until maint; new clients go elsewhere', () => {
  const books = new Books([modelConfig({ sticky: { by: 'cookie', name: 'lastcall' } })], { 'churn/v1': ['a1', 'a2'] });
  const session = { kind: 'instance', instance: 'a1' } as const;
  books.feed({ type: 'drainAsked', instance: 'a1', cause: 'api', budget: null });
  const stayed = books.request({ session });
  assert.equal(stayed.at, 'a1');
  assert.equal(books.request().at, 'a2');
  books.settle(stayed.ticket);
  assert.equal(books.instance('a1').state, 'draining', 'its sessions may come back');
  assert.deepEqual(transitions(books.feed({ type: 'maintAsked', instance: 'a1' })), ['a1 draining→gone']);
  assert.equal(books.request({ session }).at, 'a2');
});

test('without a word the sessions of a draining instance end with their time', () => {
  const books = new Books([modelConfig({ sticky: { by: 'ip' } })], { 'churn/v1': ['a1', 'a2'] });
  const key = 'somebody';
  const home = books.request({ session: { kind: 'key', key }, hashKey: key });
  books.settle(home.ticket);
  books.feed({ type: 'drainAsked', instance: home.at, cause: 'api', budget: null });
  const again = books.request({ session: { kind: 'key', key }, hashKey: key });
  assert.equal(again.at, home.at);
  books.settle(again.ticket);
  assert.equal(nextDueAtMs(books.state, books.atMs), 30_000);
  assert.deepEqual(transitions(books.pass(30_000)), [`${home.at} draining→gone`]);
  assert.notEqual(books.request({ session: { kind: 'key', key }, hashKey: key }).at, home.at);
});

test('503 of the health path drains at once and moves sessions; when it is well again it is back', () => {
  const books = new Books([modelConfig({ health: probed, sticky: { by: 'cookie', name: 'lastcall' } })], {
    'churn/v1': ['a1', 'a2'],
  });
  for (const id of ['a1', 'a2', 'a1', 'a2']) books.feed({ type: 'probed', instance: id, verdict: 'good' });
  books.feed({ type: 'probed', instance: 'a1', verdict: 'draining' });
  assert.equal(books.instance('a1').state, 'draining');
  assert.equal(books.request({ session: { kind: 'instance', instance: 'a1' } }).at, 'a2');
  for (let index = 0; index < 3; index++) books.feed({ type: 'probed', instance: 'a1', verdict: 'bad' });
  assert.equal(books.instance('a1').state, 'ejected');
  for (let index = 0; index < 2; index++) books.feed({ type: 'probed', instance: 'a1', verdict: 'good' });
  assert.equal(books.instance('a1').state, 'ready');
});

test('what an operator took out stays out when its source names it again, until it is asked back', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1', 'a2'] });
  books.feed({ type: 'drainAsked', instance: 'a1', cause: 'api', budget: null });
  assert.equal(books.instance('a1').state, 'gone');
  books.name('churn/v1', ['a1', 'a2']);
  assert.equal(books.instance('a1').state, 'gone');
  books.feed({ type: 'returnAsked', instance: 'a1' });
  assert.equal(books.instance('a1').state, 'ready');
  books.feed({ type: 'drainAsked', instance: 'a1', cause: 'api', budget: null });
  books.name('churn/v1', ['a2']);
  assert.equal(books.state.instances.has('a1'), false);
});

test('an instance that leaves the file drains, and is back if the file names it again meanwhile', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1', 'a2'] });
  const { ticket, at } = books.request();
  assert.equal(at, 'a1');
  books.name('churn/v1', ['a2']);
  assert.equal(books.instance('a1').state, 'draining');
  books.name('churn/v1', ['a1', 'a2']);
  assert.equal(books.instance('a1').state, 'ready');
  books.name('churn/v1', ['a2']);
  books.settle(ticket);
  assert.equal(books.state.instances.has('a1'), false);
});

test('connections that fail eject, at most half of a pool, and for a time that grows', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1', 'a2'] });
  const failOn = (drawA: number) => {
    for (let index = 0; index < 3; index++) books.settle(books.request({ drawA, drawB: 0 }).ticket, 'unreachable');
  };
  failOn(0);
  assert.equal(books.instance('a1').state, 'ejected');
  failOn(0);
  assert.equal(books.instance('a2').state, 'ready', 'one of two is the most that may be ejected');
  assert.equal(nextDueAtMs(books.state, books.atMs), 30_000);
  books.pass(30_000);
  assert.equal(books.instance('a1').state, 'ready');
  failOn(0.99);
  assert.equal(books.instance('a1').ejectedUntilMs, 30_000 + 60_000);
});

test('a 5xx ratio above the limit ejects once enough was answered', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1', 'a2'] });
  for (let index = 0; index < 4; index++) books.settle(books.request().ticket, 'ok');
  for (let index = 0; index < 5; index++) books.settle(books.request().ticket, 'error');
  assert.equal(books.instance('a1').state, 'ready', 'nine answers are not enough');
  books.settle(books.request().ticket, 'error');
  assert.equal(books.instance('a1').state, 'ejected');
});

test('what says nothing of an instance is not held against it', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1', 'a2'] });
  for (let index = 0; index < 100; index++) books.settle(books.request().ticket, 'silent');
  assert.equal(books.instance('a1').state, 'ready');
  assert.equal(books.instance('a1').answers, 0);
});

test('a version that is taken out first serves who waits, then drains its instances, and its users move', () => {
  const concurrency = { max: 1, queueLength: 9, queueMs: 60_000, adaptive: false };
  const books = new Books([modelConfig({ concurrency, shares: { v1: 50, v2: 50 } })], {
    'churn/v1': ['a1'],
    'churn/v2': ['b1'],
  });
  const first = books.request();
  const waiting = books.request();
  books.feed({ type: 'versionDrainAsked', pool: 'churn/v1', budget: null });
  assert.equal(books.instance('a1').state, 'ready');
  assert.equal(books.request().at, 'b1');
  assert.deepEqual(transitions(books.settle(first.ticket)), ['a1 ready→draining']);
  assert.equal(waiting.ticket.instance?.id, 'a1', 'accepted before, so served before');
  assert.deepEqual(transitions(books.settle(waiting.ticket)), ['a1 draining→gone']);
  assert.deepEqual(
    [...books.state.models.get('churn')!.weights],
    [
      ['v1', 0],
      ['v2', 50],
    ],
  );
  books.feed({ type: 'versionReturnAsked', pool: 'churn/v1' });
  assert.equal(books.instance('a1').state, 'ready');
  assert.deepEqual(
    [...books.state.models.get('churn')!.weights],
    [
      ['v1', 50],
      ['v2', 50],
    ],
  );
});

test('a model that leaves the configuration ends what it has and is forgotten', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1'] });
  const { ticket } = books.request();
  books.feed({ type: 'configured', config: { ...books.state.config, models: new Map() } });
  assert.equal(books.request().at, 'no-instance');
  books.settle(ticket);
  assert.deepEqual([books.state.models.size, books.state.instances.size], [0, 0]);
});

function cuts(effects: readonly { readonly type: string; readonly what?: string }[]): string[] {
  return effects.flatMap((effect) => (effect.type === 'cut' ? [effect.what!] : []));
}
