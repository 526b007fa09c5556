// Splits a command line into words as a POSIX shell does (quotes and backslashes), without one: nothing is expanded, and
// what only a shell could do is refused instead of being passed on as a strange argument.
import { LastcallError } from './errors.ts';

/** What a shell would act on. Brackets, stars and question marks stay as they are: URLs and JSON are full of them. */
const OPERATORS = '|&;<>()`';

/**
 * @param on what the text was given to, named in the error: `--cmd`
 * @throws LastcallError `usage` for no word, a quote that is not closed, or anything that needs a shell
 */
export function splitWords(text: string, on: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let index = 0;
  const character = (): string => text[index] ?? '';
  for (; index < text.length; index++) {
    if (/\s/.test(character())) {
      if (word !== null) words.push(word);
      word = null;
    } else if (character() === "'") {
      const end = text.indexOf("'", index + 1);
      if (end === -1) throw open("'", on);
      word = (word ?? '') + text.slice(index + 1, end);
      index = end;
    } else if (character() === '"') {
      word ??= '';
      for (index++; character() !== '"'; index++) {
        if (index >= text.length) throw open('"', on);
        if (character() === '\\' && '"\\$`'.includes(text[index + 1] ?? ' ')) index++;
        else if (character() === '`' || startsExpansion(text, index)) throw needsShell(character(), on);
        word += character();
      }
    } else if (character() === '\\') {
      if (index === text.length - 1) throw open('\\', on);
      index++;
      word = (word ?? '') + character();
    } else {
      if (OPERATORS.includes(character()) || startsExpansion(text, index)) throw needsShell(character(), on);
      word = (word ?? '') + character();
    }
  }
  if (word !== null) words.push(word);
  if (words.length > 0) return words;
  throw new LastcallError('usage', { what: 'the command is empty', on, todo: 'Write the program and its arguments.' });
}

/** `$NAME`, `${…}`, `$(…)`, and what a shell has beside them: `$1`, `$?`. A dollar before anything else is a dollar. */
function startsExpansion(text: string, index: number): boolean {
  return text[index] === '$' && /[\w{(?$!#@*-]/.test(text[index + 1] ?? ' ');
}

function open(quote: string, on: string): LastcallError {
  const what = quote === '\\' ? 'the command ends with a backslash' : `the quote ${quote} is not closed`;
  return new LastcallError('usage', { what, on, todo: 'Close it, or put a backslash before it.' });
}

function needsShell(what: string, on: string): LastcallError {
  return new LastcallError('usage', {
    what: `${what} means something to a shell only, and no shell runs here`,
    on,
    todo: `Put it in single quotes if it is meant as it is, or start a shell yourself: sh -c '…'.`,
  });
}
