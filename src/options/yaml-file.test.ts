import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { LastcallError } from '../base/errors.ts';
import { checkYaml, parseYaml } from './yaml-file.ts';

const SCHEMA = z.strictObject({
  name: z.string(),
  routes: z.array(z.strictObject({ path: z.string(), weight: z.number().min(0).optional() })).default([]),
});

function check(text: string): unknown {
  return checkYaml(parseYaml(text, 'rules.yaml')[0]!, SCHEMA);
}

function refusal(text: string): string {
  try {
    check(text);
  } catch (error) {
    assert(error instanceof LastcallError);
    return error.message;
  }
  return assert.fail('it was taken');
}

test('a document that fits its schema comes out as the schema says', () => {
  assert.deepEqual(check('name: a\nroutes:\n  - path: /x\n'), { name: 'a', routes: [{ path: '/x' }] });
  assert.deepEqual(check('name: a'), { name: 'a', routes: [] });
});

test('what is wrong is named with file, line and field, and the key that was meant', () => {
  assert.match(
    refusal('name: a\nroutes:\n  - path: /x\n    wieght: 3\n'),
    /^rules\.yaml:4, routes\.0\.wieght: .*Did you mean weight\?/,
  );
  assert.match(refusal('name: a\nroutes:\n  - path: /x\n  - path: 7\n'), /^rules\.yaml:4, routes\.1\.path: /);
  assert.match(refusal('routes: []\n'), /^rules\.yaml:1, name: /);
  assert.match(refusal(''), /^rules\.yaml(:1)?, name: /);
});

test('several problems are named at once, a great many are counted', () => {
  const message = refusal(`name: a\nroutes:\n${'  - path: 1\n'.repeat(9)}`);
  assert.match(message, /rules\.yaml:3, .*; rules\.yaml:4, .*and 4 more/);
});

test('aliases, deep nesting, doubled keys and broken YAML are refused with their line', () => {
  assert.match(refusal('name: &a x\nroutes: *a\n'), /^rules\.yaml:2: aliases are not read here/);
  assert.match(refusal(`name: a\nroutes: ${'['.repeat(40)}${']'.repeat(40)}`), /more than 16 levels/);
  assert.match(refusal('['.repeat(100_000)), /more than 16 levels/);
  assert.match(refusal('name: a\nname: b\n'), /^rules\.yaml:2: .*unique/);
  assert.match(refusal('name: [a\nroutes: 3'), /^rules\.yaml:\d/);
});

test('of a choice of forms, the one that was meant says what is wrong with it', () => {
  const forms = z.strictObject({
    do: z.union([
      z.strictObject({ http: z.strictObject({ url: z.string(), times: z.number().default(1) }) }),
      z.strictObject({ command: z.strictObject({ argv: z.array(z.string()) }) }),
    ]),
  });
  const problem = (text: string): string => {
    try {
      checkYaml(parseYaml(text, 'a.yaml')[0]!, forms);
    } catch (error) {
      return String(error);
    }
    return assert.fail('it was taken');
  };
  assert.match(problem('do:\n  http: { url: 7 }\n'), /a\.yaml:2, do\.http\.url: .*expected string/);
  assert.match(
    problem('do:\n  command:\n    argv: [a]\n    arg: b\n'),
    /a\.yaml:4, do\.command\.arg: this key is unknown/,
  );
});
