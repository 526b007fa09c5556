// Splits a command as a POSIX shell would split it into words, without being one: quotes and backslashes are understood,
// and nothing is expanded, substituted, globbed or redirected. What only a shell can do is refused, so that it does not
// become a strange argument.
import { LastcallError } from '../../base/errors.ts';

/** What a shell would act on outside of quotes. */
const FOR_SHELLS = /[|&;<>()$`*?[\]{}~#\n]/;

/**
 * The words of `text`, at least one.
 * @param on what it was given for, named in the error
 * @throws LastcallError `usage` for an open quote, no words, or something that only a shell understands
 */
export function splitWords(text: string, on: string): [string, ...string[]] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === ' ' || character === '\t') {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    const piece = pieceAt(text, at, on, word === null);
    word = (word ?? '') + piece.value;
    at = piece.last;
  }
  if (word !== null) words.push(word);
  const [first, ...rest] = words;
  if (first === undefined) throw wrong('there is no command', on, 'Write one, such as "python reward.py".');
  return [first, ...rest];
}

interface Piece {
  readonly value: string;
  /** Index of its last character. */
  readonly last: number;
}

function pieceAt(text: string, at: number, on: string, begins: boolean): Piece {
  const character = text[at]!;
  if (character === "'") return singleQuoted(text, at, on);
  if (character === '"') return doubleQuoted(text, at, on);
  if (character === '\\') {
    const next = text[at + 1];
    if (next === undefined) throw wrong('it ends in a backslash', on, 'Write two for one.');
    return { value: next, last: at + 1 };
  }
  // Within a word, these two mean nothing to a shell either.
  const harmless = !begins && (character === '~' || character === '#');
  if (FOR_SHELLS.test(character) && !harmless) {
    const todo = `Quote it, or run a shell yourself: sh -c '…'.`;
    throw wrong(`${JSON.stringify(character)} is for a shell, and there is none here`, on, todo);
  }
  return { value: character, last: at };
}

function singleQuoted(text: string, at: number, on: string): Piece {
  const end = text.indexOf("'", at + 1);
  if (end < 0) throw openQuote("'", on);
  return { value: text.slice(at + 1, end), last: end };
}

/** A backslash counts before `"`, `\`, `$` and a back quote only; the latter two have to have one. */
function doubleQuoted(text: string, at: number, on: string): Piece {
  let value = '';
  for (let index = at + 1; index < text.length; index++) {
    const character = text[index]!;
    if (character === '"') return { value, last: index };
    const next = text[index + 1];
    if (character === '\\' && next !== undefined && '"\\$`'.includes(next)) {
      value += next;
      index++;
    } else if (character === '$' || character === '`') {
      const todo = `Use single quotes, or run a shell yourself: sh -c '…'.`;
      throw wrong(`${JSON.stringify(character)} is for a shell, and there is none here`, on, todo);
    } else value += character;
  }
  throw openQuote('"', on);
}

function openQuote(quote: string, on: string): LastcallError {
  return wrong(`a quote (${quote}) is not closed`, on, 'Close it.');
}

function wrong(what: string, on: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
