import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDueAtMs } from '../core.ts';
import { Books, modelConfig, outcomeOf } from '../testing/books.ts';

test('requests beyond the limit wait in order, are let go on by answers, and their waiting ends', () => {
  const concurrency = { max: 1, queueLength: 2, queueMs: 1_000, adaptive: false };
  const books = new Books([modelConfig({ concurrency })], { 'churn/v1': ['a1'] });
  const first = books.request();
  const second = books.request();
  const third = books.request();
  assert.deepEqual([first.at, second.at, third.at], ['a1', 'waiting', 'waiting']);
  assert.equal(books.request().at, 'queue-full');
  assert.equal(outcomeOf(books.settle(first.ticket), second.ticket), 'a1');
  assert.equal(nextDueAtMs(books.state, books.atMs), 1_000);
  assert.equal(outcomeOf(books.pass(1_000), third.ticket), 'queue-timeout');
  assert.equal(books.state.totals.waiting, 0);
});

test('a client that stops waiting leaves no trace in the queue', () => {
  const concurrency = { max: 1, queueLength: 2, queueMs: 1_000, adaptive: false };
  const books = new Books([modelConfig({ concurrency })], { 'churn/v1': ['a1'] });
  const first = books.request();
  const gone = books.request();
  const stays = books.request();
  books.feed({ type: 'left', ticket: gone.ticket });
  assert.equal(outcomeOf(books.settle(first.ticket), stays.ticket), 'a1');
  assert.equal(books.state.totals.left, 1);
});

test('who waits for an instance that drains is served by another, or told that nobody is left', () => {
  const concurrency = { max: 1, queueLength: 9, queueMs: 60_000, adaptive: false };
  const books = new Books([modelConfig({ concurrency, shares: { v1: 90, v2: 10 } })], {
    'churn/v1': ['a1'],
    'churn/v2': ['b1'],
  });
  const a = books.request();
  const b = books.request({ version: 'v2' });
  const waiting = books.request();
  const pinned = books.request({ pinned: true });
  assert.equal(waiting.at, 'waiting');
  const effects = books.feed({ type: 'drainAsked', instance: 'a1', cause: 'api', budget: null });
  assert.equal(outcomeOf(effects, pinned.ticket), 'no-instance');
  assert.equal(outcomeOf(effects, waiting.ticket), 'nothing', 'it waits for the other version now');
  assert.equal(outcomeOf(books.settle(b.ticket), waiting.ticket), 'b1');
  books.settle(a.ticket);
  books.settle(waiting.ticket);
  const { arrived, refused, settled } = books.state.totals;
  assert.deepEqual([arrived, refused, settled], [4, 1, 3]);
});

test('a failed attempt goes to another instance, never to the same one again', () => {
  const books = new Books([modelConfig()], { 'churn/v1': ['a1', 'a2'] });
  const { ticket, at } = books.request();
  assert.equal(at, 'a1');
  assert.equal(books.fail(ticket, { repeatable: true, connected: true }), 'a2');
  assert.equal(books.fail(ticket, { repeatable: true, connected: true }), 'nobody-left');
  const { arrived, refused, settled, sent, inFlight } = books.state.totals;
  assert.deepEqual([arrived, refused, settled, sent, inFlight], [1, 1, 0, 2, 0]);
});

test('what reached an instance is repeated only if it is idempotent, and within the budget', () => {
  const ids = Array.from({ length: 40 }, (_, index) => `a${index}`);
  const books = new Books([modelConfig()], { 'churn/v1': ids });
  const once = books.request().ticket;
  assert.equal(books.fail(once, { repeatable: false, connected: true }), 'not-repeatable');
  const refusedToConnect = books.request().ticket;
  assert.match(books.fail(refusedToConnect, { repeatable: false, connected: false }), /^a/);
  let retries = 0;
  for (let index = 0; index < 1_000; index++) {
    const { ticket } = books.request({ drawA: 0.5, drawB: 0.5 });
    if (books.fail(ticket, { repeatable: true, connected: true }) !== 'retry-budget') retries += 1;
    if (ticket.state === 'sent') books.settle(ticket);
  }
  assert(retries > 190 && retries <= 0.2 * 1_000 + 11, `${retries} retries of 1,000 requests`);
});

test('without somebody ready in its own version a request goes to the other, unless it named the version', () => {
  const books = new Books([modelConfig({ shares: { v1: 90, v2: 10 } })], { 'churn/v1': ['a1'] });
  const moved = books.request({ version: 'v2' });
  assert.deepEqual([moved.at, moved.ticket.version], ['a1', 'v1']);
  assert.equal(books.request({ version: 'v2', pinned: true }).at, 'no-instance');
  const strict = new Books([modelConfig({ shares: { v1: 90, v2: 10 }, fallback: false })], { 'churn/v1': ['a1'] });
  assert.equal(strict.request({ version: 'v2' }).at, 'no-instance');
});

test('a gateway that ends refuses what is new and serves what waits', () => {
  const concurrency = { max: 1, queueLength: 9, queueMs: 60_000, adaptive: false };
  const books = new Books([modelConfig({ concurrency })], { 'churn/v1': ['a1'] });
  const first = books.request();
  const waiting = books.request();
  books.feed({ type: 'closing' });
  assert.equal(books.request().at, 'closing');
  assert.equal(outcomeOf(books.settle(first.ticket), waiting.ticket), 'a1');
});

test('a limit that follows latency shrinks when answers become slow, and grows back', () => {
  const concurrency = { max: 100, queueLength: 500, queueMs: 60_000, adaptive: true };
  const books = new Books([modelConfig({ concurrency })], { 'churn/v1': ['a1'] });
  const serve = (latencyMs: number) => {
    const tickets = Array.from({ length: 100 }, () => books.request().ticket);
    books.atMs += latencyMs;
    for (const ticket of tickets) if (ticket.state === 'sent') books.settle(ticket);
    for (const ticket of tickets) if (ticket.state === 'sent') books.settle(ticket);
  };
  for (let round = 0; round < 5; round++) serve(10);
  assert.equal(books.instance('a1').limit, 100);
  for (let round = 0; round < 20; round++) serve(100);
  const shrunk = books.instance('a1').limit;
  assert(shrunk < 40, `the limit is ${shrunk}`);
  for (let round = 0; round < 200; round++) serve(10);
  assert(books.instance('a1').limit > shrunk);
});
