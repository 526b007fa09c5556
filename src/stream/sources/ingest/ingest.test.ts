import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { unit } from '../../../lifecycle/index.ts';
import type { SourceContext } from '../../ports.ts';
import { BadRecord } from '../bad-record.ts';
import { readUntil, temporaryDirectory } from '../testing/reading.ts';
import { httpIngest } from './ingest.ts';
import { listening } from './testing/listening.ts';

const rowsOf = (records: readonly { row: unknown }[]): unknown[] => records.map(({ row }) => row);

test('an object, an array and JSON lines become records in order, with positions that count them', async (context) => {
  const { source, post } = await listening(context, await temporaryDirectory(context));
  assert.deepEqual(await post('{"n":1}'), { status: 202, body: { accepted: 1, duplicates: 0 }, retryAfter: null });
  assert.equal((await post('[{"n":2},{"n":3}]')).body['accepted'], 2);
  assert.equal((await post('{"n":4}\n\n{"n":5}\n', { 'content-type': 'application/x-ndjson' })).body['accepted'], 2);
  const records = await readUntil(source, 5);
  assert.deepEqual(
    records,
    [1, 2, 3, 4, 5].map((n) => ({ row: { n }, after: [n] })),
  );
  assert.deepEqual(await readUntil(source, 3, [2]), records.slice(2));
});

test('what was answered 202 is there after the process ended, and nothing else', async (context) => {
  const directory = await temporaryDirectory(context);
  const first = await listening(context, directory);
  assert.equal((await first.post('{"n":1}')).status, 202);
  assert.equal((await first.post('[{"n":2},3]')).status, 422);
  await first.source.close();
  const source = await httpIngest({ port: 0 }).open({ directory } as SourceContext);
  context.after(() => source.close());
  assert.ok(await source.holds(0, [1]));
  assert.equal(await source.holds(0, [2]), false);
  assert.deepEqual(rowsOf(await readUntil(source, 1)), [{ n: 1 }]);
});

test('a repeated key is the same records, with another content it is others; ids of a field are known one by one', async (context) => {
  const directory = await temporaryDirectory(context);
  const { post, source } = await listening(context, directory);
  const key = { 'idempotency-key': 'a-1' };
  assert.deepEqual((await post('[{"n":1},{"n":2}]', key)).body, { accepted: 2, duplicates: 0 });
  assert.deepEqual((await post('[{"n":1},{"n":2}]', key)).body, { accepted: 0, duplicates: 2 });
  assert.deepEqual((await post('[{"n":1},{"n":3}]', key)).body, { accepted: 1, duplicates: 1 });
  assert.deepEqual((await post('{"n":1}')).body, { accepted: 1, duplicates: 0 });
  assert.equal((await post('{"n":1}', { 'idempotency-key': 'x'.repeat(201) })).status, 400);
  assert.equal((await readUntil(source, 4)).length, 4);
  await source.close();
  const byField = await listening(context, await temporaryDirectory(context), { idField: 'id' });
  assert.deepEqual((await byField.post('[{"id":"a"},{"id":7},{"id":"a"}]')).body, { accepted: 2, duplicates: 1 });
  assert.deepEqual((await byField.post('[{"id":"7"},{"id":"b"}]')).body, { accepted: 1, duplicates: 1 });
  assert.equal((await byField.post('{"n":1}')).status, 422);
  for (const number of ['1e400', '-1e400', '9007199254740993']) {
    assert.equal((await byField.post(`{"id":${number}}`)).status, 400, number);
  }
});

test('many requests at once are all accepted, each record once', async (context) => {
  const { source, post } = await listening(context, await temporaryDirectory(context));
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => post(`{"n":${n % 100}}`, { 'idempotency-key': `k${n % 100}` })),
  );
  assert.ok(answers.every(({ status }) => status === 202));
  const numbers = rowsOf(await readUntil(source, 100)).map((row) => (row as { n: number }).n);
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, n) => n),
  );
  assert.equal(await source.read(0, [100], 10, new AbortController().signal), 'idle');
});

test('bodies that cannot be taken are refused whole, with the reason', async (context) => {
  const parse = (value: unknown): object => {
    if (typeof (value as { n?: unknown }).n !== 'number') throw new Error('n is missing');
    return value as object;
  };
  const { source, post } = await listening(context, await temporaryDirectory(context), { parse, bodyBytesMax: 300 });
  const lines = { 'content-type': 'application/x-ndjson' };
  const cases: [string | Buffer, Record<string, string>, number, RegExp][] = [
    ['{"n":', {}, 400, /the body is not JSON/],
    ['{"n":1}\n{broken\n', lines, 400, /line 2 is not JSON/],
    [Buffer.of(0x22, 0xff, 0x22), {}, 400, /not UTF-8/],
    ['[{"n":1},[]]', {}, 422, /record 1 is no object/],
    ['[{"n":1},{"m":1}]', {}, 422, /record 1: n is missing/],
    [`{"n":1,"x":"${'x'.repeat(300)}"}`, {}, 413, /large/],
    [`{"n":1,"x":${'['.repeat(101)}`, {}, 422, /deeper than 100 levels/],
    ['n=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, /./],
  ];
  for (const [body, headers, status, reason] of cases) {
    const answer = await post(body, headers);
    assert.equal(answer.status, status, String(body));
    assert.match(String(answer.body['detail']), reason);
  }
  assert.equal(await source.read(0, [], 10, new AbortController().signal), 'idle');
});

test('a full inbox turns requests away until records are done', async (context) => {
  const { source, post } = await listening(context, await temporaryDirectory(context), { inboxMax: 2 });
  assert.equal((await post('[{"n":1},{"n":2}]')).status, 202);
  const full = await post('{"n":3}');
  assert.deepEqual([full.status, full.retryAfter], [503, '1']);
  source.committed!([[1]]);
  assert.equal((await post('{"n":3}')).status, 202);
});

test('records that are done are forgotten after a while; then an older state cannot go on', async (context) => {
  const directory = await temporaryDirectory(context);
  const kept = await listening(context, directory);
  await kept.post('[{"n":1},{"n":2},{"n":3}]');
  kept.source.committed!([[2]]);
  assert.ok(await kept.source.holds(0, []));
  await kept.source.close();
  const source = await httpIngest({ port: 0, keepFor: 0 }).open({ directory } as SourceContext);
  context.after(() => source.close());
  source.committed!([[2]]);
  assert.equal(await source.holds(0, []), false);
  assert.equal(await source.holds(0, [1]), false);
  assert.ok(await source.holds(0, [2]));
  assert.deepEqual(rowsOf(await readUntil(source, 1, [2])), [{ n: 3 }]);
});

test("records that today's rules would not accept come as bad records", async (context) => {
  const directory = await temporaryDirectory(context);
  const first = await listening(context, directory);
  await first.post('{"n":1}');
  await first.source.close();
  const parse = (): object => {
    throw new Error('no longer');
  };
  const source = await httpIngest({ port: 0, parse }).open({ directory } as SourceContext);
  context.after(() => source.close());
  const [record] = await readUntil(source, 1);
  assert.ok(record!.row instanceof BadRecord);
  assert.deepEqual(
    [record!.row.reason, record!.row.raw, record!.row.at],
    ['no longer', '{"n":1}', 'ingest inbox, record 1'],
  );
});

test('with a token only who has it is let in; without one, only who calls this machine by its name', async (context) => {
  const guarded = await listening(context, await temporaryDirectory(context), { token: 'secret' });
  assert.equal((await guarded.post('{}')).status, 401);
  assert.equal((await guarded.post('{}', { authorization: 'Bearer wrong' })).status, 401);
  assert.equal((await guarded.post('{}', { authorization: 'Bearer secret' })).status, 202);
  const open = await listening(context, await temporaryDirectory(context));
  const status = await new Promise((resolve, reject) => {
    const { port } = new URL(open.url);
    const headers = { host: 'rebound.example', 'content-type': 'application/json' };
    const call = request({ host: '127.0.0.1', port, method: 'POST', path: '/records', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.on('error', reject).end('{}');
  });
  assert.equal(status, 421);
  assert.throws(() => httpIngest({ port: 0, host: '0.0.0.0' }), { code: 'usage' });
  assert.throws(() => httpIngest({ port: 0, name: '../x' }), { code: 'usage' });
});

test('a port that is taken is a missing dependency', async (context) => {
  const { url } = await listening(context, await temporaryDirectory(context));
  const source = await httpIngest({ port: Number(new URL(url).port) }).open({
    directory: await temporaryDirectory(context),
  } as SourceContext);
  context.after(() => source.close());
  await assert.rejects(source.read(0, [], 1, new AbortController().signal), { code: 'dependency' });
});

test('it ends with its unit: readiness turns first, what was sent is answered, later requests are refused', async (context) => {
  const directory = await temporaryDirectory(context);
  const owner = unit('ingesting', {
    ownsProcess: false,
    control: false,
    log: false,
    stateDir: join(directory, 'state'),
    grace: '10s',
    announce: 'never',
  });
  const { source, url, post } = await listening(context, directory, {}, (open) => owner.use(open.participant!));
  await owner.ready();
  assert.equal((await fetch(new URL('/readyz', url))).status, 200);
  assert.equal((await post('{"n":1}')).status, 202);
  const report = await owner.stop();
  assert.equal(report.exitCode, 0);
  assert.equal(report.work.accepted, report.work.finished);
  await assert.rejects(fetch(url, { method: 'POST', body: '{}' }));
  assert.deepEqual(rowsOf(await readUntil(source, 1)), [{ n: 1 }]);
});

test('every record that was answered 202 survives kill -9', async (context) => {
  const directory = await temporaryDirectory(context);
  let next = 1;
  const accepted = new Set<number>();
  for (let trial = 1; trial <= 4; trial++) {
    const server = spawn(process.execPath, [join(import.meta.dirname, 'testdata/server.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    const send = async (): Promise<void> => {
      for (;;) {
        const n = next++;
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(`${url}/records`, { method: 'POST', headers, body: `{"n":${n}}` });
        if (answer.status === 202) accepted.add(n);
        if (accepted.size >= trial * 40) server.kill('SIGKILL');
      }
    };
    const exited = once(server, 'exit');
    await Promise.allSettled([send(), send(), send(), send()]);
    await exited;
  }
  const source = await httpIngest({ port: 0, idField: 'n' }).open({ directory } as SourceContext);
  context.after(() => source.close());
  const stored = new Set(rowsOf(await readUntil(source, accepted.size)).map((row) => (row as { n: number }).n));
  const more = await source.read(0, [accepted.size], 1_000, new AbortController().signal);
  if (typeof more !== 'string') for (const row of more.rows!) stored.add((row as { n: number }).n);
  assert.ok(accepted.size >= 160);
  assert.deepEqual(
    [...accepted].filter((n) => !stored.has(n)),
    [],
  );
});
