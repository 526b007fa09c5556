import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import { KUBERNETES_TOKEN } from './kubernetes.ts';
import { useService } from './use.ts';

interface Answer {
  readonly status: number;
  readonly body: { readonly items?: readonly { readonly metadata: { readonly name: string } }[] };
}

function call(address: string, method: string, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${KUBERNETES_TOKEN}`, 'content-type': 'application/json' },
    };
    const asked = request(`https://${address}${path}`, options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => resolve({ status: answer.statusCode!, body: JSON.parse(text) as Answer['body'] }));
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test('a Deployment becomes pods, which wait for a node', async (t) => {
  const kubernetes = await useService('kubernetes', t);
  if (!kubernetes) return;
  const { address } = await kubernetes.start();
  const labels = { app: 'model' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'model', image: 'localhost/model' }] } };
  const deployment = {
    metadata: { name: 'model' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  };
  const made = await call(address, 'POST', '/apis/apps/v1/namespaces/default/deployments', deployment);
  assert.equal(made.status, 201);
  const endMs = performance.now() + 60_000;
  let pods: Answer['body']['items'] = [];
  while (pods.length < 2 && performance.now() < endMs) {
    pods = (await call(address, 'GET', '/api/v1/namespaces/default/pods')).body.items ?? [];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(pods.length, 2);
});
