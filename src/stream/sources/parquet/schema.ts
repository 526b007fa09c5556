// Which columns a program asked for, checked against what the file has: unknown names, types that cannot be, and nulls
// where none were declared are errors before the first record is read.
import { parquetSchema, type FileMetaData, type SchemaTree } from 'hyparquet';
import { LastcallError } from '../../../base/errors.ts';
import { canBeReadAs, naturalKind, type ValueKind } from './values.ts';

/**
 * Type of a column as a program declares it; `?` lets values be null.
 * - `number`: any integer, float or decimal; integers beyond 2^53 are an error
 * - `bigint`: 64-bit integers
 * - `time`: timestamps and dates, as milliseconds since 1970-01-01T00:00:00Z (with fraction)
 * - `string`, `boolean`, `bytes` (Uint8Array)
 * - `any`: lists, maps, structs and JSON, as plain objects and arrays
 */
export type ColumnType = ValueKind | `${ValueKind}?`;

/** The value that a column of this type has in a row. */
export type ColumnValue<Type extends ColumnType> = Type extends `${infer Kind extends ValueKind}?`
  ? ValueOf<Kind> | null
  : Type extends ValueKind
    ? ValueOf<Type>
    : never;

interface ValueOfKind {
  number: number;
  bigint: bigint;
  time: number;
  boolean: boolean;
  string: string;
  bytes: Uint8Array;
  any: unknown;
}
type ValueOf<Kind extends ValueKind> = ValueOfKind[Kind];

/** One column to read. */
export interface ColumnPlan {
  readonly name: string;
  readonly kind: ValueKind;
  /** Declared without `?`: a null is an error. */
  readonly required: boolean;
  readonly node: SchemaTree;
  /** Lists, maps and structs: decoded a whole row group at a time. */
  readonly nested: boolean;
}

/** Names with their types; null where the program gave only names. */
export type RequestedColumns = ReadonlyMap<string, ColumnType | null>;

/** @throws LastcallError `usage` if a column is not there or is not what was declared */
export function planColumns(path: string, metadata: FileMetaData, requested: RequestedColumns | null): ColumnPlan[] {
  const { children } = parquetSchema(metadata);
  const names = requested ?? new Map(children.map(({ element }) => [element.name, null]));
  return [...names].map(([name, type]) => {
    const node = children.find(({ element }) => element.name === name);
    if (!node) throw noSuchColumn(path, name, children);
    return planColumn(path, metadata, node, type);
  });
}

function planColumn(path: string, metadata: FileMetaData, node: SchemaTree, type: ColumnType | null): ColumnPlan {
  const { name, repetition_type: repetition } = node.element;
  const nested = node.children.length > 0 || repetition === 'REPEATED';
  const natural = nested ? 'any' : naturalKind(node.element);
  const kind = type === null ? natural : (type.replace('?', '') as ValueKind);
  if (kind !== 'any' && (nested || !canBeReadAs(node.element, kind))) {
    throw new LastcallError('usage', {
      what: `column ${name} holds ${natural}, it was declared ${kind}`,
      on: path,
      todo: `Declare it '${natural}'.`,
    });
  }
  const required = type !== null && !type.endsWith('?');
  if (required && countedNulls(metadata, name) > 0) throw holdsNull(path, name, kind);
  return { name, kind: kind === 'any' ? natural : kind, required, node, nested };
}

/** A null in a column that was declared without `?`. */
export function holdsNull(on: string, name: string, kind: ValueKind): LastcallError {
  return new LastcallError('usage', {
    what: `column ${name} holds null, it was declared ${kind}`,
    on,
    todo: `Declare it '${kind}?' and handle null in process.`,
  });
}

/** Nulls that the statistics tell of; files without statistics are checked as they are read. */
function countedNulls(metadata: FileMetaData, name: string): number {
  let nulls = 0;
  for (const group of metadata.row_groups) {
    for (const { meta_data: chunk } of group.columns) {
      if (chunk?.path_in_schema.join('.') === name) nulls += Number(chunk.statistics?.null_count ?? 0);
    }
  }
  return nulls;
}

function noSuchColumn(path: string, name: string, children: readonly SchemaTree[]): LastcallError {
  return new LastcallError('usage', {
    what: `there is no column ${name}`,
    on: path,
    todo: `It has: ${children.map(({ element }) => element.name).join(', ')}.`,
  });
}
