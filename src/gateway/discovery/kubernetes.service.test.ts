// EndpointSlices of a real API server, watched as the gateway watches them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { useService } from '../../../scripts/services/use.ts';
import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { followKubernetes } from './kubernetes.ts';

/** As scripts/services/kubernetes.ts starts it. */
const TOKEN = 'admintoken';
const PATH = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

function call(address: string, method: string, path: string, body?: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const asked = request(`https://${address}${path}`, { method, rejectUnauthorized: false, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode!));
    });
    asked.once('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function slice(endpoints: readonly { host: string; ready: boolean; terminating?: boolean }[]): unknown {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'churn-1', labels: { 'kubernetes.io/service-name': 'churn' } },
    addressType: 'IPv4',
    ports: [
      { name: 'metrics', port: 9000, protocol: 'TCP' },
      { name: 'http', port: 8000, protocol: 'TCP' },
    ],
    endpoints: endpoints.map(({ host, ready, terminating = false }) => ({
      addresses: [host],
      conditions: { ready, serving: ready || terminating, terminating },
    })),
  };
}

test('endpoints are followed as they become ready, terminate and go, also after the server was asked in vain', async (t) => {
  const kubernetes = await useService('kubernetes', t);
  if (!kubernetes) return;
  const { address } = await kubernetes.start();
  const directory = temporaryDirectory(t);
  const file = join(directory, 'kubeconfig');
  const config = (server: string) =>
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token: TOKEN } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
  writeFileSync(file, config('https://127.0.0.1:1'));
  const before = process.env['KUBECONFIG'];
  process.env['KUBECONFIG'] = file;
  t.after(() => (before === undefined ? delete process.env['KUBECONFIG'] : (process.env['KUBECONFIG'] = before)));

  let hosts = 'nothing yet';
  let failures = 0;
  const stop = followKubernetes({ service: 'churn', namespace: 'default', port: 'http' }, 100, {
    found: (instances) => (hosts = instances.map(({ host, port }) => `${host}:${port}`).join(' ')),
    failed: () => (failures += 1),
  });
  t.after(stop);
  await until(() => failures > 0, 'a failed question');
  writeFileSync(file, config(`https://${address}`));
  await until(() => hosts === '', 'an empty answer');
  assert.equal(
    await call(
      address,
      'POST',
      PATH,
      slice([
        { host: '10.1.0.1', ready: true },
        { host: '10.1.0.2', ready: false },
      ]),
    ),
    201,
  );
  await until(() => hosts === '10.1.0.1:8000', 'the ready one');
  const both = slice([
    { host: '10.1.0.1', ready: true },
    { host: '10.1.0.2', ready: true },
  ]);
  assert.equal(await call(address, 'PUT', `${PATH}/churn-1`, both), 200);
  await until(() => hosts === '10.1.0.1:8000 10.1.0.2:8000', 'both');
  const ending = slice([
    { host: '10.1.0.1', ready: true, terminating: true },
    { host: '10.1.0.2', ready: true },
  ]);
  assert.equal(await call(address, 'PUT', `${PATH}/churn-1`, ending), 200);
  await until(() => hosts === '10.1.0.2:8000', 'the one that stays');
  assert.equal(await call(address, 'DELETE', `${PATH}/churn-1`), 200);
  await until(() => hosts === '', 'nobody');
});
