import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { until } from '../../lifecycle/testing/until.ts';
import { findFaults } from './table.ts';
import { possible, says, tries } from './testing/tries.ts';
import { ToxicProxy } from './toxic-proxy.ts';

test('disk-full: writing works before, and is refused for lack of space after', async (t) => {
  const fault = possible(t, 'disk-full');
  if (!fault) return;
  // Slow enough not to fill the disk by itself while the test waits.
  const code = `let n = 0; setInterval(() => { try { fs.writeFileSync(dir + '/disk/' + n++, 'data'); say('ok'); } catch (e) { say(e.code); } }, 300)`;
  const { target, place } = tries(t, fault, code);
  await says(target, 'ok');
  fault.begin(place);
  await says(target, 'ENOSPC');
});

test('no-dns: names of other machines are not found, and this one is', async (t) => {
  const fault = possible(t, 'no-dns');
  if (!fault) return;
  const code = `const dns = require('node:dns'); setInterval(() => { dns.lookup('localhost', (e) => say('local ' + (e?.code ?? 'ok'))); dns.lookup('lastcall.invalid.example.org', (e) => say('far ' + (e?.code ?? 'ok'))); }, 50)`;
  const { target, place } = tries(t, fault, code);
  await says(target, 'local ok');
  fault.begin(place);
  await says(target, 'far EAI_AGAIN');
  await says(target, 'local ok');
});

test('no-files: what is open works, nothing more can be opened, and afterwards it can again', async (t) => {
  const fault = possible(t, 'no-files');
  if (!fault) return;
  const code = `setInterval(() => { try { fs.openSync('/dev/null'); say('ok'); } catch (e) { say(e.code); } }, 100)`;
  const { target, place } = tries(t, fault, code);
  await says(target, 'ok');
  const end = fault.begin(place);
  await says(target, 'EMFILE');
  end();
  await says(target, 'ok');
});

test('no-memory: a large allocation fails', async (t) => {
  const fault = possible(t, 'no-memory');
  if (!fault) return;
  // Kept, so that each needs new room: what was freed before the fault could be used again under it.
  const code = `const kept = []; setInterval(() => { try { kept.push(Buffer.allocUnsafe(256 * 1024 * 1024)); say('ok'); } catch (e) { say('refused'); } }, 50)`;
  const { target, place } = tries(t, fault, code);
  await says(target, 'ok');
  fault.begin(place);
  await until(() => target.output.includes('refused') || target.end !== null, 'an allocation that fails');
});

test('pause and starve: the target stands still, hardly runs, and goes on', async (t) => {
  const pause = possible(t, 'pause')!;
  const { target, place } = tries(t, pause, `setInterval(() => say('tick'), 5)`);
  await says(target, 'tick');
  const go = pause.begin(place);
  await until(() => target.processes().length === 1, 'one process');
  go();
  await says(target, 'tick');
  const starve = possible(t, 'starve')!;
  const end = starve.begin(place);
  await says(target, 'tick');
  end();
  await says(target, 'tick');
});

test('a fault that needs what is not there is refused with what to do', () => {
  const nothing = { isCommand: false, hasUpstream: false, hasBlockPath: false };
  assert.throws(() => findFaults(['disk-full'], nothing), /needs the target to be started by the drill. Use --cmd/);
  assert.throws(() => findFaults(['slow-upstream'], nothing), /needs --upstream/);
  assert.throws(() => findFaults(['block'], nothing), /needs --block/);
});

test('the toxic proxy passes on, delays, swallows, resets and refuses', async (t) => {
  const upstream = createServer((socket) => void socket.pipe(socket));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const proxy = await ToxicProxy.listen({ host: '127.0.0.1', port: (upstream.address() as { port: number }).port });
  t.after(async () => {
    await proxy.close();
    await new Promise((resolve) => upstream.close(resolve));
  });
  const client = await open(proxy.port);
  assert.equal(await echo(client.socket, 'plain'), 'plain');
  proxy.become('slow');
  const sentMs = performance.now();
  assert.equal(await echo(client.socket, 'slow'), 'slow');
  assert.ok(performance.now() - sentMs >= 1_000, 'both ways delay');
  proxy.become('black-hole');
  client.socket.write('gone');
  proxy.become('reset');
  assert.equal(await client.ended, 'ECONNRESET');
  assert.equal(await (await open(proxy.port)).ended, 'ECONNRESET');
  proxy.become('down');
  assert.equal(await (await open(proxy.port)).ended, 'ECONNREFUSED');
});

async function open(port: number): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect({ port, host: '127.0.0.1' });
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.once('close', () => resolve('closed'));
  });
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), ended]);
  return { socket, ended };
}

function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  return new Promise((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString())));
}
