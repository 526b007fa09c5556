import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { splitWords } from './words.ts';

const SAME_AS_SH = [
  'uvicorn app:app --port {port}',
  `python -c 'print("a  b")' "c 'd'" e\\ f`,
  `a""b '' "" x'y'z`,
  `say "a \\" b \\\\ c \\d" \\'`,
  'tabs\tand\nlines   here',
  'price 5$ "6$" $ a$.b',
];

test('words are those that sh makes of the same text', () => {
  for (const text of SAME_AS_SH) {
    const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${text.replaceAll('\n', ' ')}`], { encoding: 'utf8' });
    assert.deepEqual(splitWords(text, '--cmd'), stdout.split('\0').slice(0, -1), text);
  }
});

test('what needs a shell is refused with a sentence', () => {
  for (const text of [
    'a | b',
    'a && b',
    'echo $HOME',
    'echo "$HOME"',
    'a > b',
    'echo `id`',
    'echo $(id)',
    'a; b',
    'a &',
  ]) {
    assert.throws(() => splitWords(text, '--cmd'), /--cmd: . means something to a shell only/, text);
  }
  assert.deepEqual(splitWords(`sh -c 'echo $HOME | cat'`, '--cmd'), ['sh', '-c', 'echo $HOME | cat']);
});

test('open quotes and no words are refused', () => {
  assert.throws(() => splitWords(`a 'b`, '--cmd'), /the quote ' is not closed/);
  assert.throws(() => splitWords('a "b', '--cmd'), /the quote " is not closed/);
  assert.throws(() => splitWords('a \\', '--cmd'), /backslash/);
  assert.throws(() => splitWords('  ', '--cmd'), /the command is empty/);
});
