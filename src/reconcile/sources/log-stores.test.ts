// Against servers that answer as the documentation of the log stores says (named fakes: neither product is at hand here).
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { BadRecord } from '../../stream/index.ts';
import { DEFAULT_MAP, OTHER } from '../read-line.ts';
import { openElasticsearch } from './elasticsearch.ts';
import { openLoki } from './loki.ts';
import type { LogSource } from './source.ts';

interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

async function store(t: TestContext, answer: (asked: Asked) => unknown): Promise<{ address: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      const url = new URL(request.url!, 'http://store');
      const one = {
        method: request.method!,
        url,
        body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
        authorization: request.headers.authorization,
      };
      asked.push(one);
      const given = answer(one);
      response.writeHead(given === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(given ?? { error: 'no such thing' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const piece of request) text += piece as string;
  return text;
}

async function readAll(source: LogSource, from: unknown): Promise<{ ids: string[]; position: unknown }> {
  const ids: string[] = [];
  let position = from;
  for (;;) {
    const batch = await source.read(position, AbortSignal.timeout(60_000));
    if (typeof batch === 'string') break;
    for (const row of batch.rows) ids.push(row === OTHER ? '-' : row instanceof BadRecord ? '!' : row.taskId);
    position = batch.position;
  }
  await source.close();
  return { ids, position };
}

const ES = { map: DEFAULT_MAP, follow: false, timeField: '@timestamp' };

test('Elasticsearch is paged through by a point in time, and read again from a little before where it stopped', async (t) => {
  const times = Array.from({ length: 12_000 }, (_, index) => 1_764_237_600_000 + index * 10);
  const documents = times.map((timeMs, index) => ({
    _id: `d${index}`,
    _source: { time: new Date(timeMs).toISOString(), task_id: `t${index}`, status: 'started' },
    sort: [timeMs, index],
  }));
  const { address, asked } = await store(t, ({ method, url, body }) => {
    if (method === 'POST' && url.pathname === '/logs-x/_pit') return { id: 'pit-1' };
    if (method === 'DELETE' && url.pathname === '/_pit') return { succeeded: true };
    if (url.pathname !== '/_search') return undefined;
    const after = (body['search_after'] as number[] | undefined)?.[1] ?? -1;
    const gte = (body as { query?: { range?: Record<string, { gte: string }> } }).query?.range?.['@timestamp']?.gte;
    const fromMs = gte === undefined ? 0 : Date.parse(gte);
    const hits = documents.filter(({ sort }) => sort[1]! > after && sort[0]! >= fromMs);
    return { pit_id: 'pit-1', hits: { hits: hits.slice(0, body['size'] as number) } };
  });
  const url = new URL(`elasticsearch+http://reader:pass@${address}/logs-x`);
  const first = await readAll(openElasticsearch(url, ES), null);
  assert.equal(first.ids.length, 12_000);
  assert.equal(new Set(first.ids).size, 12_000);
  assert.equal(first.position, times.at(-1));
  assert.equal(asked[0]!.authorization, `Basic ${Buffer.from('reader:pass').toString('base64')}`);
  assert.equal(asked.at(-1)!.method, 'DELETE', 'the point in time is given back');
  const second = await readAll(openElasticsearch(url, ES), first.position);
  assert.equal(second.ids.length, 6_001, 'the last minute again, for what was indexed late');
});

test('OpenSearch has its own words for a point in time', async (t) => {
  const { address, asked } = await store(t, ({ method, url }) => {
    if (method === 'POST' && url.pathname === '/logs/_search/point_in_time') return { pit_id: 'p' };
    if (method === 'DELETE' && url.pathname === '/_search/point_in_time') return { pits: [] };
    return url.pathname === '/_search' ? { hits: { hits: [] } } : undefined;
  });
  assert.deepEqual((await readAll(openElasticsearch(new URL(`opensearch+http://${address}/logs`), ES), null)).ids, []);
  assert.deepEqual(asked.at(-1)!.body, { pit_id: ['p'] });
});

test('what a log store refuses is told with its words', async (t) => {
  const { address } = await store(t, () => undefined);
  await assert.rejects(
    readAll(openElasticsearch(new URL(`elasticsearch+http://${address}/logs`), ES), null),
    /POST http:\/\/127\.0\.0\.1:\d+\/logs\/_pit: it answered 404: .*no such thing.*Check the address/,
  );
  assert.throws(() => openElasticsearch(new URL(`elasticsearch+http://${address}/`), ES), /names no index/);
});

test('Loki is read forward, page by page, across equal times and empty days', async (t) => {
  const nowMs = 1_764_237_600_000;
  // Two days, with 7,000 lines a day ago of which three share each stamp.
  const entries = Array.from({ length: 7_000 }, (_, index) => {
    const ns = BigInt(nowMs - 86_400_000 + Math.floor(index / 3)) * 1_000_000n;
    const text = JSON.stringify({ time: new Date(nowMs).toISOString(), task_id: `t${index}`, status: 'started' });
    return [String(ns), index === 5 ? '{"torn' : text] as const;
  });
  const { address } = await store(t, ({ url }) => {
    if (url.pathname !== '/loki/api/v1/query_range') return undefined;
    assert.equal(url.searchParams.get('query'), '{app="x"}');
    assert.equal(url.searchParams.get('direction'), 'forward');
    const [start, end] = [BigInt(url.searchParams.get('start')!), BigInt(url.searchParams.get('end')!)];
    assert(end - start <= 30n * 86_400_000_000_000n);
    const inside = entries.filter(([ns]) => BigInt(ns) >= start && BigInt(ns) < end);
    const page = inside.slice(0, Number(url.searchParams.get('limit')));
    return { status: 'success', data: { resultType: 'streams', result: [{ stream: {}, values: page }] } };
  });
  const options = { map: DEFAULT_MAP, follow: false, query: '{app="x"}', sinceMs: 172_800_000, nowMs: () => nowMs };
  const { ids } = await readAll(openLoki(new URL(`loki+http://${address}`), options), null);
  assert.equal(new Set(ids).size, 7_000, 'every line, some of them twice');
  assert.equal(ids.filter((id) => id === '!').length, 1);
});

test('more lines with one time than Loki gives at once are an error, not an endless loop', async (t) => {
  const nowMs = 1_764_237_600_000;
  const ns = String(BigInt(nowMs - 1_000) * 1_000_000n);
  const { address } = await store(t, ({ url }) => {
    const [start, end] = [BigInt(url.searchParams.get('start')!), BigInt(url.searchParams.get('end')!)];
    const isInside = BigInt(ns) >= start && BigInt(ns) < end;
    const values = isInside ? Array.from({ length: 5_000 }, () => [ns, '{}']) : [];
    return { data: { result: [{ values }] } };
  });
  const options = { map: DEFAULT_MAP, follow: false, query: '{a="b"}', sinceMs: 60_000, nowMs: () => nowMs };
  await assert.rejects(readAll(openLoki(new URL(`loki+http://${address}`), options), null), /have the same time/);
});
