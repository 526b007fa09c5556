import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pipeline } from '../pipeline.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Source, StateDefinition } from '../ports.ts';
import { canonical, topologyDifference, topologyOf } from './topology.ts';

const source = { kind: 'array', identity: 'a', schema: { b: 1, a: 2 } } as Source<object>;
const counts = (window: string): StateDefinition<object> =>
  ({ kind: 'count', schema: { window } }) as StateDefinition<object>;

function defined(window: string, seed = 1): Pipeline {
  return pipeline('p', { source, state: { origin: counts(window) }, process: () => undefined, seed });
}

test('the same pipeline has the same topology, and code alone does not change it', () => {
  const other = pipeline('p', { source, state: { origin: counts('2h') }, process: () => [], codeVersion: 'v2' });
  assert.equal(topologyDifference(topologyOf(defined('2h')), topologyOf(other)), null);
});

test('a difference is told by name', () => {
  const stored = topologyOf(defined('2h'));
  assert.match(topologyDifference(stored, topologyOf(defined('3h')))!, /^state\.origin was .*"2h".* and is .*"3h"/);
  assert.match(topologyDifference(stored, topologyOf(defined('2h', 2)))!, /^seed was 1 and is 2$/);
  const without = pipeline('p', { source, process: () => undefined });
  assert.equal(topologyDifference(stored, topologyOf(without)), 'state.origin is gone');
  assert.equal(topologyDifference(topologyOf(without), stored), 'state.origin is new');
});

test('canonical text does not depend on the order of keys, and tells apart what JSON does not', () => {
  assert.equal(canonical({ b: [1, { d: 1, c: 2 }], a: null }), canonical({ a: null, b: [1, { c: 2, d: 1 }] }));
  assert.notEqual(canonical({ a: Number.NaN }), canonical({ a: null }));
  assert.notEqual(canonical({ a: 1n }), canonical({ a: 1 }));
});
