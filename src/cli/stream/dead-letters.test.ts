// `deadletter list|retry|drop`, on what a real pipeline set aside: a record whose step failed, and outputs that a real
// HTTP server refused.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lastcall } from '../testing/invoke.ts';

const PIPELINE = fileURLToPath(new URL('../testdata/refusing.ts', import.meta.url));

let stateDir: string;
let server: Server;
let answer = 422;
const taken: string[] = [];

before(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'lastcall-dead-'));
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      if (answer === 200) taken.push(body);
      response.writeHead(answer).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const first = await run();
  assert.equal(first.code, 0);
  // The report counts what was set aside: one record and three outputs.
  assert.match(first.stdout, /set aside as dead letters: 4 \(lastcall deadletter list refused\)/);
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(stateDir, { recursive: true, force: true });
});

const run = () => {
  const { port } = server.address() as AddressInfo;
  const environment = { SINK_URL: `http://127.0.0.1:${port}/` };
  return lastcall(['stream', 'run', PIPELINE, '--state-dir', stateDir], { environment });
};
const ask = (...words: string[]) => lastcall(['deadletter', ...words, '--state-dir', stateDir]);
const listed = async () =>
  (await ask('list', 'refused', '--json')).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: string; error: string; content: string });

test('list tells of records and outputs, with the reason', async () => {
  const letters = await listed();
  assert.deepEqual(letters.map(({ id }) => id).toSorted(), ['output:1', 'output:2', 'output:3', 'record:1']);
  assert.match(letters[0]!.error, /two is not wanted/);
  assert.equal(letters[0]!.content, '{"n":2}');
  assert.match(letters[1]!.error, /422/);
  assert.match((await ask('list', 'refused')).stdout, /^ID +FROM +ATTEMPTS +ERROR +CONTENT\nrecord:1 +step process/);
});

test('drop forgets the ones that are named', async () => {
  assert.equal((await ask('drop', 'refused', 'output:2')).stdout, '1 dead letter dropped.\n');
  assert.deepEqual((await listed()).map(({ id }) => id).toSorted(), ['output:1', 'output:3', 'record:1']);
});

test('an id that is none changes nothing, also not the others that are named with it', async () => {
  for (const command of ['drop', 'retry']) {
    const { code, stderr } = await ask(command, 'refused', 'output:1,output:99');
    assert.deepEqual([code, /there is no such dead letter[^]*output:99/.test(stderr)], [1, true], stderr);
  }
  assert.equal((await listed()).length, 3);
});

test('which ones has to be said, and a record is not tried again in its place', async () => {
  assert.equal((await ask('drop', 'refused')).code, 2);
  assert.equal((await ask('drop', 'refused', 'output:1', '--all')).code, 2);
  assert.equal((await ask('drop', 'refused', '1;DROP')).code, 2);
  const retried = await ask('retry', 'refused', 'record:1');
  assert.deepEqual([retried.code, /the stream has gone on/.test(retried.stderr)], [2, true]);
  assert.equal((await listed()).length, 3);
});

test('retry delivers outputs at the next start, once the other side takes them', async () => {
  const retried = await ask('retry', 'refused', '--all');
  assert.equal(
    retried.stdout,
    '2 outputs offered again: when refused commits next, or starts. 1 record whose step failed stays: feed it in again, or drop it.\n',
  );
  assert.match((await ask('retry', 'refused', '--all')).stdout, /^There is no refused output to be offered again\./);
  answer = 200;
  assert.equal((await run()).code, 0);
  assert.deepEqual(taken.toSorted(), ['{"n":1}', '{"n":4}']);
  assert.deepEqual(
    (await listed()).map(({ id }) => id),
    ['record:1'],
  );
});

test('a pipeline without a state is an error', async () => {
  for (const name of ['nothing', '../refused']) {
    const { code, stderr } = await ask('list', name);
    assert.deepEqual([code, /no pipeline of this name/.test(stderr)], [1, true]);
  }
});
