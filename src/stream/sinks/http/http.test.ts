import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../base/random.ts';
import type { OpenSink } from '../../ports.ts';
import { dropSinkDeadLetters, listSinkDeadLetters, retrySinkDeadLetters } from '../outbox.ts';
import { commitEpoch, openedSink, origin, rollBackEpoch } from '../testing.ts';
import { http, type HttpOptions } from './http.ts';
import { retryAfterMs, verdictOf } from './request.ts';
import { receiver } from './testing.ts';

const FAST: HttpOptions = { backoff: 1, backoffMax: 5, timeout: '5s', random: new SeededRandom(1) };
const bound = (): AbortSignal => AbortSignal.timeout(20_000);

interface Output {
  readonly n: number;
}
const outputs = (from: number, to: number): Output[] =>
  Array.from({ length: to - from }, (_, index) => ({ n: from + index }));

async function delivered(open: OpenSink<Output>): Promise<void> {
  await open.acknowledged!(bound());
  assert.equal(open.unacknowledged, 0);
}

test('committed outputs arrive once, in order, each with its own key; rolled back ones never', async (context) => {
  const other = await receiver(context);
  const sink = http<Output>(other.url, { ...FAST, concurrency: 1, headers: { authorization: 'Bearer x' } });
  const { open, database } = await openedSink(context, sink);
  await rollBackEpoch(open, database, outputs(900, 903));
  await commitEpoch(open, database, outputs(0, 30));
  await commitEpoch(open, database, outputs(30, 60));
  await delivered(open);
  assert.deepEqual(
    other.received.map(({ body }) => body),
    outputs(0, 60),
  );
  assert.equal(new Set(other.received.map(({ key }) => key)).size, 60);
  assert.equal(other.received[0]!.headers.authorization, 'Bearer x');
  assert.equal(other.received[0]!.headers['content-type'], 'application/json');
  assert.equal(database.prepare('SELECT count(*) AS n FROM sink_outbox').get()!['n'], 0);
});

test('the key is of pipeline, sink, source, partition, position and ordinal, and of nothing else', async (context) => {
  const other = await receiver(context);
  const keyOf = async (
    change: { pipeline?: string; source?: string; name?: string },
    of = origin([1, 2], 3, 4),
  ): Promise<string> => {
    const sink = http<Output>(other.url, { ...FAST, name: change.name ?? 's' });
    const { open: unused, database, directory } = await openedSink(context, sink);
    await unused.close();
    const open = await sink.open({
      database,
      directory,
      pipeline: change.pipeline ?? 'p',
      source: change.source ?? 'x',
    });
    await open.recover();
    open.add({ n: 1 }, of);
    await open.prepare?.(1);
    database.exec('BEGIN');
    open.commit(1);
    database.exec('COMMIT');
    await open.published?.(1);
    await delivered(open);
    await open.close();
    return other.received.at(-1)!.key;
  };
  const keys = [
    await keyOf({}),
    await keyOf({ pipeline: 'q' }),
    await keyOf({ source: 'y' }),
    await keyOf({ name: 't' }),
    await keyOf({}, origin([1, 3], 3, 4)),
    await keyOf({}, origin([1, 2], 0, 4)),
    await keyOf({}, origin([1, 2], 3, 5)),
  ];
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(await keyOf({}), keys[0]);
});

test('what was not acknowledged is delivered by the next start under the same keys', async (context) => {
  const other = await receiver(context);
  other.answer = () => {}; // never
  const { open, database, reopen } = await openedSink(context, http<Output>(other.url, { ...FAST, concurrency: 2 }));
  await commitEpoch(open, database, outputs(0, 5));
  assert.equal(open.unacknowledged, 5);
  await other.until(2);
  await open.close();
  const cut = other.received.splice(0);
  other.answer = (_, response) => response.writeHead(200).end('{}');
  const again = await reopen();
  assert.equal(again.unacknowledged, 5);
  await delivered(again);
  assert.deepEqual(
    other.received.map(({ body }) => body as Output).sort((a, b) => a.n - b.n),
    outputs(0, 5),
  );
  const keyOf = new Map(other.received.map(({ key, body }) => [(body as Output).n, key]));
  for (const { key, body } of cut) assert.equal(keyOf.get((body as Output).n), key);
});

test('failures are tried again, refusals become dead letters, and those can be listed, retried and dropped', async (context) => {
  const other = await receiver(context);
  const seen = new Map<number, number>();
  other.answer = ({ body }, response) => {
    const { n } = body as Output;
    const times = (seen.get(n) ?? 0) + 1;
    seen.set(n, times);
    if (n === 1) response.writeHead(422).end('n must\n not be 1');
    else if (n === 2) response.writeHead(500).end();
    else response.writeHead(times < 3 ? 500 : 200).end();
  };
  const { open, database } = await openedSink(context, http<Output>(other.url, { ...FAST, retries: 4 }));
  await commitEpoch(open, database, outputs(0, 4));
  await delivered(open);
  assert.deepEqual([seen.get(0), seen.get(1), seen.get(2), seen.get(3)], [3, 1, 5, 3]);
  const letters = listSinkDeadLetters(database, 10).sort((a, b) => a.body.localeCompare(b.body));
  assert.deepEqual(
    letters.map(({ body, reason, attempts }) => [body, reason, attempts]),
    [['{"n":1}', '422 n must not be 1', 1], ['{"n":2}', '500', 5]], // prettier-ignore
  );
  const refusedKey = other.received.find(({ body }) => (body as Output).n === 1)!.key;
  assert.equal(letters[0]!.key, refusedKey);
  other.answer = (_, response) => response.writeHead(200).end();
  assert.equal(dropSinkDeadLetters(database, [letters[1]!.id]), 1);
  assert.equal(retrySinkDeadLetters(database, 'all'), 1);
  assert.deepEqual(listSinkDeadLetters(database, 10), []);
  await commitEpoch(open, database, outputs(9, 10));
  await delivered(open);
  assert.deepEqual(other.received.filter(({ key }) => key === refusedKey).length, 2);
});

test('while the other side is down nothing is given up, and everything arrives when it is back', async (context) => {
  const first = await receiver(context);
  const { open, database } = await openedSink(context, http<Output>(first.url, { ...FAST, retries: 0 }));
  await first.stop();
  await commitEpoch(open, database, outputs(0, 40));
  await open.acknowledged!(AbortSignal.timeout(100));
  assert.equal(open.unacknowledged, 40);
  const second = await receiver(context, first.port);
  let refusals = 0;
  second.answer = (_, response) => {
    const busy = refusals++ < 10;
    response.writeHead(busy ? 503 : 200, busy ? { 'retry-after': '0' } : {}).end();
  };
  await delivered(open);
  const arrived = second.received.slice(10).map(({ body }) => (body as Output).n);
  assert.deepEqual(
    [...new Set(arrived)].sort((a, b) => a - b),
    outputs(0, 40).map(({ n }) => n),
  );
  assert.deepEqual(listSinkDeadLetters(database, 10), []);
});

test('an answer that does not come in time counts as a failed attempt', async (context) => {
  const other = await receiver(context);
  other.answer = (_, response) => {
    if (other.received.length === 2) response.writeHead(200).end();
  };
  const { open, database } = await openedSink(context, http<Output>(other.url, { ...FAST, timeout: '30ms' }));
  await commitEpoch(open, database, outputs(0, 1));
  await delivered(open);
  assert.equal(other.received.length, 2);
  assert.equal(other.received[0]!.key, other.received[1]!.key);
});

test('redirects are not followed', async (context) => {
  const elsewhere = await receiver(context);
  const other = await receiver(context);
  other.answer = (_, response) => {
    const moved = other.received.length < 3;
    response.writeHead(moved ? 307 : 200, moved ? { location: elsewhere.url } : {}).end();
  };
  const { open, database } = await openedSink(context, http<Output>(other.url, FAST));
  await commitEpoch(open, database, outputs(0, 1));
  await delivered(open);
  assert.equal(elsewhere.received.length, 0);
  assert.equal(other.received.length, 3);
});

test('a full outbox holds the pipeline back, and an ending frees it without a commit', async (context) => {
  const other = await receiver(context);
  other.answer = () => {};
  const { open, database } = await openedSink(context, http<Output>(other.url, { ...FAST, outboxMax: 3 }));
  await commitEpoch(open, database, outputs(0, 3));
  open.add({ n: 3 }, origin([1]));
  await assert.rejects(open.prepare!(1, AbortSignal.timeout(1)), { code: 'cancelled', message: /outbox is full/ });
  const waiting = open.prepare!(1);
  await open.close();
  await assert.rejects(waiting, { code: 'cancelled' });
});

test('targets that would leak or cannot be are refused, and an absent service is a missing dependency', async (context) => {
  for (const url of ['ftp://x/', 'nonsense', 'http://example.org/', 'https://user:secret@example.org/']) {
    assert.throws(
      () => http(url),
      (error: Error & { code?: string }) => error.code === 'usage' && !error.message.includes('secret'),
    );
  }
  http('http://example.org/', { plainHttp: 'allowed' });
  http('http://[::1]:9/');
  const other = await receiver(context);
  await other.stop();
  await assert.rejects(openedSink(context, http(other.url)), { code: 'dependency' });
});

test('what status codes and Retry-After mean', () => {
  const verdicts = {
    delivered: [200, 202, 204],
    refused: [400, 404, 410, 413, 422],
    failed: [408, 409, 425, 500, 501],
    down: [301, 401, 403, 429, 502, 503, 504],
  };
  for (const [verdict, codes] of Object.entries(verdicts))
    for (const code of codes) assert.equal(verdictOf(code), verdict, String(code));
  const now = Date.UTC(2030, 0, 1);
  assert.equal(retryAfterMs('7', now), 7_000);
  assert.equal(retryAfterMs('Tue, 01 Jan 2030 00:00:09 GMT', now), 9_000);
  assert.equal(retryAfterMs('Mon, 31 Dec 2029 00:00:00 GMT', now), 0);
  assert.equal(retryAfterMs('999999999', now), 3_600_000);
  assert.equal(retryAfterMs('soon', now), null);
  assert.equal(retryAfterMs(null, now), null);
});
