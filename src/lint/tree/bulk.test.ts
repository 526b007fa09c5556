import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lint } from '../testing/lint.ts';
import { mayBeOurs, withoutBulk } from './bulk.ts';

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\ndata: { script: "x" }\n';
const POD =
  'apiVersion: v1\nkind: Pod\nspec:\n  terminationGracePeriodSeconds: 0\n  containers: [{ name: p, image: example/p }]\n';

test('long kinds that say nothing of endings become blanks, and every place stays what it was', () => {
  const text = `${CONFIG}---\r\n${POD}--- # next\n${CONFIG}`;
  const plain = withoutBulk(text);
  assert.equal(plain.length, text.length);
  assert.equal(plain.indexOf('kind: Pod'), text.indexOf('kind: Pod'));
  assert(!plain.includes('ConfigMap'));
  assert.deepEqual(lint({ 'a.yaml': text }).places, [`grace-zero@${4 + 4}`]);
});

test('a pod that mentions a ConfigMap is read', () => {
  const text = POD.replace(
    '  containers',
    '  volumes: [{ name: c, configMap: { name: kind: ConfigMap } }]\n  containers'.replace('kind: ConfigMap', 'x'),
  );
  assert.deepEqual(lint({ 'a.yaml': text }).places, ['grace-zero@4']);
});

test('data, API descriptions and workflows are not parsed', () => {
  for (const text of [
    'openapi: 3.1.0\npaths: {}',
    'jobs:\n  a:\n    services: {}\n',
    '{"image": "a.png", "name": "x"}',
    'a: 1',
  ])
    assert.equal(mayBeOurs(text), false, text);
  for (const text of [
    CONFIG,
    '{"apiVersion":"v1"}',
    'services:\n  a: {}',
    '{"containerDefinitions":[]}',
    '[{"image":"x","essential":true}]',
  ])
    assert.equal(mayBeOurs(text), true, text);
});
