// One flat column of one row group, read from front to back: page headers are walked, pages that are skipped whole are
// not even decompressed.
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { readPlain } from 'hyparquet/src/plain.js';
import type { PageHeader } from 'hyparquet';
import { openPage, rowsOf, type Page } from './page.ts';
import { toValues, type ColumnDecoder, type ValueKind, type Values } from './values.ts';

export interface ChunkOptions {
  readonly decoder: ColumnDecoder;
  readonly kind: ValueKind;
  readonly optional: boolean;
  /** Rows of the row group. */
  readonly rows: number;
  /** Gives equal strings of different row groups the same object. */
  readonly intern: (values: string[]) => void;
}

/** A cursor over a column chunk. Throws Errors for damaged bytes; the caller names file, column and row group. */
export class ChunkReader {
  readonly #bytes: Uint8Array;
  readonly #options: ChunkOptions;
  readonly #reader: { view: DataView; offset: number };
  #dictionary: Values | null = null;
  #page: Page | null = null;
  #pageLeft = 0;

  /** @param bytes the chunk as it is in the file, dictionary page and all */
  constructor(bytes: Uint8Array, options: ChunkOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  }

  skip(count: number): void {
    let togo = count;
    while (togo > 0) {
      if (this.#pageLeft === 0) {
        const { header, body } = this.#nextDataPage();
        const rows = rowsOf(header, this.#options.rows);
        if (rows <= togo) {
          togo -= rows;
          continue;
        }
        this.#open(header, body, rows);
      }
      const take = Math.min(togo, this.#pageLeft);
      this.#page!.skip(take);
      this.#pageLeft -= take;
      togo -= take;
    }
  }

  read(count: number): Values {
    const pieces: Values[] = [];
    let togo = count;
    while (togo > 0) {
      if (this.#pageLeft === 0) {
        const { header, body } = this.#nextDataPage();
        this.#open(header, body, rowsOf(header, this.#options.rows));
        continue; // a page may have no rows
      }
      const take = Math.min(togo, this.#pageLeft);
      pieces.push(this.#page!.read(take));
      this.#pageLeft -= take;
      togo -= take;
    }
    return pieces.length === 1 ? pieces[0]! : join(pieces, count);
  }

  #open(header: PageHeader, body: Uint8Array, rows: number): void {
    this.#page = openPage(body, header, rows, { ...this.#options, dictionary: this.#dictionary });
    this.#pageLeft = rows;
  }

  #nextDataPage(): { header: PageHeader; body: Uint8Array } {
    for (;;) {
      if (this.#reader.offset >= this.#bytes.length) throw new Error('a column chunk that ends early');
      const header = parquetHeader(this.#reader);
      const start = this.#reader.offset;
      this.#reader.offset = start + header.compressed_page_size;
      if (!(header.compressed_page_size >= 0) || this.#reader.offset > this.#bytes.length) {
        throw new Error('a page that ends behind its column chunk');
      }
      const body = this.#bytes.subarray(start, this.#reader.offset);
      if (header.type === 'DICTIONARY_PAGE') this.#dictionary = this.#readDictionary(header, body);
      else if (header.type !== 'INDEX_PAGE') return { header, body };
    }
  }

  #readDictionary(header: PageHeader, body: Uint8Array): Values {
    const { decoder, kind, intern } = this.#options;
    const page = decompressPage(body, header.uncompressed_page_size, decoder.codec, decoder.compressors);
    const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
    const raw = readPlain(reader, decoder.type, header.dictionary_page_header!.num_values, decoder.element.type_length);
    const values = toValues(raw, kind, decoder);
    if (kind === 'string') intern(values as string[]);
    return values;
  }
}

function join(pieces: readonly Values[], count: number): Values {
  if (pieces.every((piece) => piece instanceof Float64Array)) {
    const joined = new Float64Array(count);
    let at = 0;
    for (const piece of pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }
  const joined: unknown[] = pieces.flatMap((piece) => Array.from<unknown>(piece));
  return pieces.every((piece) => piece instanceof BigInt64Array) ? BigInt64Array.from(joined as bigint[]) : joined;
}
