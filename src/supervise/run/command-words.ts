// The words of a command that was given as one text.
import { splitWords } from '../../base/words.ts';

/** @param on what it was given for @throws LastcallError `usage` */
export function commandWords(text: string, on: string): [string, ...string[]] {
  const [program = '', ...words] = splitWords(text, on);
  return [program, ...words];
}
