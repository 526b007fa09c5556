import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastcallError } from './errors.ts';
import { checkOptions, checkText } from './given.ts';

const KNOWN = { follow: true, poll: true } as const;

function refusal(check: () => void): string {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof LastcallError);
    assert.equal(error.code, 'usage');
    return error.message;
  }
  return 'taken';
}

test('a name that is not known is refused with the nearest one and all that are known', () => {
  const all = 'Known are: follow, poll.';
  assert.equal(
    refusal(() => checkOptions('jsonl', { poll: 1, folow: true }, KNOWN)),
    `jsonl: folow: there is no such option. Did you mean follow? ${all}`,
  );
  assert.equal(
    refusal(() => checkOptions('jsonl', { colour: true }, KNOWN)),
    `jsonl: colour: there is no such option. ${all}`,
  );
  assert.match(
    refusal(() => checkOptions('jsonl', { toString: 1 }, KNOWN)),
    /toString/,
  );
});

test('options that are missing, or are none, are refused', () => {
  const cases = [
    [undefined, /the options are missing/],
    [null, /null is no object/],
    ['follow', /"follow" is no object/],
    [7n, /a bigint is no object/],
    [[], /an array is no object/],
    [() => {}, /a function is no object/],
  ] as const;
  for (const [given, expected] of cases) {
    assert.match(
      refusal(() => checkOptions('jsonl', given, KNOWN)),
      expected,
    );
  }
});

test('known options, given or undefined, are taken', () => {
  for (const given of [{}, { follow: true }, { poll: undefined, follow: false }]) {
    assert.equal(
      refusal(() => checkOptions('jsonl', given, KNOWN)),
      'taken',
    );
  }
});

test('what is missing, empty or no text is refused as text', () => {
  const cases = [
    [undefined, 'sqlite: the name of a table is missing. Give it as text.'],
    ['', 'sqlite: "" is not the name of a table. Give it as text.'],
    [5, 'sqlite: 5 is not the name of a table. Give it as text.'],
    [null, 'sqlite: null is not the name of a table. Give it as text.'],
    [{}, 'sqlite: an object is not the name of a table. Give it as text.'],
    ['t', 'taken'],
  ] as const;
  for (const [given, expected] of cases)
    assert.equal(
      refusal(() => checkText('sqlite', given, 'the name of a table')),
      expected,
    );
});
