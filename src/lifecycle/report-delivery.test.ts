import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Report } from './report.ts';
import { deliverReport, fillIn } from './report-delivery.ts';

const report = { unit: { name: 'sync all', instance: 'unit_1' }, exitCode: 3, outcome: 'failed' } as unknown as Report;
const BOUND_MS = 20_000;

async function listen(t: TestContext, answer: (request: IncomingMessage, body: string) => number): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.writeHead(answer(request, body)).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a report is POSTed whole, and again as long as the receiver fails', async (t) => {
  const bodies: string[] = [];
  const base = await listen(t, (request, body) => {
    assert.equal(request.method, 'POST');
    return bodies.push(body) < 3 ? 503 : 201;
  });
  await deliverReport(`${base}/v1/reports`, report, BOUND_MS, {});
  assert.equal(bodies.length, 3);
  assert.deepEqual(JSON.parse(bodies[2]!), report);
});

test('an address with places in it gets a GET with them filled in', async (t) => {
  const asked: string[] = [];
  const base = await listen(t, (request) => {
    asked.push(`${request.method} ${request.url}`);
    return 200;
  });
  await deliverReport(`${base}/log?service={unit}&status={status}&code={code}`, report, BOUND_MS, {});
  assert.deepEqual(asked, ['GET /log?service=sync%20all&status=error&code=3']);
  assert.equal(
    fillIn('http://x/{status}/{outcome}', { ...report, exitCode: 0, outcome: 'clean' }),
    'http://x/success/clean',
  );
});

test('an answer that would be the same again is not asked for again', async (t) => {
  let count = 0;
  const base = await listen(t, () => {
    count++;
    return 404;
  });
  await assert.rejects(deliverReport(base, report, BOUND_MS, {}), /could not be delivered \(answered with 404\)/);
  assert.equal(count, 1);
});

test('a receiver that never answers costs no more than the budget', async () => {
  await assert.rejects(
    deliverReport('http://127.0.0.1:9/', report, 300, {}),
    /127\.0\.0\.1:9: the report could not be delivered/,
  );
});

test('a proxy of the environment is used, and NO_PROXY is respected', async (t) => {
  const through: string[] = [];
  const proxy = await listen(t, (request) => {
    through.push(`${request.method} ${request.url}`);
    return 200;
  });
  await deliverReport('http://monitor.invalid/log', report, BOUND_MS, { HTTP_PROXY: proxy });
  assert.deepEqual(through, ['POST http://monitor.invalid/log']);
  const direct = await listen(t, () => 200);
  await deliverReport(direct, report, BOUND_MS, { HTTP_PROXY: proxy, NO_PROXY: '127.0.0.1' });
  assert.equal(through.length, 1);
});
