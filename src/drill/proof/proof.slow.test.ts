import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prove } from './prove.ts';

test('every known mistake is found, and nobody who makes none is accused', async (t) => {
  const proof = await prove({
    each: 1,
    correct: 12,
    seed: 100,
    places: 2,
    named: '',
    progress: (text) => t.diagnostic(text),
  });
  assert.deepEqual(
    [...proof.mistakes, ...proof.correct].flatMap((it) => it.wrong.map((said) => `${it.name}: ${said}`)),
    [],
  );
  assert.ok(proof.ok);
});
