// Runs the table of attacks against a plane, and those that take more than one write.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RawClient } from '../../../lifecycle/http/testing/serve.ts';
import { ATTACKS } from './hostile.ts';
import { OK, RawInstance } from './raw-instance.ts';
import type { Subject } from './subject.ts';

const BOUND = { timeout: 60_000 };

export function runHostile(subject: Subject): void {
  for (const { name, send, status } of ATTACKS) {
    test(`refused: ${name}`, BOUND, async (t) => {
      const instance = await RawInstance.start(t);
      const client = await RawClient.connect(t, await subject.start(t, [instance.port]));
      client.send(send);
      await client.closed;
      assert.match(client.text, status);
      assert.equal(client.text.match(/HTTP\/1\.1 /g)?.length, 1, 'one answer, and the connection is closed');
      assert.doesNotMatch(instance.text, /admin|evil|169\.254/);
      assert.equal(instance.text.includes('\r\n\r\n'), false, 'no request arrived whole');
    });
  }

  test('a body that looks like a request is a body', BOUND, async (t) => {
    const instance = await RawInstance.start(t);
    const client = await RawClient.connect(t, await subject.start(t, [instance.port]));
    const body = 'GET /admin HTTP/1.1\r\nHost: h\r\n\r\n';
    client.send(`POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await client.sees('ok');
    client.send('GET /after HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.sees(/ok[\s\S]*ok$/);
    assert.ok(instance.text.indexOf(body) > instance.text.indexOf('POST /a'));
  });

  test('pipelined requests are answered in their order', BOUND, async (t) => {
    const instance = await RawInstance.start(t, (head) => {
      const path = /^GET (\S+)/.exec(head)?.[1] ?? '';
      return `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`;
    });
    const client = await RawClient.connect(t, await subject.start(t, [instance.port]));
    const paths = ['/one', '/two', '/three'];
    client.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''));
    await client.sees(/\/one[\s\S]*\/two[\s\S]*\/three/);
  });

  test('a client that sends its head byte by byte is not waited for', BOUND, async (t) => {
    const instance = await RawInstance.start(t);
    const port = await subject.start(t, [instance.port], { headMsMax: 300 });
    const client = await RawClient.connect(t, port);
    const drip = setInterval(() => client.socket.writable && client.send('x'), 20);
    client.send('GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ');
    await client.closed;
    clearInterval(drip);
    assert.match(client.text, /^HTTP\/1\.1 408 /);
    assert.equal(instance.text, '');
  });

  for (const length of [100, 100_000]) {
    test(`a client that falls silent in a body of ${length} bytes is not waited for`, BOUND, async (t) => {
      const instance = await RawInstance.start(t, () => null);
      const port = await subject.start(t, [instance.port], { bodyIdleMsMax: 300 });
      const client = await RawClient.connect(t, port);
      client.send(`POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\nsome`);
      await client.closed;
      assert.match(client.text, /^HTTP\/1\.1 408 /);
    });
  }

  for (const [how, head, body] of [
    ['says that it sends', 'Content-Length: 100000', ''],
    ['sends', 'Transfer-Encoding: chunked', `${(50_000).toString(16)}\r\n${'x'.repeat(50_000)}\r\n`],
  ] as const) {
    test(`a client that ${how} more than the route takes is refused`, BOUND, async (t) => {
      const instance = await RawInstance.start(t, () => null);
      const port = await subject.start(t, [instance.port], { bodyBytesMax: 40_000 });
      const client = await RawClient.connect(t, port);
      client.send(`POST /a HTTP/1.1\r\nHost: h\r\n${head}\r\n\r\n${body}`);
      await client.sees(/^HTTP\/1\.1 413 /);
      assert.doesNotMatch(instance.text, /\r\n0\r\n\r\n$/);
    });
  }

  test('what a client says of hops before us counts only as far as hops are trusted', BOUND, async (t) => {
    const spoofed = [
      'GET / HTTP/1.1',
      'Host: h',
      'X-Forwarded-For: 6.6.6.6, 10.0.0.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-User: root',
      'X-Real-IP: 6.6.6.6',
      'Forwarded: for=6.6.6.6',
      'Connection: close, X-Forwarded-For',
    ];
    const instance = await RawInstance.start(t);
    const untrusted = await RawClient.connect(t, await subject.start(t, [instance.port]));
    untrusted.send(`${spoofed.join('\r\n')}\r\n\r\n`);
    await untrusted.sees('ok');
    assert.match(instance.text, /^X-Forwarded-For: 127\.0\.0\.1\r$/im);
    assert.match(instance.text, /^X-Forwarded-Proto: http\r$/im);
    assert.doesNotMatch(instance.text, /6\.6\.6\.6|evil|root|10\.0\.0\.7/);

    const behind = await RawInstance.start(t);
    const trusted = await RawClient.connect(t, await subject.start(t, [behind.port], { trustedHops: 1 }));
    trusted.send(`${spoofed.slice(0, -1).join('\r\n')}\r\nConnection: close\r\n\r\n`);
    await trusted.sees('ok');
    assert.match(behind.text, /^X-Forwarded-For: 10\.0\.0\.7, 127\.0\.0\.1\r$/im);
    assert.match(behind.text, /^X-Forwarded-Proto: https\r$/im);
    assert.doesNotMatch(behind.text, /6\.6\.6\.6|root/);
  });

  test('an answer that does not come whole is never passed off as whole, also to HTTP/1.0', BOUND, async (t) => {
    for (const version of ['1.0', '1.1']) {
      const instance = await RawInstance.start(t, (_head, socket) => {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
        return null;
      });
      const client = await RawClient.connect(t, await subject.start(t, [instance.port]));
      client.send(`GET / HTTP/${version}\r\nHost: h\r\n\r\n`);
      assert.equal(await client.closed, 'reset', version);
    }
  });

  test('an instance that answers twice does not answer the next client', BOUND, async (t) => {
    const instance = await RawInstance.start(t, (head) =>
      head.startsWith('GET /first') ? `${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison` : OK,
    );
    const port = await subject.start(t, [instance.port]);
    const client = await RawClient.connect(t, port);
    client.get('/first');
    await client.sees('ok');
    const next = await RawClient.connect(t, port);
    next.get('/second');
    await next.sees('ok');
    assert.doesNotMatch(client.text + next.text, /poison/);
  });
}
