// JSON for values of state: the same value is always the same text (keys sorted), and what JSON cannot say keeps its
// meaning: −0, NaN and infinities bit for bit, bigints, bytes. Being JSON, stored values can be read with SQL.
//
// An object with one key that begins with `$` stands for such a value; a plain object that looks like one is wrapped.
import { LastcallError } from '../../base/errors.ts';

/** What a value of state may be made of. */
export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** Deeper than this it is taken for a cycle. */
const DEPTH_MAX = 100;

/** @throws LastcallError `failed`, naming the place, for what is not plain: undefined, functions, Dates, cycles, … */
export function encodePlain(value: unknown, on: string): string {
  return encode(value, on, 0);
}

/** @throws SyntaxError for what `encodePlain` did not write */
export function decodePlain(text: string): Plain {
  return revive(JSON.parse(text) as Json);
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function encode(value: unknown, on: string, depth: number): string {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'bigint') return tagged('$bigint', String(value));
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value);
  if (value instanceof Uint8Array) return tagged('$bytes', Buffer.from(value).toString('base64'));
  if (typeof value !== 'object' || depth === DEPTH_MAX) throw notPlain(value, on, depth);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item: unknown, at) => encode(item, `${on}[${at}]`, depth + 1)).join(',')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notPlain(value, on, depth);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const members = fields.map(([key, field]) => {
    if (!key.isWellFormed()) throw notPlain(key, on, depth);
    return `${JSON.stringify(key)}:${encode(field, `${on}.${key}`, depth + 1)}`;
  });
  const text = `{${members.join(',')}}`;
  return looksTagged(fields.map(([key]) => key)) ? `{"$object":${text}}` : text;
}

function encodeNumber(value: number): string {
  if (Number.isFinite(value) && !Object.is(value, -0)) return String(value);
  return tagged('$number', Object.is(value, -0) ? '-0' : String(value));
}

function revive(value: Json): Plain {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const keys = Object.keys(value);
  if (!looksTagged(keys)) return reviveFields(value);
  const content = value[keys[0]!];
  if (keys[0] === '$object' && typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return reviveFields(content);
  }
  if (typeof content === 'string') {
    if (keys[0] === '$number') return Number(content);
    if (keys[0] === '$bigint') return BigInt(content);
    if (keys[0] === '$bytes') return new Uint8Array(Buffer.from(content, 'base64'));
  }
  throw new SyntaxError(`${keys[0]} is not known`);
}

function reviveFields(value: { [key: string]: Json }): { [key: string]: Plain } {
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, revive(field)]));
}

function looksTagged(keys: readonly string[]): boolean {
  return keys.length === 1 && keys[0]!.startsWith('$');
}

function tagged(tag: string, text: string): string {
  return `{"${tag}":${JSON.stringify(text)}}`;
}

function notPlain(value: unknown, on: string, depth: number): LastcallError {
  const what =
    depth === DEPTH_MAX
      ? `the value is nested more than ${DEPTH_MAX} deep`
      : `${typeof value === 'object' ? `a ${value!.constructor.name}` : typeof value} cannot be stored`;
  return new LastcallError('failed', {
    what,
    on,
    todo: 'Store numbers, well-formed text, booleans, null, bigints, Uint8Arrays, and arrays and plain objects of them; or give a codec.',
  });
}
