import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readShell, splitWords } from './shell.ts';

/** Words of each command, what follows it, and how deep it stands. */
function read(text: string): string[] {
  return readShell(text).commands.map(
    ({ words, then, depth }) => `${words.join(' ')}${then && ` ${then}`}${depth > 0 ? ` @${depth}` : ''}`,
  );
}

test('commands are told apart by operators and line feeds', () => {
  assert.deepEqual(read('a 1 && b || c; d | e & f\ng'), ['a 1 &&', 'b ||', 'c ;', 'd |', 'e &', 'f ;', 'g']);
});

test('quotes, escapes and continued lines make one word; operators in them mean nothing', () => {
  assert.deepEqual(readShell(`run "a && b" 'c; d' e\\ f \\\n  "g"h`).commands[0]!.words, [
    'run',
    'a && b',
    'c; d',
    'e f',
    'gh',
  ]);
});

test('substitutions stay as they are written', () => {
  assert.deepEqual(readShell('run $(cat a; echo b) ${X:-y z} `date`').commands[0]!.words, [
    'run',
    '$(cat a; echo b)',
    '${X:-y z}',
    '`date`',
  ]);
});

test('what stands in a block, a function or a subshell is deeper than the top', () => {
  assert.deepEqual(read('if true; then a; else b; fi\nc'), ['true ; @1', 'a ; @1', 'b ; @1', 'c']);
  assert.deepEqual(read('f() { a; }\nwhile x; do y; done; (z)'), ['a ; @1', 'x ; @1', 'y ; @1', 'z ; @1']);
  assert.deepEqual(read('case $1 in\n  a) b ;;\nesac\nc'), ['case $1 in ; @1', 'a ; @1', 'b ; @1', 'c']);
});

test('redirections are no words, and heredocs are passed over', () => {
  const { commands } = readShell('cat <<EOF > out 2>&1\nnot; a && command\nEOF\nnext 2>/dev/null');
  assert.deepEqual(
    commands.map(({ words }) => words),
    [['cat'], ['next']],
  );
  assert.deepEqual(
    commands.map(({ redirects }) => redirects),
    [true, true],
  );
});

test('words of a line that no shell runs are split at blanks and grouped by quotes alone', () => {
  assert.deepEqual(splitWords(`a "b c" 'd "e"' f\\ g && h`), ['a', 'b c', 'd "e"', 'f g', '&&', 'h']);
});
