// Keys of state as text. `5` and `'5'` are one key, so that a pipeline counts the same whether its source is typed
// (Parquet) or not (CSV). The order of keys is that of their UTF-8 bytes, which is also SQLite's.
import { LastcallError } from '../../base/errors.ts';
import { checkText } from '../../base/given.ts';

/** What a record may be keyed by. */
export type StateKey = string | number | bigint | boolean;

/** How a record gets its key: the name of a field, or a function of the record. */
export type KeyBy<Row> = (keyof Row & string) | ((row: Row) => StateKey);

/**
 * The key as text.
 * @throws LastcallError `failed` for null, undefined, NaN, infinities and objects
 */
export function keyText(key: unknown, on: string): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'bigint' || typeof key === 'boolean') return String(key);
  if (typeof key === 'number' && Number.isFinite(key)) return String(key);
  throw new LastcallError('failed', {
    what: `a key must be text, a finite number, a bigint or a boolean, and this one is ${describe(key)}`,
    on,
    todo: 'Choose a key that every record has, or replace what is missing, such as `by: (row) => row.origin ?? "none"`.',
  });
}

/** Compiles `by` into a function from record to text. @throws LastcallError `usage` for what is neither */
export function keyReader<Row>(by: KeyBy<Row>, on: string): (row: Row) => string {
  if (typeof by === 'function') return (row) => keyText(by(row), on);
  checkText(on, by, 'the name of a field, or a function,');
  return (row) => keyText(row[by], `${on}.${by}`);
}

/** @throws LastcallError `failed` for text with unpaired surrogates: it has no UTF-8, so two such keys would become one */
export function checkKey(key: string, on: string): void {
  if (key.isWellFormed()) return;
  throw new LastcallError('failed', {
    what: `the key ${JSON.stringify(key)} holds half a character (an unpaired surrogate)`,
    on,
    todo: 'Decode the text properly, or pass it through `toWellFormed()`.',
  });
}

/** Order of keys by their UTF-8 bytes; for well-formed text the same as by code points. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // Surrogates stand for code points above every other unit, though their own numbers are lower than some.
    return surrogatesLast(a) - surrogatesLast(b);
  }
  return left.length - right.length;
}

function surrogatesLast(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  return `of type ${typeof value}`;
}
