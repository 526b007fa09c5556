// Fields of outputs where they become columns: their types, declared or taken from the first outputs, and the check that
// every later output has exactly these fields with values of these types.
import { LastcallError } from '../../base/errors.ts';

/**
 * - `number`: any number but NaN; whole numbers are stored as integers
 * - `integer`: safe integers and 64-bit bigints; `real`: numbers but NaN
 * - `text`, `boolean` (0 or 1), `blob` (Uint8Array), `json` (arrays and plain objects, as text)
 */
export type FieldType = 'number' | 'integer' | 'real' | 'text' | 'boolean' | 'blob' | 'json';

/** What a column keeps of a value. */
export type StoredValue = number | bigint | string | Uint8Array | null;

/** Name and type, in order; the type of an inferred field is null until a value that is not null was seen. */
export interface Field {
  readonly name: string;
  type: FieldType | null;
}

/** Fields of an output; it bounds the parameters of a statement. */
const FIELDS_MAX = 2_000;

/**
 * @param on the sink, for people
 * @throws LastcallError `failed` for a name that SQL could not take or that differs from another only in case
 */
export function checkFieldNames(on: string, names: readonly string[]): void {
  const seen = new Set<string>();
  if (names.length === 0 || names.length > FIELDS_MAX) {
    throw refuse(on, `an output with ${names.length} fields`, `Outputs have 1 to ${FIELDS_MAX} fields.`);
  }
  for (const name of names) {
    if (name === '' || /["\0]/.test(name) || seen.has(name.toLowerCase())) {
      throw refuse(
        on,
        `field ${JSON.stringify(name)} cannot name a column`,
        'Rename it: SQL does not tell case apart.',
      );
    }
    seen.add(name.toLowerCase());
  }
}

/** Fields as the first output shows them. */
export function inferFields(on: string, output: object): Field[] {
  const names = Object.keys(output);
  checkFieldNames(on, names);
  return names.map((name) => ({ name, type: null }));
}

/** All types known. @throws LastcallError `failed` that names a field of which only nulls were seen */
export function requireTypes(on: string, fields: readonly Field[]): void {
  const unknown = fields.find(({ type }) => type === null);
  if (!unknown) return;
  throw refuse(
    on,
    `field ${unknown.name} is null in all outputs of the first commit, so its type is not known`,
    'Declare the columns of the sink.',
  );
}

/**
 * Puts an output's values into `values` from `at` on, in the order of the fields.
 * @throws LastcallError `failed` that names the field; what it wrote before is of no meaning then
 */
export function putValues(
  on: string,
  fields: readonly Field[],
  output: object,
  values: StoredValue[],
  at: number,
): void {
  if (putInOrder(fields, output, values, at)) return;
  for (const [index, value] of storedValues(on, fields, output).entries()) values[at + index] = value;
}

/**
 * The usual case, three times as fast: values of the fields' types, in the order of the fields. Says whether it was that.
 * Reading fields by the loop's own name is what V8 makes a plain load of.
 */
function putInOrder(fields: readonly Field[], output: object, values: StoredValue[], at: number): boolean {
  let index = 0;
  for (const name in output) {
    const field = fields[index];
    if (field === undefined || field.name !== name) return false;
    const value = (output as Record<string, unknown>)[name];
    if (typeof value === 'number') {
      if (!isNumberOf(field.type, value)) return false;
      values[at + index] = value;
    } else if (typeof value === 'string' && field.type === 'text') values[at + index] = value;
    else if (typeof value === 'boolean' && field.type === 'boolean') values[at + index] = value ? 1 : 0;
    else return false;
    index++;
  }
  return index === fields.length;
}

/** Whether a column of this type, one for numbers, takes `value` as it is. */
export function isNumberOf(type: FieldType | null, value: number): boolean {
  if (type === 'number' || type === 'real') return !Number.isNaN(value);
  return type === 'integer' && Number.isSafeInteger(value);
}

/**
 * An output's values in the order of the fields, which learn their types from it.
 * @throws LastcallError `failed` that names the field; the fields are then as before
 */
export function storedValues(on: string, fields: readonly Field[], output: object): StoredValue[] {
  const types: (FieldType | null)[] = [];
  const values = fields.map((field) => {
    const value = (output as Record<string, unknown>)[field.name];
    const type = field.type ?? naturalType(value);
    types.push(type);
    return storedValue(on, field, type, value);
  });
  if (Object.keys(output).length !== fields.length) throw extraField(on, fields, output);
  for (const [index, field] of fields.entries()) field.type = types[index]!;
  return values;
}

function storedValue(on: string, field: Field, type: FieldType | null, value: unknown): StoredValue {
  if (value === null) return null;
  if (value === undefined) {
    const todo = 'Give every output the same fields; use null for "no value".';
    throw refuse(on, `an output has no field ${field.name}`, todo);
  }
  const stored = type === null ? undefined : asType(type, value);
  if (stored !== undefined) return stored;
  const wanted = field.type === null ? 'no column type can hold it' : `the column is ${field.type}`;
  throw refuse(
    on,
    `field ${field.name} is ${describe(value)}, ${wanted}`,
    'Convert it in process, or declare columns.',
  );
}

/** The type that a value asks for; null if none can hold it, or it is null. */
function naturalType(value: unknown): FieldType | null {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'bigint') return 'integer';
  if (value instanceof Uint8Array) return 'blob';
  if (Array.isArray(value)) return 'json';
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  return prototype === Object.prototype || prototype === null ? 'json' : null;
}

/** undefined: a value of this type cannot be `value`. */
function asType(type: FieldType, value: unknown): StoredValue | undefined {
  switch (type) {
    case 'number':
    case 'real':
      return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
    case 'integer':
      if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : undefined;
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? Number(value) : undefined;
    case 'blob':
      return value instanceof Uint8Array ? Uint8Array.from(value) : undefined;
    case 'json':
      return JSON.stringify(value);
  }
}

function extraField(on: string, fields: readonly Field[], output: object): LastcallError {
  const known = new Set(fields.map(({ name }) => name));
  const extra = Object.keys(output).find((name) => !known.has(name)) ?? 'that is not its own';
  const todo = 'Give every output the same fields, or use another sink.';
  return refuse(on, `an output has a field ${extra} that the first outputs did not have`, todo);
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return `a ${typeof value}`;
}

function refuse(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('failed', { what, on, todo });
}
