import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { newDirectory } from '../../../lifecycle/testing/program.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { type Asked, serve, type ServedAnswer } from '../../testing/serve.ts';
import { type Notice, type NoticeSource, parseNotice } from './source.ts';
import { type Bases, watchNotices } from './watch.ts';

/** Nobody listens on the discard port of loopback. */
const NOBODY = 'http://127.0.0.1:9';

interface Watching {
  readonly found: Promise<Notice | null>;
  readonly logged: readonly Readonly<Record<string, unknown>>[];
}

function watching(t: TestContext, source: NoticeSource, bases: Partial<Bases>): Watching {
  const over = new AbortController();
  const logged: Record<string, unknown>[] = [];
  const log = (event: string, fields: Readonly<Record<string, unknown>>) => void logged.push({ event, ...fields });
  const all = { aws: NOBODY, gcp: NOBODY, azure: NOBODY, ...bases };
  const found = watchNotices(source, { bases: all, over: over.signal, log });
  // The process has to live while it is waited for.
  const keepAlive = setInterval(() => {}, 1_000);
  t.after(() => {
    over.abort();
    clearInterval(keepAlive);
  });
  return { found, logged };
}

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

test('EC2 gives a token first, and then the time at which the instance is taken', async (t) => {
  let taken = false;
  const answer = ({ method, url, headers }: Asked): ServedAnswer => {
    if (method === 'PUT' && url === '/latest/api/token') {
      return headers['x-aws-ec2-metadata-token-ttl-seconds'] ? { status: 200, body: 'TOKEN' } : { status: 400 };
    }
    if (headers['x-aws-ec2-metadata-token'] !== 'TOKEN') return { status: 401 };
    if (url !== '/latest/meta-data/spot/instance-action' || !taken) return { status: 404 };
    return { status: 200, body: JSON.stringify({ action: 'terminate', time: inMs(100_000) }) };
  };
  const server = await serve(t, answer);
  const before = watching(t, { kind: 'aws' }, { aws: server.base });
  await until(() => server.asked.some(({ url }) => url.endsWith('/instance-action')), 'a question');
  taken = true;
  const { found } = watching(t, { kind: 'aws' }, { aws: server.base });
  const notice = await found;
  assert.equal(notice?.provider, 'aws');
  assert(notice.deadlineMs > 60_000 && notice.deadlineMs <= 100_000, String(notice.deadlineMs));
  assert.deepEqual(before.logged, [{ event: 'notices_watched', provider: 'aws' }]);
});

test('Compute Engine says TRUE, and gives half a minute', async (t) => {
  let preempted = 'FALSE';
  const server = await serve(t, ({ url, headers }) => {
    if (headers['metadata-flavor'] !== 'Google') return { status: 403 };
    return url === '/computeMetadata/v1/instance/preempted' ? { status: 200, body: preempted } : { status: 404 };
  });
  const { found } = watching(t, { kind: 'gcp' }, { gcp: server.base });
  await until(() => server.asked.length > 0, 'a question');
  preempted = 'TRUE';
  assert.deepEqual(await found, { provider: 'gcp', deadlineMs: 30_000 });
});

test('Azure tells every machine of a set, and only the one that is meant takes it for itself', async (t) => {
  let resources = ['other'];
  const server = await serve(t, ({ url, headers }) => {
    if (headers['metadata'] !== 'true') return { status: 400 };
    if (url.startsWith('/metadata/instance/compute/name')) return { status: 200, body: 'machine-7' };
    const event = { EventType: 'Preempt', NotBefore: inMs(20_000), Resources: resources };
    return { status: 200, body: JSON.stringify({ Events: [{ EventType: 'Reboot' }, event] }) };
  });
  const { found } = watching(t, { kind: 'azure' }, { azure: server.base });
  await until(() => server.asked.length >= 4, 'two questions');
  resources = ['other', 'machine-7'];
  const notice = await found;
  assert.equal(notice?.provider, 'azure');
  assert(notice.deadlineMs > 0 && notice.deadlineMs <= 20_000);
});

test('an outage of the metadata service is told once, and is no notice', async (t) => {
  const { logged } = watching(t, { kind: 'gcp' }, {});
  await until(() => logged.some(({ event }) => event === 'notices_unavailable'), 'the outage');
  const server = await serve(t, () => ({ status: 500 }));
  const other = watching(t, { kind: 'gcp' }, { gcp: server.base });
  await until(() => server.asked.length >= 2, 'two questions');
  assert.equal(other.logged.filter(({ event }) => event === 'notices_unavailable').length, 1);
});

test('auto takes whoever answers', async (t) => {
  const server = await serve(t, () => ({ status: 200, body: 'TRUE' }));
  const { found, logged } = watching(t, { kind: 'auto' }, { gcp: server.base });
  assert.equal((await found)?.provider, 'gcp');
  assert.deepEqual(logged[0], { event: 'notices_watched', provider: 'gcp' });
});

test('auto asks nobody any more where nobody answered, or not in time', async (t) => {
  const { createServer } = await import('node:net');
  // Accepts, and says nothing.
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as { port: number };
  const { found, logged } = watching(t, { kind: 'auto' }, { aws: `http://127.0.0.1:${port}` });
  assert.equal(await found, null);
  assert.deepEqual(logged, [{ event: 'notices_watched', provider: null }]);
});

test('a file that appears is a notice; what is written in it is the time that is left', async (t) => {
  const path = `${newDirectory(t)}/notice`;
  const { found } = watching(t, { kind: 'file', path }, {});
  writeFileSync(path, '45s\n');
  // Whoever looks between the creation and the write sees an empty file, which means half a minute.
  const notice = await found;
  assert(notice?.provider === 'file' && [30_000, 45_000].includes(notice.deadlineMs));
});

test('a source that does not exist is refused with the one that was meant', () => {
  assert.deepEqual(parseNotice('file:/run/notice', '--notice'), { kind: 'file', path: '/run/notice' });
  assert.throws(() => parseNotice('awss', '--notice'), /--notice: "awss" gives no notices. Did you mean aws\?/);
});
