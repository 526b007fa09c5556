import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { gatewayWith, modelServer } from '../testing/scene.ts';
import { followConsul } from './consul.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { instancesOf } from './kubernetes.ts';

/** A name server that knows one SRV record, one address, or nothing at all. */
async function nameServer(
  t: TestContext,
): Promise<{ address: string; srv: { name: string; port: number } | 'silent' | null }> {
  const told: { address: string; srv: { name: string; port: number } | 'silent' | null } = { address: '', srv: null };
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    if (told.srv === 'silent') return;
    const end = query.indexOf(0, 12) + 5;
    const question = query.subarray(12, end);
    const type = query.readUInt16BE(end - 4);
    const data = type === 33 && told.srv ? srvData(told.srv) : type === 1 ? Buffer.from([127, 0, 0, 1]) : null;
    const header = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, data ? 1 : 0, 0, 0, 0, 0]);
    const answer = data
      ? Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, data.length]), data])
      : Buffer.alloc(0);
    socket.send(Buffer.concat([header, question, answer]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  told.address = `127.0.0.1:${socket.address().port}`;
  return told;
}

function srvData({ name, port }: { name: string; port: number }): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([Buffer.from([0, 1, 0, 5, port >> 8, port & 255]), ...labels, Buffer.from([0])]);
}

test('instances follow SRV records; a name server that is silent takes nobody out', async (t) => {
  const dns = await nameServer(t);
  const server = await modelServer(t, 'v1');
  const gateway = await gatewayWith(
    t,
    `
models:
  churn: { versions: { v1: { discover: { dns: { srv: _http._tcp.churn.test, server: '${dns.address}' }, every: 50ms } } } }
routes: [{ model: churn }]
`,
  );
  assert.equal((await fetch(gateway.url)).status, 503);
  dns.srv = { name: 'model.test', port: server.port };
  await until(() => gateway.engine.state.instances.size === 1, 'the instance');
  const instance = gateway.engine.state.instances.get(`churn/v1/127.0.0.1:${server.port}`)!;
  assert.deepEqual([instance.source, instance.weight, instance.state], ['dns', 5, 'ready']);
  assert.equal((await fetch(gateway.url)).status, 200);
  dns.srv = 'silent';
  await until(() => gateway.log.some(({ event }) => event === 'discovery_failed'), 'a failed question');
  assert.equal((await fetch(gateway.url)).status, 200);
  dns.srv = null;
  await until(() => gateway.engine.state.instances.size === 0, 'its end');
});

test('Consul is asked by blocking queries, and an index that goes back begins anew', async (t) => {
  const asked: string[] = [];
  const answers = [
    { index: '7', port: 8001 },
    { index: '9', port: 8002 },
    { index: '3', port: 8003 },
    { index: '4', port: 8004 },
  ];
  const consul = createServer((request, response) => {
    const url = new URL(request.url!, 'http://consul');
    asked.push(`${url.pathname} ${url.searchParams.get('passing')} ${url.searchParams.get('index')}`);
    const answer = answers.shift();
    if (!answer) return; // nothing has changed: it waits
    response.setHeader('x-consul-index', answer.index);
    response.end(JSON.stringify([{ Node: { Address: '10.0.0.1' }, Service: { Address: '', Port: answer.port } }]));
  });
  consul.listen(0, '127.0.0.1');
  await once(consul, 'listening');
  t.after(() => {
    consul.close();
    consul.closeAllConnections();
  });
  const ports: number[] = [];
  const url = `http://127.0.0.1:${(consul.address() as AddressInfo).port}`;
  const stop = followConsul({ url, service: 'churn' }, 10, {
    found: (instances) => ports.push(...instances.map(({ port }) => port)),
    failed: (error) => assert.fail(String(error)),
  });
  t.after(stop);
  await until(() => asked.length === 5, 'five questions');
  assert.deepEqual(ports, [8001, 8002, 8003, 8004]);
  assert.deepEqual(
    asked.map((question) => question.split(' ')[2]),
    ['null', '7', '9', 'null', '4'],
  );
  assert.match(asked[0]!, /^\/v1\/health\/service\/churn 1 /);
});

test('a slice names ready endpoints of the wanted port, once each', () => {
  const slice = {
    metadata: { name: 's' },
    ports: [
      { name: 'metrics', port: 9000 },
      { name: 'https', port: 8443, appProtocol: 'https' },
    ],
    endpoints: [
      { addresses: ['10.0.0.1', '10.0.0.9'], conditions: { ready: true } },
      { addresses: ['10.0.0.2'] },
      { addresses: ['10.0.0.3'], conditions: { ready: false } },
      { addresses: ['10.0.0.4'], conditions: { ready: true, terminating: true } },
    ],
  };
  const found = instancesOf(slice, 'https').map(({ scheme, host, port }) => `${scheme}://${host}:${port}`);
  assert.deepEqual(found, ['https://10.0.0.1:8443', 'https://10.0.0.2:8443']);
  assert.deepEqual(instancesOf(slice, 'grpc'), []);
  assert.deepEqual(instancesOf({ metadata: { name: 's' }, endpoints: null, ports: null }, undefined), []);
});

test('a kubeconfig gives the server, token and certificates of its current context', (t) => {
  const file = join(temporaryDirectory(t), 'config');
  const write = (text: string) => writeFileSync(file, text);
  write(`
current-context: b
contexts: [{ name: a, context: { cluster: x, user: x } }, { name: b, context: { cluster: y, user: y } }]
clusters: [{ name: y, cluster: { server: 'https://k:6443', certificate-authority-data: ${Buffer.from('PEM').toString('base64')} } }]
users: [{ name: y, user: { token: secret } }]
`);
  const { server, token, ca, verified } = readKubeconfig(file);
  assert.deepEqual([server, token, ca, verified], ['https://k:6443', 'secret', 'PEM', true]);
  write('contexts: []\n');
  assert.throws(() => readKubeconfig(file), /no current context/);
});
