// A sample of the proof; `npm run drill:proof` is the whole of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MISTAKES } from './mistakes.ts';
import { prove } from './prove.ts';

const SAMPLE = ['exits-at-once', 'closes-listener-first', 'leaves-a-child', 'loses-acknowledged-work'];

test('known mistakes are found', async () => {
  for (const name of SAMPLE) {
    const { mistakes } = await prove({ each: 1, correct: 0, seed: 1, places: 1, named: name, progress: () => {} });
    assert.deepEqual(
      mistakes.flatMap((it) => it.wrong),
      [],
    );
    assert.equal(mistakes.length, 1);
  }
});

test('services that end well are not accused', async () => {
  const { correct } = await prove({ each: 0, correct: 3, seed: 1, places: 1, named: '', progress: () => {} });
  assert.deepEqual(
    correct.flatMap((it) => it.wrong),
    [],
  );
});

test('the sample is among at least twenty mistakes, each with a name of its own', () => {
  const names = MISTAKES.map((it) => it.name);
  assert.ok(new Set(names).size === names.length && names.length >= 20);
  assert.ok(SAMPLE.every((name) => names.includes(name)));
});
