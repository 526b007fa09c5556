import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LastcallError } from '../../../base/errors.ts';
import { check, parseAssertion } from './expression.ts';

const NAMES = ['dropped', 'leftovers', 'exitMs', 'lost'];
const VALUES = { dropped: 0, leftovers: 2, exitMs: 900, lost: null };

function holds(text: string): boolean {
  return check(parseAssertion(text, NAMES), VALUES).holds;
}

test('assertions say what they say in JavaScript', () => {
  const cases = [
    'dropped == 0 && exitMs < 5000',
    'dropped==0 && leftovers==0',
    'dropped > 0 || leftovers > 1',
    '!(dropped > 0)',
    '!dropped',
    '-leftovers < -1',
    'exitMs / 2 - leftovers * 10 == 430',
    'exitMs - 100 - 100 == 700',
    '1 + 2 * 3 == 7 && (1 + 2) * 3 == 9',
    'true && !false',
    'leftovers >= 2 && leftovers <= 2 && leftovers != 3',
    'dropped || leftovers && 0',
  ];
  for (const text of cases) {
    const inJavaScript = text.replaceAll(/dropped|leftovers|exitMs/g, (name) => `(${VALUES[name as 'dropped']})`);
    // oxlint-disable-next-line no-eval -- the reference, with nothing but numbers in it
    assert.equal(holds(text), Boolean(eval(inJavaScript)), text);
  }
});

test('a name that was not measured makes it fail, and says so', () => {
  const { holds, why } = check(parseAssertion('lost == 0 || dropped == 0', NAMES), VALUES);
  assert.equal(holds, false);
  assert.equal(why, 'lost was not measured');
});

test('mistakes are refused with what is wrong', () => {
  assert.throws(() => parseAssertion('droped == 0', NAMES), /--assert: "droped" is no measure. Did you mean dropped\?/);
  assert.throws(() => parseAssertion('dropped = 0', NAMES), /is not understood/);
  assert.throws(() => parseAssertion('dropped == ', NAMES), /ends too early/);
  assert.throws(() => parseAssertion('(dropped == 0', NAMES), /parenthesis that is not closed/);
  assert.throws(() => parseAssertion('dropped == 0 0', NAMES), /where it should end/);
  assert.throws(() => parseAssertion('constructor', NAMES), /is no measure/);
  assert.throws(() => parseAssertion(`${'('.repeat(900)}1`, NAMES), /too many parts/);
  assert.throws(() => parseAssertion('process.exit(1)', NAMES), LastcallError);
});

test('any text is an assertion or a usage error, and nothing else happens', () => {
  const pieces = fc.constantFrom(
    'dropped',
    '0',
    '==',
    '&&',
    '||',
    '!',
    '-',
    '(',
    ')',
    '<',
    ' ',
    '*',
    '/',
    'x',
    '"',
    '\n',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        holds(text);
      } catch (error) {
        assert(error instanceof LastcallError && error.code === 'usage', text);
      }
    }),
    { numRuns: 3_000 },
  );
});
