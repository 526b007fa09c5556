import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { useService } from '../../../scripts/services/use.ts';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { RunProgram } from '../testing/run-program.ts';

/** Answers `/slow` when the file exists, and everything else at once. */
const ASGI = `
import asyncio, os
async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        while True:
            message = await receive()
            await send({'type': message['type'] + '.complete'})
            if message['type'] == 'lifespan.shutdown':
                return
    while scope['path'] == '/slow' and not os.path.exists(os.environ['GO']):
        await asyncio.sleep(0.02)
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': b'whole'})
`;
const WSGI = `
import os, time
def app(environ, start_response):
    while environ['PATH_INFO'] == '/slow' and not os.path.exists(os.environ['GO']):
        time.sleep(0.02)
    start_response('200 OK', [('Content-Length', '5')])
    return [b'whole']
`;

interface Case {
  readonly name: string;
  readonly file: string;
  readonly command: (port: number) => readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'uvicorn',
    file: ASGI,
    command: (port) => ['python', '-m', 'uvicorn', 'served:app', '--port', String(port), '--log-level', 'warning'],
  },
  {
    name: 'gunicorn with two workers',
    file: WSGI,
    command: (port) => ['gunicorn', '-w', '2', '-b', `127.0.0.1:${port}`, '--log-level', 'warning', 'served:app'],
  },
  {
    name: 'http.server, which drops what it serves when it is signalled',
    file: `
import os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        while self.path == '/slow' and not os.path.exists(os.environ['GO']):
            time.sleep(0.02)
        self.send_response(200)
        self.send_header('Content-Length', '5')
        self.end_headers()
        self.wfile.write(b'whole')
    def log_message(self, *args):
        pass
ThreadingHTTPServer(('127.0.0.1', int(os.environ['AT'])), Handler).serve_forever()
`,
    command: () => ['python', 'served.py'],
  },
];

for (const { name, file, command } of CASES) {
  test(`${name}: what is in flight is finished, and nothing of it is left`, async (t) => {
    const python = await useService('python-servers', t);
    if (!python) return;
    const directory = newDirectory(t);
    writeFileSync(join(directory, 'served.py'), file);
    const go = join(directory, 'go');
    const [front, port] = [await freePort(t), await freePort(t)];
    const environment = { PATH: python.env['PATH']!, PYTHONPATH: directory, GO: go, AT: String(port) };
    const inside = ['env', '-C', directory, ...command(port)];
    const words = ['--listen', String(front), '--app-port', String(port), '--announce-cap', '300ms', '--', ...inside];
    const run = new RunProgram(t, words, { environment });
    await run.logs('ready');
    assert.equal(await get(front, '/quick'), '200 whole');
    const slow = get(front, '/slow');
    await until(
      async () => (await get(front, '/metrics')).includes('lastcall_in_flight{unit="env"} 1'),
      'one in flight',
    );
    run.signal('SIGTERM');
    // The server has not been signalled while a request is in flight: it is finished whole.
    await until(() => run.log.some(({ event, stage }) => event === 'slow' || stage === 'announce'), 'the ending');
    writeFileSync(go, '');
    assert.equal(await slow, '200 whole');
    assert.equal((await run.ended).code, 0);
    const { work, outcome, released } = run.report();
    assert.equal(outcome, 'clean');
    assert.deepEqual([work.lost, work.unknown, work.accepted], [0, 0, work.finished]);
    assert.equal(released.proven, true);
    assert.deepEqual(run.left(), []);
  });
}

async function freePort(t: TestContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  t.after(() => closed);
  await closed;
  return port;
}

/** `STATUS BODY`, or the code of the error. */
function get(port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    request({ port, path, host: '127.0.0.1', agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
      response.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
      .end();
  });
}
