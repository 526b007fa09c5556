import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitWords } from './words.ts';

test('words are what a real shell makes of the same text', () => {
  const piece = fc.constantFrom(
    'a',
    'B',
    '=',
    '-',
    ' ',
    '  ',
    '\\ ',
    '\\\\',
    "'x y'",
    '"x  y"',
    '"q\\"q"',
    "'$HOME'",
    '"\\$x"',
    '"\\n"',
    "''",
    '\\$',
    'é',
    '#',
    '~',
    '%',
  );
  const texts = fc
    .sample(fc.array(piece, { minLength: 1, maxLength: 8 }), { numRuns: 200, seed: 7 })
    .map((pieces) => pieces.join(''));
  const good = texts.flatMap((text) => {
    try {
      return [[text, splitWords(text, '--with')] as const];
    } catch {
      return [];
    }
  });
  assert(good.length > 100);
  const script = good
    .map(([text]) => `for word in ${text}; do printf '%s\\0' "$word"; done; printf '\\1\\0'`)
    .join('\n');
  const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\u0001\0').slice(0, -1);
  assert.deepEqual(
    words.map((line) => line.split('\0').slice(0, -1)),
    good.map(([, split]) => split),
  );
});

test('what only a shell could do is refused with what to do instead', () => {
  for (const text of ['a | b', 'a && b', 'echo $HOME', 'ls *.py', 'a > b', '`x`', '"$x"', '~/bin/x', 'a; b']) {
    assert.throws(() => splitWords(text, '--with reward'), /--with reward: .* is for a shell.*sh -c/, text);
  }
});

test('an open quote, a lone backslash and nothing at all are refused', () => {
  assert.throws(() => splitWords("python 'a", '--with'), /a quote \('\) is not closed/);
  assert.throws(() => splitWords('python "a', '--with'), /a quote \("\) is not closed/);
  assert.throws(() => splitWords('python \\', '--with'), /ends in a backslash/);
  assert.throws(() => splitWords('  ', '--with'), /there is no command/);
});
