// What a column's values are for the program: the five kinds of column, how the file's types map to them, and the
// conversion of decoded physical values. Numbers are always Float64Array, so that a step that reads them stays
// monomorphic whatever the file stores.
import type { DecodedArray, SchemaElement } from 'hyparquet';
import { convert, parseDecimal, parseFloat16 } from 'hyparquet/src/convert.js';
import type { readPage } from 'hyparquet/src/column.js';

/** Settings with which hyparquet decodes one column. */
export type ColumnDecoder = Parameters<typeof readPage>[2];

/** Kinds of column: `time` is milliseconds since 1970 (fractional); `any` is whatever a nested column holds. */
export type ValueKind = 'number' | 'bigint' | 'time' | 'boolean' | 'string' | 'bytes' | 'any';

/** Values of a column without nulls. */
export type Values = Float64Array | BigInt64Array | unknown[];

/** The kind that a leaf of the schema has unless the program says otherwise. */
export function naturalKind(element: SchemaElement): ValueKind {
  const logical = element.logical_type?.type;
  const converted = element.converted_type;
  if (isTime(element)) return 'time';
  if (logical === 'JSON' || converted === 'JSON' || logical === 'GEOMETRY' || logical === 'GEOGRAPHY') return 'any';
  if (converted === 'DECIMAL' || logical === 'DECIMAL' || logical === 'FLOAT16') return 'number';
  if (logical === 'STRING' || logical === 'ENUM' || logical === 'UUID') return 'string';
  if (converted === 'UTF8' || converted === 'ENUM') return 'string';
  if (element.type === 'BOOLEAN') return 'boolean';
  if (element.type === 'BYTE_ARRAY' || element.type === 'FIXED_LEN_BYTE_ARRAY') return 'bytes';
  return 'number';
}

/** Other kinds that the same leaf can be read as. */
export function canBeReadAs(element: SchemaElement, kind: ValueKind): boolean {
  const natural = naturalKind(element);
  if (kind === natural) return true;
  if (kind === 'bigint') return element.type === 'INT64' && element.converted_type !== 'DECIMAL';
  if (kind === 'number') return element.type === 'INT64' || element.type === 'INT32';
  if (kind === 'time') return natural === 'number' && element.type === 'INT64';
  return kind === 'string' && element.type === 'BYTE_ARRAY';
}

/**
 * Values of `kind` from what a page or dictionary holds physically.
 * @throws RangeError if an integer is not safe in a number
 */
export function toValues(raw: DecodedArray, kind: ValueKind, decoder: ColumnDecoder): Values {
  if (kind === 'bigint') return raw as BigInt64Array;
  if (kind === 'number') return toNumbers(raw, decoder.element);
  if (kind === 'time') return toMilliseconds(raw, decoder.element);
  if (kind === 'bytes') return raw as unknown[];
  if (kind === 'string' && decoder.element.logical_type?.type !== 'UUID') return toStrings(raw as Uint8Array[]);
  return convert(raw, decoder) as unknown[];
}

function isTime({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  if (logical?.type === 'TIMESTAMP' || logical?.type === 'DATE' || type === 'INT96') return true;
  return converted === 'DATE' || converted === 'TIMESTAMP_MILLIS' || converted === 'TIMESTAMP_MICROS';
}

function toNumbers(raw: DecodedArray, element: SchemaElement): Float64Array {
  if (raw instanceof Float64Array) return raw;
  const { logical_type: logical, converted_type: converted } = element;
  const numbers = new Float64Array(raw.length);
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') {
    const factor = 10 ** -(element.scale ?? 0);
    for (let index = 0; index < numbers.length; index++) {
      const value: unknown = raw[index];
      numbers[index] = (value instanceof Uint8Array ? parseDecimal(value) : Number(value)) * factor;
    }
    return numbers;
  }
  if (logical?.type === 'FLOAT16') {
    for (let index = 0; index < numbers.length; index++) numbers[index] = parseFloat16(raw[index]) ?? NaN;
    return numbers;
  }
  const unsigned = converted?.startsWith('UINT_') === true || (logical?.type === 'INTEGER' && !logical.isSigned);
  if (raw instanceof BigInt64Array) {
    const nearest = nearestNumbers(raw, unsigned ? 'unsigned' : 'signed');
    const lost = nearest.findIndex((value) => !Number.isSafeInteger(value));
    if (lost < 0) return nearest;
    const value = unsigned ? BigInt.asUintN(64, raw[lost]!) : raw[lost]!;
    throw new RangeError(`${value} does not fit a number`);
  }
  const wrap = unsigned && element.type === 'INT32';
  for (let index = 0; index < numbers.length; index++) {
    const value = raw[index] as number;
    numbers[index] = wrap && value < 0 ? value + 2 ** 32 : value;
  }
  return numbers;
}

/** The numbers nearest to 64-bit integers. Put together from halves: a bigint for each would take several times as long. */
function nearestNumbers(raw: BigInt64Array, as: 'signed' | 'unsigned'): Float64Array {
  const low = new Uint32Array(raw.buffer, raw.byteOffset, raw.length * 2);
  const high = as === 'unsigned' ? low : new Int32Array(raw.buffer, raw.byteOffset, raw.length * 2);
  const numbers = new Float64Array(raw.length);
  for (let index = 0; index < numbers.length; index++) {
    numbers[index] = high[index * 2 + 1]! * 2 ** 32 + low[index * 2]!;
  }
  return numbers;
}

const DAY_MS = 86_400_000;

function toMilliseconds(raw: DecodedArray, element: SchemaElement): Float64Array {
  const times = new Float64Array(raw.length);
  const { logical_type: logical, converted_type: converted } = element;
  if (element.type === 'INT96') {
    for (let index = 0; index < times.length; index++) times[index] = int96Milliseconds(raw[index] as bigint);
    return times;
  }
  const day = logical?.type === 'DATE' || converted === 'DATE';
  const unit = logical?.type === 'TIMESTAMP' ? logical.unit : converted === 'TIMESTAMP_MICROS' ? 'MICROS' : 'MILLIS';
  const divisor = unit === 'MICROS' ? 1e3 : 1;
  if (raw instanceof BigInt64Array && !day && unit !== 'NANOS') {
    return nearestNumbers(raw, 'signed').map((value) => value / divisor);
  }
  for (let index = 0; index < times.length; index++) {
    if (day) times[index] = Number(raw[index]) * DAY_MS;
    else times[index] = unit === 'NANOS' ? nanosecondsToMs(BigInt(raw[index])) : Number(raw[index]) / divisor;
  }
  return times;
}

/** Nanoseconds since 1970 have more digits than a number, so whole milliseconds are taken off first. */
function nanosecondsToMs(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6;
}

/** Days since the Julian epoch in the upper 32 bits, nanoseconds of the day in the lower 64. */
function int96Milliseconds(value: bigint): number {
  const days = Number(value >> 64n) - 2_440_588;
  return days * DAY_MS + Number(value & 0xffff_ffff_ffff_ffffn) / 1e6;
}

function toStrings(raw: readonly Uint8Array[]): string[] {
  return raw.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
}
