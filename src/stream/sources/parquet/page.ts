// One data page of a flat column, open for reading from its start to its end. Pages of dictionary codes are decoded only
// as far as they are read; pages of every other encoding are decoded whole, once (encodings.ts).
import { decompressPage } from 'hyparquet/src/datapage.js';
import type { PageHeader } from 'hyparquet';
import { decodePlainly } from './encodings.ts';
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

/** Rows of a data page, told by its header. @param rowsMax rows of the row group: more is damage */
export function rowsOf(header: PageHeader, rowsMax: number): number {
  const rows = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_rows;
  if (rows === undefined || rows < 0 || rows > rowsMax)
    throw new Error(`a page of type ${header.type} with ${rows} rows`);
  return rows;
}

/** @param compressed the page's bytes as they are in the file */
export function openPage(compressed: Uint8Array, header: PageHeader, rows: number, context: PageContext): Page {
  const encoding = (header.data_page_header ?? header.data_page_header_v2)?.encoding;
  const { levels, payload } = split(compressed, header, context);
  if (encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY') {
    if (!context.dictionary) throw new Error('dictionary codes without a dictionary');
    return new CodedPage(levels, new HybridReader(payload, 1, payload.length, bitWidthOf(payload)), context.dictionary);
  }
  const nulls = presentAmong(levels, rows);
  const raw = decodePlainly(payload, encoding, nulls?.present ?? rows, context.decoder);
  const values = toValues(raw, context.kind, context.decoder);
  return new DecodedPage(nulls ? withNulls(values, nulls.levels) : values);
}

/** Definition levels and what follows them. In version 1 both are compressed together, in version 2 only the latter. */
function split(
  compressed: Uint8Array,
  header: PageHeader,
  context: PageContext,
): { levels: HybridReader | null; payload: Uint8Array } {
  const { codec, compressors } = context.decoder;
  const v2 = header.data_page_header_v2;
  if (v2) {
    const levelsStart = v2.repetition_levels_byte_length;
    const levelsEnd = levelsStart + v2.definition_levels_byte_length;
    if (!(levelsStart >= 0 && levelsEnd >= levelsStart && levelsEnd <= compressed.length))
      throw new Error('levels of no length');
    const payload = compressed.subarray(levelsEnd);
    const size = header.uncompressed_page_size - levelsEnd;
    return {
      levels: context.optional ? new HybridReader(compressed, levelsStart, levelsEnd, 1) : null,
      payload: v2.is_compressed === false ? payload : decompressPage(payload, size, codec, compressors),
    };
  }
  const page = decompressPage(compressed, header.uncompressed_page_size, codec, compressors);
  if (!context.optional) return { levels: null, payload: page };
  const levelsEnd = 4 + new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(0, true);
  if (levelsEnd > page.length) throw new Error('levels that end behind their page');
  return { levels: new HybridReader(page, 4, levelsEnd, 1), payload: page.subarray(levelsEnd) };
}

function bitWidthOf(codes: Uint8Array): number {
  const width = codes[0];
  if (width === undefined) return 0; // no values at all: every row is null
  if (width > 32) throw new Error(`dictionary codes of ${width} bits`);
  return width;
}

/** null: all of the next `count` rows have a value. */
function presentAmong(levels: HybridReader | null, count: number): { present: number; levels: Uint32Array } | null {
  if (!levels || count === 0 || levels.takeRun(1, count)) return null;
  const read = new Uint32Array(count);
  levels.read(read, count);
  let present = 0;
  for (let index = 0; index < count; index++) present += read[index]!;
  return present === count ? null : { present, levels: read };
}

function withNulls(present: Values, levels: Uint32Array): unknown[] {
  const values = new Array<unknown>(levels.length);
  let next = 0;
  for (let row = 0; row < levels.length; row++) values[row] = levels[row] === 0 ? null : present[next++];
  return values;
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
    this.#codes.skip(presentAmong(this.#levels, count)?.present ?? count);
  }

  read(count: number): Values {
    const nulls = presentAmong(this.#levels, count);
    const values = this.#gather(nulls?.present ?? count);
    return nulls ? withNulls(values, nulls.levels) : values;
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
  const values = new Array<unknown>(count);
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
