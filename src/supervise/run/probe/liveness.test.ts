import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../lifecycle/testing/until.ts';
import { serve } from '../../testing/serve.ts';
import { watchLiveness } from './liveness.ts';

test('three failures in a row are told once, with the last answer; fewer are forgiven', async (t) => {
  // Two failures, a good answer, then nothing but failures.
  const statuses = [500, 500, 200];
  const server = await serve(t, () => ({ status: statuses.shift() ?? 503, body: 'stuck' }));
  const over = new AbortController();
  t.after(() => over.abort());
  const told: { said: string; after: number }[] = [];
  const probe = { kind: 'http', url: `${server.base}/livez` } as const;
  watchLiveness(probe, process.env, over.signal, (said) => told.push({ said, after: server.asked.length }), 5);
  await until(() => told.length > 0, 'the verdict');
  assert.equal(told[0]!.after, 6);
  assert.match(told[0]!.said, /answered 503 "stuck"/);
});

test('who has ended is not asked any more', async (t) => {
  const server = await serve(t, () => ({ status: 200 }));
  const over = new AbortController();
  const probe = { kind: 'http', url: server.base } as const;
  watchLiveness(probe, process.env, over.signal, () => assert.fail('it was well'), 5);
  await until(() => server.asked.length >= 2, 'two questions');
  over.abort();
  const asked = server.asked.length;
  // One may be on its way; a second one would be another question.
  const other = await serve(t, () => ({ status: 200 }));
  const next = new AbortController();
  t.after(() => next.abort());
  watchLiveness({ kind: 'http', url: other.base }, process.env, next.signal, () => undefined, 5);
  await until(() => other.asked.length >= 3, 'three questions to somebody else');
  assert(server.asked.length <= asked + 1);
});
