// Values of pages that hold no dictionary codes, by hyparquet's decoders. Runs are read by ours: hyparquet's loop does
// not end on a damaged run of length 0, or fills the memory on one of length 2^31.
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import type { DecodedArray } from 'hyparquet';
import { HybridReader } from './hybrid.ts';
import type { ColumnDecoder } from './values.ts';

/** The `count` values that are not null. Throws if the bytes do not hold them. */
export function decodePlainly(
  payload: Uint8Array,
  encoding: string | undefined,
  count: number,
  { type, element }: ColumnDecoder,
): DecodedArray {
  const reader = { view: new DataView(payload.buffer, payload.byteOffset, payload.byteLength), offset: 0 };
  const values: Uint8Array[] = [];
  switch (encoding) {
    case 'PLAIN':
      return readPlain(reader, type, count, element.type_length);
    case 'RLE':
      return readBooleans(payload, count);
    case 'BYTE_STREAM_SPLIT':
      return byteStreamSplit(reader, count, type, element.type_length);
    case 'DELTA_BINARY_PACKED': {
      const integers = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
      if (count > 0) deltaBinaryUnpack(reader, count, integers);
      return integers;
    }
    case 'DELTA_LENGTH_BYTE_ARRAY':
      if (count > 0) deltaLengthByteArray(reader, count, values);
      return values;
    case 'DELTA_BYTE_ARRAY':
      if (count > 0) deltaByteArray(reader, count, values);
      return values;
    default:
      throw new Error(`the encoding ${encoding}, which is not supported`);
  }
}

/** Booleans as runs of one bit each, behind the length of the runs. */
function readBooleans(payload: Uint8Array, count: number): boolean[] {
  const bits = new Uint32Array(count);
  if (count > 0) new HybridReader(payload, 4, payload.length, 1).read(bits, count);
  return Array.from(bits, (bit) => bit === 1);
}
