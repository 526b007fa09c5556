import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { ask } from '../../lifecycle/http/testing/serve.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { RunProgram } from '../testing/run-program.ts';

const BOUND = { timeout: 120_000 };

/** A server that dies at once of SIGTERM, as most do, and says how many requests it answered for each. */
const APP = `
  const server = require('node:http').createServer((request, response) => {
    console.log('asked ' + request.url);
    if (request.url === '/events') return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\\n\\n');
    setTimeout(() => response.end('answer to ' + request.url), 20);
  });
  server.listen(Number(process.env.PORT), '127.0.0.1');
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function runFront(t: TestContext, words: readonly string[]): Promise<{ run: RunProgram; port: number }> {
  const appPort = await freePort();
  const run = new RunProgram(
    t,
    ['--listen', '127.0.0.1:0', '--app-port', String(appPort), ...words, '--', process.execPath, '-e', APP],
    { environment: { PORT: String(appPort) } },
  );
  const { ports } = (await run.logs('front_listening')) as { ports: number[] };
  return { run, port: ports[0]! };
}

test('under load from balancers that follow readiness, SIGTERM drops no request', BOUND, async (t) => {
  const { run, port } = await runFront(t, ['--announce-cap', '2s']);
  let answered = 0;
  const client = async (number: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (let count = 0; (await ask(port, '/readyz')).status === 200; count++) {
        const path = `/${number}/${count}`;
        const { status, body } = await ask(port, path, { agent });
        assert.equal(status, 200);
        assert.equal(body, `answer to ${path}`);
        answered++;
      }
    } finally {
      agent.destroy();
    }
  };
  await until(async () => (await ask(port, '/readyz')).status === 200, 'readiness');
  const clients = Array.from({ length: 8 }, (_, number) => client(number));
  await until(() => answered > 40, 'requests under way');
  run.child.kill('SIGTERM');
  await Promise.all(clients);
  assert.deepEqual(await run.ended, { code: 0, signal: null });
  const report = run.report();
  assert.equal(report.work.finished, answered);
  assert.equal(report.work.accepted, answered);
  assert.equal(run.stdout.split('\n').filter((line) => line.startsWith('asked')).length, answered);
  assert.equal(report.released.proven, true);
});

test('an event stream that outlives the drain ends with an event, and is handed back', BOUND, async (t) => {
  const { run, port } = await runFront(t, ['--drain-cap', '500ms', '--health-path', 'readyz=/internal/ready']);
  await until(async () => (await ask(port, '/internal/ready')).status === 200, 'readiness');
  assert.equal((await ask(port, '/readyz')).body, 'answer to /readyz');
  const stream = ask(port, '/events');
  await until(() => run.stdout.includes('asked /events'), 'the stream');
  run.child.kill('SIGTERM');
  assert.match((await stream).body, /^data: 1\n\nevent: error\ndata: /);
  assert.equal((await run.ended).code, 100);
  const { work, outcome } = run.report();
  assert.equal(outcome, 'handed_back');
  assert.deepEqual([work.accepted, work.finished, work.returned, work.lost], [2, 1, 1, 0]);
});
