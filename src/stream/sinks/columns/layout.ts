// The blob of one epoch's outputs, column by column; everything little-endian:
//
//   bytes 0–3   `LCC1`
//   bytes 4–7   length H of the header, a multiple of 8, as uint32
//   8 … 8 + H   header: JSON, UTF-8, filled up with spaces:
//               { rows, columns: [{ name, type, encoding, at, bytes, nullsAt? }] }
//   then        data; `at` and `nullsAt` count from the start of the blob and are multiples of 8
//
// Encodings: `f64` 8 bytes and `i32` 4 bytes a row, `i64` 8 bytes a row, `u8` one byte a row (booleans), `bytes`: rows + 1
// offsets as uint32, then the values (text and JSON as UTF-8). With `nullsAt`, bit r % 8 of byte r / 8 there says that
// row r is null. Numbers are `i32` when all of the epoch are whole and small, which halves them without loss.
import type { Column } from '../../ports.ts';
import type { FieldType, StoredValue } from '../fields.ts';

export type Encoding = 'f64' | 'i32' | 'i64' | 'u8' | 'bytes';

export interface ColumnHeader {
  readonly name: string;
  readonly type: FieldType;
  readonly encoding: Encoding;
  readonly at: number;
  readonly bytes: number;
  readonly nullsAt?: number;
}

export interface BlobHeader {
  readonly rows: number;
  readonly columns: readonly ColumnHeader[];
}

/** One column to be encoded. */
export interface ColumnValues {
  readonly name: string;
  readonly type: FieldType;
  /** A Float64Array of numbers, or values with null. At least as long as there are rows. */
  readonly values: Float64Array | readonly StoredValue[];
}

const MAGIC = 'LCC1';

export function encodeBlob(rows: number, columns: readonly ColumnValues[]): Uint8Array {
  const parts = columns.map(({ name, type, values }) => ({ name, type, ...encodeColumn(type, values, rows) }));
  // Offsets depend on the header's length and the header on the offsets: it is given room for its longest form.
  const room = aligned(64 + parts.reduce((sum, { name }) => sum + 160 + 6 * name.length, 0));
  let end = 8 + room;
  const place = (bytes: Uint8Array): number => {
    const at = end;
    end = aligned(end + bytes.length);
    return at;
  };
  const placed = parts.map((part) => ({
    ...part,
    at: place(part.data),
    ...(part.nulls && { nullsAt: place(part.nulls) }),
  }));
  const headers = placed.map(({ name, type, encoding, at, data, nullsAt }): ColumnHeader => {
    return { name, type, encoding, at, bytes: data.length, ...(nullsAt !== undefined && { nullsAt }) };
  });
  const blob = Buffer.alloc(end);
  blob.write(MAGIC, 0, 'latin1');
  blob.writeUInt32LE(room, 4);
  blob.fill(0x20, 8, 8 + room);
  blob.write(JSON.stringify({ rows, columns: headers } satisfies BlobHeader), 8, room, 'utf8');
  for (const { at, data, nulls, nullsAt } of placed) {
    blob.set(data, at);
    if (nulls && nullsAt !== undefined) blob.set(nulls, nullsAt);
  }
  return blob;
}

/** @throws Error if it is no such blob, or cut off */
export function decodeBlob(blob: Uint8Array): { rows: number; columns: Record<string, Column> } {
  const bytes = Buffer.from(blob); // a copy: aligned, and owned
  if (bytes.toString('latin1', 0, 4) !== MAGIC) throw new Error('not a blob of columns');
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + bytes.readUInt32LE(4))) as BlobHeader;
  const columns = header.columns.map((column) => [column.name, decodeColumn(bytes, column, header.rows)] as const);
  return { rows: header.rows, columns: Object.fromEntries(columns) };
}

function encodeColumn(
  type: FieldType,
  values: ColumnValues['values'],
  rows: number,
): { encoding: Encoding; data: Uint8Array; nulls: Uint8Array | null } {
  if (values instanceof Float64Array) return { ...encodeNumbers(values.subarray(0, rows)), nulls: null };
  const nulls = nullBits(values, rows);
  if (type === 'text' || type === 'json' || type === 'blob')
    return { encoding: 'bytes', data: encodeBytes(values, rows), nulls };
  if (type === 'boolean') return { encoding: 'u8', data: Uint8Array.from(values.slice(0, rows), Number), nulls };
  if (type === 'integer' && values.some((value) => typeof value === 'bigint')) {
    const integers = BigInt64Array.from(values.slice(0, rows), (value) => BigInt((value ?? 0) as number | bigint));
    return { encoding: 'i64', data: bytesOf(integers), nulls };
  }
  return { ...encodeNumbers(Float64Array.from(values.slice(0, rows), Number)), nulls };
}

function encodeNumbers(numbers: Float64Array): { encoding: 'f64' | 'i32'; data: Uint8Array } {
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row]!;
    if ((number | 0) !== number || Object.is(number, -0)) return { encoding: 'f64', data: bytesOf(numbers) };
  }
  return { encoding: 'i32', data: bytesOf(Int32Array.from(numbers)) };
}

function encodeBytes(values: readonly StoredValue[], rows: number): Uint8Array {
  const pieces = values
    .slice(0, rows)
    .map((value) => (typeof value === 'string' ? Buffer.from(value) : (value ?? new Uint8Array())));
  const offsets = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + (pieces[row] as Uint8Array).length;
  return Buffer.concat([bytesOf(offsets), ...(pieces as Uint8Array[])]);
}

function nullBits(values: readonly StoredValue[], rows: number): Uint8Array | null {
  if (!values.includes(null)) return null;
  const bits = new Uint8Array(Math.ceil(rows / 8));
  for (let row = 0; row < rows; row++) if (values[row] === null) bits[row >> 3]! |= 1 << (row & 7);
  return bits;
}

function decodeColumn(bytes: Buffer, { type, encoding, at, bytes: size, nullsAt }: ColumnHeader, rows: number): Column {
  const data = bytes.subarray(at, at + size);
  if (data.length < size) throw new Error('a blob of columns that is cut off');
  const values = decodeValues(data, encoding, type, rows);
  if (nullsAt === undefined) return values;
  return Array.from({ length: rows }, (_, row) =>
    (bytes[nullsAt + (row >> 3)]! >> (row & 7)) & 1 ? null : values[row],
  );
}

function decodeValues(data: Buffer, encoding: Encoding, type: FieldType, rows: number): Column {
  const buffer = data.buffer as ArrayBuffer;
  switch (encoding) {
    case 'f64':
      return new Float64Array(buffer.slice(data.byteOffset, data.byteOffset + 8 * rows));
    case 'i32':
      return new Int32Array(buffer.slice(data.byteOffset, data.byteOffset + 4 * rows));
    case 'i64':
      return new BigInt64Array(buffer.slice(data.byteOffset, data.byteOffset + 8 * rows));
    case 'u8':
      return Array.from(data, (byte) => byte === 1);
    case 'bytes':
      return Array.from({ length: rows }, (_, row) => {
        const start = 4 * (rows + 1);
        const value = data.subarray(start + data.readUInt32LE(4 * row), start + data.readUInt32LE(4 * row + 4));
        if (type === 'blob') return Uint8Array.from(value);
        return type === 'json' && value.length > 0
          ? (JSON.parse(value.toString('utf8')) as unknown)
          : value.toString('utf8');
      });
  }
}

function bytesOf(array: Float64Array | Int32Array | BigInt64Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function aligned(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}
