// Columns of an output table: their types, declared or taken from the first outputs, and the check that every later
// output has exactly these fields with values of these types.
import { LastcallError } from '../../../base/errors.ts';

/**
 * - `number`: any number but NaN; whole numbers are stored as integers
 * - `integer`: safe integers and 64-bit bigints; `real`: numbers but NaN
 * - `text`, `boolean` (0 or 1), `blob` (Uint8Array), `json` (arrays and plain objects, as text)
 */
export type SqlType = 'number' | 'integer' | 'real' | 'text' | 'boolean' | 'blob' | 'json';

/** SQLite's affinities: NUMERIC keeps 3 as an integer and 0.5 as a float. */
export const SQL_NAMES: Readonly<Record<SqlType, string>> = {
  number: 'NUMERIC',
  integer: 'INTEGER',
  real: 'REAL',
  text: 'TEXT',
  boolean: 'INTEGER',
  blob: 'BLOB',
  json: 'TEXT',
};

export type SqlValue = number | bigint | string | Uint8Array | null;

/** Name and type, in order; the type of an inferred column is null until a value that is not null was seen. */
export interface SqlColumn {
  readonly name: string;
  type: SqlType | null;
}

/** Columns of a table have at most this many, so that one row always fits a statement. */
const COLUMNS_MAX = 2_000;

/** @throws LastcallError `usage` for a name that SQL could not take or that differs from another only in case */
export function checkColumns(table: string, names: readonly string[]): void {
  const seen = new Set<string>();
  if (names.length === 0 || names.length > COLUMNS_MAX) {
    throw refuse(table, `an output with ${names.length} fields`, `Outputs have 1 to ${COLUMNS_MAX} fields.`);
  }
  for (const name of names) {
    if (name === '' || /["\0]/.test(name) || seen.has(name.toLowerCase())) {
      throw refuse(
        table,
        `field ${JSON.stringify(name)} cannot name a column`,
        'Rename it: SQL does not tell case apart.',
      );
    }
    seen.add(name.toLowerCase());
  }
}

/** Columns as the first output shows them. */
export function inferColumns(table: string, output: object): SqlColumn[] {
  const names = Object.keys(output);
  checkColumns(table, names);
  return names.map((name) => ({ name, type: null }));
}

/** The type that a value asks for, or null if none can hold it. */
function naturalType(value: unknown): SqlType | null {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'bigint') return 'integer';
  if (value instanceof Uint8Array) return 'blob';
  if (Array.isArray(value)) return 'json';
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  return prototype === Object.prototype || prototype === null ? 'json' : null;
}

/**
 * Appends an output's values in the order of the columns; appends nothing if it throws.
 * @throws LastcallError `failed` that names the field
 */
export function appendValues(table: string, columns: readonly SqlColumn[], output: object, values: SqlValue[]): void {
  const before = values.length;
  if (appendInOrder(columns, output, values)) return;
  values.length = before;
  try {
    for (const column of columns)
      values.push(sqlValue(table, column, (output as Record<string, unknown>)[column.name]));
    if (Object.keys(output).length !== columns.length) throw extraField(table, columns, output);
  } catch (error) {
    values.length = before;
    throw error;
  }
}

/**
 * The usual case, three times as fast: numbers and texts, in the order of the columns. Says whether it was that.
 * Reading fields by the loop's own name is what V8 makes a plain load of.
 */
function appendInOrder(columns: readonly SqlColumn[], output: object, values: SqlValue[]): boolean {
  let index = 0;
  for (const name in output) {
    const column = columns[index++];
    if (column === undefined || column.name !== name) return false;
    const value = (output as Record<string, unknown>)[name];
    if (typeof value === 'number') {
      if (column.type !== 'number' || Number.isNaN(value)) return false;
      values.push(value);
    } else if (typeof value === 'string' && column.type === 'text') values.push(value);
    else return false;
  }
  return index === columns.length;
}

function sqlValue(table: string, column: SqlColumn, value: unknown): SqlValue {
  if (value === null) return null;
  if (value === undefined) {
    throw refuse(
      table,
      `an output has no field ${column.name}`,
      'Give every output the same fields; use null for "no value".',
    );
  }
  const type = column.type ?? naturalType(value);
  const stored = type === null ? undefined : storedValue(type, value);
  if (stored === undefined) {
    const wanted = column.type === null ? 'no column type can hold it' : `the column is ${column.type}`;
    throw refuse(
      table,
      `field ${column.name} is ${describe(value)}, ${wanted}`,
      'Convert it in process, or declare columns.',
    );
  }
  column.type = type;
  return stored;
}

/** undefined: a value of this type cannot be `value`. */
function storedValue(type: SqlType, value: unknown): SqlValue | undefined {
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

function extraField(table: string, columns: readonly SqlColumn[], output: object): LastcallError {
  const known = new Set(columns.map(({ name }) => name));
  const extra = Object.keys(output).find((name) => !known.has(name)) ?? 'that is not its own';
  return refuse(
    table,
    `an output has a field ${extra} that the table does not have`,
    'Give every output the same fields, or use another table.',
  );
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return `a ${typeof value}`;
}

function refuse(table: string, what: string, todo: string): LastcallError {
  return new LastcallError('failed', { what, on: `table ${table}`, todo });
}
