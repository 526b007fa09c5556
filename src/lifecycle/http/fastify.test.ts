// Fastify, the framework that is at hand, as its users run it: routes, hooks, its own close, and `localhost`.
import assert from 'node:assert/strict';
import dns from 'node:dns';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test, type TestContext } from 'node:test';

import fastify, { type FastifyInstance } from 'fastify';

import { until } from '../testing/until.ts';
import { drainHttp } from './drain.ts';
import { RawClient, stageBegins, testUnit } from './testing/serve.ts';

/** Addresses of TCP servers only. */
function addressesOf(app: FastifyInstance): AddressInfo[] {
  return app.addresses().filter((address) => typeof address !== 'string');
}

/** Whatever this machine's hosts file says, localhost has both its addresses. */
function giveLocalhostBothAddresses(t: TestContext): void {
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  const lookup = dns.lookup.bind(dns) as (...args: unknown[]) => void;
  t.mock.method(
    dns,
    'lookup',
    (host: string, options: { all?: boolean }, done: (error: null, all: unknown) => void) => {
      if (host === 'localhost' && options.all === true) done(null, both);
      else lookup(host, options, done);
    },
  );
}

const withoutIpv6 = Object.values(networkInterfaces()).every((list) => list?.every(({ address }) => address !== '::1'));

test('requests on both addresses of localhost are drained, although Fastify shows only one of its servers', async (t) => {
  if (withoutIpv6) return t.skip('this machine has no ::1');
  giveLocalhostBothAddresses(t);
  const app = fastify();
  const held: (() => void)[] = [];
  app.get('/predict', async () => {
    await new Promise<void>((resolve) => void held.push(resolve));
    return { ok: true };
  });
  const unit = testUnit(t);
  unit.use(drainHttp(app.server, { readiness: '/readyz' }));
  unit.onRelease('fastify', () => app.close());
  await app.listen({ port: 0 });
  await unit.ready();
  const urls = addressesOf(app).map(({ address, family, port }) =>
    family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`,
  );
  assert.equal(urls.length, 2);
  for (const url of urls) assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const answers = urls.map((url) => fetch(`${url}/predict`));
  await until(() => held.length === urls.length, 'a request on each');
  assert.equal(unit.work.inFlight, urls.length);
  const draining = stageBegins(unit, 'drain');
  const ended = unit.stop();
  await draining;
  for (const url of urls) await assert.rejects(fetch(`${url}/predict`), `${url} still accepts`);
  for (const resolve of held) resolve();
  for (const answer of answers) {
    const { status, headers } = await answer;
    assert.deepEqual([status, headers.get('connection')], [200, 'close']);
  }
  const report = await ended;
  assert.deepEqual([report.outcome, report.exitCode, report.work.finished], ['clean', 0, urls.length]);
});

test('a stream that a route replies with is in flight until its last byte, and says close', async (t) => {
  const app = fastify();
  const parts: ((text: string | null) => void)[] = [];
  app.get('/stream', (_request, reply) => {
    async function* body(): AsyncGenerator<string> {
      for (;;) {
        const part = await new Promise<string | null>((resolve) => void parts.push(resolve));
        if (part === null) return;
        yield part;
      }
    }
    return reply.type('text/plain').send(ReadableStream.from(body()));
  });
  const unit = testUnit(t);
  unit.use(drainHttp(app.server));
  await app.listen({ port: 0, host: '127.0.0.1' });
  await unit.ready();
  const client = (await RawClient.connect(t, addressesOf(app)[0]!.port)).get('/stream');
  await until(() => parts.length === 1, 'the stream');
  parts.shift()!('one');
  await client.sees('one');
  const ended = unit.stop();
  await until(() => parts.length === 1, 'the next part');
  parts.shift()!('two');
  await client.sees('two');
  await until(() => parts.length === 1, 'the last part');
  assert.equal(unit.work.inFlight, 1);
  parts.shift()!(null);
  assert.equal(await client.closed, 'end');
  assert.equal((await ended).outcome, 'clean');
  await app.close();
});
