import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { ask, RawClient, testUnit } from '../../lifecycle/http/testing/serve.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { startFront } from './front.ts';
import { appWith, frontBefore } from './testing/front.ts';

test('connections of any protocol are counted, finish their exchange while draining, and are then closed', async (t) => {
  const server = createTcpServer((socket: Socket) => {
    socket.on('data', (chunk) => {
      const word = String(chunk).trim();
      if (word === 'PING') socket.write('PONG\n');
    });
    socket.on('error', () => {});
    held.push(socket);
  });
  const held: Socket[] = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const app = String((server.address() as AddressInfo).port);
  const { unit, front, port, told } = await frontBefore(t, app, { listen: ['tcp:127.0.0.1:0'] });
  front.appReady();
  const quiet = await RawClient.connect(t, port);
  quiet.send('PING\n');
  await quiet.sees('PONG');
  const busy = await RawClient.connect(t, port);
  busy.send('WORK\n');
  await until(() => held.length === 2 && unit.work.inFlight === 2, 'both connections');
  await until(() => held[1]!.bytesRead > 0, 'the exchange under way');
  const ended = unit.stop();
  assert.equal(await quiet.closed, 'end');
  assert.equal(told.app, false);
  held[1]!.write('DONE\n');
  await busy.sees('DONE');
  assert.equal(await busy.closed, 'end');
  const report = await ended;
  assert.equal(report.exitCode, 0);
  assert.equal(report.work.finished, 2);
});

test('a front and its application may meet by sockets in the file system', async (t) => {
  const directory = temporaryDirectory(t);
  const server = createServer((_request, response) => void response.end('by socket'));
  server.listen(join(directory, 'app.sock'));
  await once(server, 'listening');
  t.after(() => server.close());
  const path = join(directory, 'front.sock');
  const { front } = await frontBefore(t, `unix:${join(directory, 'app.sock')}`, { listen: [`unix:${path}`] });
  front.appReady();
  const request = httpRequest({ socketPath: path, path: '/' }).end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.setEncoding('utf8');
  const [text] = (await once(answer, 'data')) as [string];
  assert.equal(text, 'by socket');
  assert.deepEqual(front.ports, []);
});

test('a descriptor that was opened by somebody else can be listened on', async (t) => {
  const app = await appWith(t, (_request, response) => void response.end('through a descriptor'));
  const opened = createTcpServer();
  opened.listen(0, '127.0.0.1');
  await once(opened, 'listening');
  const { port } = opened.address() as AddressInfo;
  const { fd } = (opened as unknown as { _handle: { fd: number } })._handle;
  const code = `
    import { unit } from '${new URL('../../lifecycle/index.ts', import.meta.url).href}';
    import { startFront } from '${new URL('./front.ts', import.meta.url).href}';
    const front = unit('front', { control: false, log: false, announce: 'never' });
    const { appReady } = await startFront(front, { listen: ['fd:3'], app: '${app}' });
    appReady();
    await front.ready();
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit', fd],
    env: { ...process.env, LASTCALL_STATE_DIR: temporaryDirectory(t) },
  });
  t.after(() => child.kill('SIGKILL'));
  opened.close();
  await once(createInterface({ input: child.stdout! }), 'line');
  assert.equal((await ask(port, '/')).body, 'through a descriptor');
  child.kill('SIGTERM');
  const [code1] = (await once(child, 'exit')) as [number];
  assert.equal(code1, 0);
});

test('what cannot be an address is refused with what to write', async (t) => {
  const unit = testUnit(t);
  await assert.rejects(startFront(unit, { listen: ['http://x'], app: '8000' }), /nothing to listen on/);
  await assert.rejects(startFront(unit, { listen: ['0'], app: 'fd:3' }), /not spoken to by a descriptor/);
  const taken = createTcpServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(
    startFront(unit, { listen: [`127.0.0.1:${port}`], app: '8000' }),
    new RegExp(`taken by process ${process.pid} `),
  );
});
