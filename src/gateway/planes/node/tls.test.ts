import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';

import { temporaryDirectory } from '../../../base/files/testing/temporary-directory.ts';
import { type Certificate, makeCertificate } from '../../../lifecycle/http/testing/certificate.ts';
import { ask } from '../../../lifecycle/http/testing/serve.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { listening, planeTo, portOf, Scene } from './testing/scene.ts';

const BOUND = { timeout: 60_000 };

function write(directory: string, { cert, key }: Certificate): { certificate: string; key: string } {
  const files = { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
  // As a renewal does it: each file is replaced as a whole.
  for (const [path, text] of [
    [files.certificate, cert],
    [files.key, key],
  ] as const) {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
  return files;
}

async function securePlane(t: TestContext, directory: string, log: Record<string, unknown>[] = []) {
  const instance = await listening(
    t,
    createServer((request, response) => response.end(String(request.headers['x-forwarded-proto']))),
  );
  const scene = new Scene(t, { unit: { log: (line) => void log.push(line) } });
  scene.upstream = scene.add('one', portOf(instance));
  const tls = { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
  await scene.plane.listen(scene.unit, { host: '127.0.0.1', port: 0 }, { tls });
  await scene.unit.ready();
  return scene;
}

async function serialOf(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate: PeerCertificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate.fingerprint256;
}

test('HTTP/1.1 over TLS passes, and the instance learns that it was TLS', BOUND, async (t) => {
  const directory = temporaryDirectory(t);
  write(directory, makeCertificate());
  const scene = await securePlane(t, directory);
  const request = httpsRequest({ port: scene.port, host: '127.0.0.1', rejectUnauthorized: false }).end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.setEncoding('utf8');
  assert.deepEqual(await once(answer, 'data'), ['https']);
  assert.equal(scene.requests[0]!.scheme, 'https');
});

test('a renewed certificate is used without a restart; one that cannot be used changes nothing', BOUND, async (t) => {
  const directory = temporaryDirectory(t);
  write(directory, makeCertificate());
  const log: Record<string, unknown>[] = [];
  const scene = await securePlane(t, directory, log);
  const first = await serialOf(scene.port);
  const renewed = makeCertificate();
  write(directory, renewed);
  await until(() => log.some(({ event }) => event === 'certificate_renewed'), 'the renewal');
  const second = await serialOf(scene.port);
  assert.notEqual(second, first);
  write(directory, { cert: makeCertificate().cert, key: 'no key' });
  await until(() => log.some(({ event }) => event === 'certificate_refused'), 'the refusal');
  assert.equal(await serialOf(scene.port), second);
  assert.throws(() => scene.plane.reloadCertificates(), /cannot be used/);
});

test('an instance is spoken to only if its certificate is trusted and is for its name', BOUND, async (t) => {
  const { cert, key } = makeCertificate();
  let asked = 0;
  const instance = createSecureServer({ cert, key }, (_request, response) => {
    asked++;
    response.end('trusted');
  });
  await listening(t, instance);
  const url = `https://127.0.0.1:${portOf(instance)}`;
  for (const [address, status] of [
    [{ url, ca: cert, serverName: 'localhost' }, 200],
    [{ url, ca: cert, serverName: 'other.example' }, 503],
    [{ url, serverName: 'localhost' }, 503],
  ] as const) {
    asked = 0;
    const scene = await planeTo(t, 1, {
      address,
      direct: (_request, failed, self) =>
        failed
          ? { action: 'answer', status: 503, headers: [], body: failed.failure, booked: 'returned' }
          : self.forward(self.upstream),
    });
    const answer = await ask(scene.port, '/', { headers: { host: 'client-says.example' } });
    assert.equal(answer.status, status);
    assert.equal(answer.body, status === 200 ? 'trusted' : 'connect');
    assert.equal(asked, status === 200 ? 1 : 0);
  }
});
