// What programs give, checked where they give it. Programs run without a type check, and an option that nobody reads
// would be a rule that is quietly not there.
import { LastcallError } from './errors.ts';
import { suggestion } from './nearest.ts';

/** The names of all options of a type: one that is forgotten here, or does not exist, is a type error. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Refuses what is no object, and names that are not known.
 * @param on what the options were given to, named in the error before the option
 * @throws LastcallError `usage` that names the option and the known one that was most likely meant
 */
export function checkOptions(on: string, options: unknown, known: Readonly<Record<string, true>>): void {
  const names = Object.keys(known);
  const list = `Known are: ${names.join(', ')}.`;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const what = options === undefined ? 'the options are missing' : `${describe(options)} is no object with options`;
    throw new LastcallError('usage', { what, on, todo: list });
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw new LastcallError('usage', {
    what: 'there is no such option',
    on: `${on}: ${unknown}`,
    todo: suggestion(unknown, names, list),
  });
}

/** @param what it should be, such as `the path of a file` @throws LastcallError `usage` for what is no text, or empty */
export function checkText(on: string, given: unknown, what: string): void {
  if (typeof given === 'string' && given !== '') return;
  throw new LastcallError('usage', {
    what: given === undefined ? `${what} is missing` : `${describe(given)} is not ${what}`,
    on,
    todo: 'Give it as text.',
  });
}

function describe(given: unknown): string {
  if (Array.isArray(given)) return 'an array';
  if (typeof given === 'object') return given === null ? 'null' : 'an object';
  return ['string', 'number', 'boolean'].includes(typeof given) ? JSON.stringify(given) : `a ${typeof given}`;
}
