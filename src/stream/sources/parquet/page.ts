// One data page of a flat column, open for reading from its start to its end. Dictionary pages are decoded only as far
// as they are read; pages of every other encoding are decoded whole by hyparquet, once.
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import type { PageHeader } from 'hyparquet';
import { HybridReader } from './hybrid.ts';
import { toValues, type ColumnDecoder, type ValueKind, type Values } from './values.ts';

/** What a column's pages share. */
export interface PageContext {
  readonly decoder: ColumnDecoder;
  readonly kind: ValueKind;
  /** OPTIONAL in the schema, so that pages carry definition levels. */
  readonly optional: boolean;
  readonly dictionary: Values | null;
}

export interface Page {
  skip(count: number): void;
  /** The next `count` values; an array with `null` in it if there are nulls among them. */
  read(count: number): Values;
}

/** Rows of a data page, told by its header. */
export function rowsOf(header: PageHeader): number {
  const rows = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_rows;
  if (rows === undefined) throw new Error(`a page of type ${header.type}`);
  return rows;
}

/** @param compressed the page's bytes as they are in the file */
export function openPage(compressed: Uint8Array, header: PageHeader, context: PageContext): Page {
  const encoding = (header.data_page_header ?? header.data_page_header_v2)?.encoding;
  if (context.dictionary !== null && encoding?.endsWith('_DICTIONARY') === true) {
    return openCoded(compressed, header, context, context.dictionary);
  }
  return new DecodedPage(decodeWhole(compressed, header, context));
}

function openCoded(compressed: Uint8Array, header: PageHeader, context: PageContext, dictionary: Values): Page {
  const { codec, compressors } = context.decoder;
  const v2 = header.data_page_header_v2;
  if (v2) {
    const levelsEnd = v2.repetition_levels_byte_length + v2.definition_levels_byte_length;
    const size = header.uncompressed_page_size - levelsEnd;
    let codes = compressed.subarray(levelsEnd);
    if (v2.is_compressed !== false) codes = decompressPage(codes, size, codec, compressors);
    const levels = context.optional
      ? new HybridReader(compressed, v2.repetition_levels_byte_length, levelsEnd, 1)
      : null;
    return new CodedPage(levels, new HybridReader(codes, 1, codes.length, bitWidthAt(codes, 0)), dictionary);
  }
  const page = decompressPage(compressed, header.uncompressed_page_size, codec, compressors);
  let offset = 0;
  let levels: HybridReader | null = null;
  if (context.optional) {
    offset = 4 + new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(0, true);
    levels = new HybridReader(page, 4, offset, 1);
  }
  return new CodedPage(levels, new HybridReader(page, offset + 1, page.length, bitWidthAt(page, offset)), dictionary);
}

function bitWidthAt(bytes: Uint8Array, offset: number): number {
  const width = bytes[offset];
  if (width === undefined) return 0; // no values at all: every row is null
  if (width > 32) throw new Error(`dictionary codes of ${width} bits`);
  return width;
}

class CodedPage implements Page {
  readonly #levels: HybridReader | null;
  readonly #codes: HybridReader;
  readonly #dictionary: Values;
  #scratch = new Uint32Array(0);

  constructor(levels: HybridReader | null, codes: HybridReader, dictionary: Values) {
    this.#levels = levels;
    this.#codes = codes;
    this.#dictionary = dictionary;
  }

  skip(count: number): void {
    this.#codes.skip(this.#present(count)?.present ?? count);
  }

  read(count: number): Values {
    const nulls = this.#present(count);
    const values = this.#gather(nulls?.present ?? count);
    return nulls ? withNulls(values, nulls.levels) : values;
  }

  /** null: all of the next `count` rows have a value. */
  #present(count: number): { present: number; levels: Uint32Array } | null {
    if (!this.#levels || this.#levels.takeRun(1, count)) return null;
    const levels = new Uint32Array(count);
    this.#levels.read(levels, count);
    let present = 0;
    for (let index = 0; index < count; index++) present += levels[index]!;
    return present === count ? null : { present, levels };
  }

  #gather(count: number): Values {
    if (this.#scratch.length < count) this.#scratch = new Uint32Array(count);
    const codes = this.#scratch;
    this.#codes.read(codes, count);
    const dictionary = this.#dictionary;
    for (let index = 0; index < count; index++) {
      if (codes[index]! >= dictionary.length) throw new Error('a code beyond the dictionary');
    }
    if (dictionary instanceof Float64Array) return gatherNumbers(codes, dictionary, count);
    return gatherAny(codes, dictionary, count);
  }
}

// Two loops with one type each: a loop over both kinds of array would be several times slower.
function gatherNumbers(codes: Uint32Array, dictionary: Float64Array, count: number): Float64Array {
  const values = new Float64Array(count);
  for (let index = 0; index < count; index++) values[index] = dictionary[codes[index]!]!;
  return values;
}

function gatherAny(codes: Uint32Array, dictionary: BigInt64Array | unknown[], count: number): Values {
  const values: unknown[] = new Array(count);
  for (let index = 0; index < count; index++) values[index] = dictionary[codes[index]!];
  return dictionary instanceof BigInt64Array ? BigInt64Array.from(values as bigint[]) : values;
}

class DecodedPage implements Page {
  readonly #values: Values;
  #next = 0;

  constructor(values: Values) {
    this.#values = values;
  }

  skip(count: number): void {
    this.#next += count;
  }

  read(count: number): Values {
    const from = this.#next;
    this.#next += count;
    if (this.#next > this.#values.length) throw new Error('a page that ends early');
    return this.#values.slice(from, this.#next);
  }
}

function decodeWhole(compressed: Uint8Array, header: PageHeader, context: PageContext): Values {
  const { decoder, kind } = context;
  const v1 = header.data_page_header;
  const { dataPage, definitionLevels } = v1
    ? readDataPage(
        decompressPage(compressed, header.uncompressed_page_size, decoder.codec, decoder.compressors),
        v1,
        decoder,
      )
    : readDataPageV2(compressed, header, decoder);
  const values = toValues(dataPage, kind, decoder);
  if (definitionLevels === undefined || values.length >= rowsOf(header)) return values;
  return withNulls(values, definitionLevels);
}

function withNulls(present: Values, levels: ArrayLike<number>): unknown[] {
  const values: unknown[] = new Array(levels.length);
  let next = 0;
  for (let row = 0; row < levels.length; row++) values[row] = levels[row] === 0 ? null : present[next++];
  return values;
}
