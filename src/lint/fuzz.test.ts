import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, type ParserName, PARSERS } from './testing/fuzz.ts';

/** Far above what any of these inputs takes on a busy machine; quadratic work on them would be seen. */
const LIMIT_MS = 20_000;

for (const parser of Object.keys(PARSERS) as ParserName[]) {
  test(`spoilt ${parser} texts neither crash nor hold up the linter`, () => {
    const { inputs, findings } = fuzz(parser, 500, 7, LIMIT_MS);
    assert.equal(inputs, 500);
    assert(findings > 0, 'no input reached a rule');
  });
}
