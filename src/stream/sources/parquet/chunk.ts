// One flat column of one row group, read from front to back: page headers are walked, pages that are skipped whole are
// neither loaded nor decompressed.
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { readPlain } from 'hyparquet/src/plain.js';
import type { PageHeader } from 'hyparquet';
import { openPage, rowsOf, type Page } from './page.ts';
import { toValues, type ColumnDecoder, type ValueKind, type Values } from './values.ts';
import type { ChunkWindow } from './window.ts';

export interface ChunkOptions {
  readonly decoder: ColumnDecoder;
  readonly kind: ValueKind;
  readonly optional: boolean;
  /** Rows of the row group. */
  readonly rows: number;
  /** Gives equal strings of different row groups the same object. */
  readonly intern: (values: string[]) => void;
}

/** A page that was found and not opened. */
interface FoundPage {
  readonly header: PageHeader;
  readonly rows: number;
  /** Where its body is in the chunk. */
  readonly at: number;
}

/** Bytes in which a page header is looked for first, and at most; long ones carry statistics of long strings. */
const HEADER_BYTES = 16 * 1024;
const HEADER_BYTES_MAX = 16 * 1024 * 1024;

/** A cursor over a column chunk. Throws Errors for damaged bytes; the caller names file, column and row group. */
export class ChunkReader {
  readonly #window: ChunkWindow;
  readonly #options: ChunkOptions;
  /** Where the next page header is. */
  #offset = 0;
  #dictionary: Values | null = null;
  #page: Page | null = null;
  #pageLeft = 0;

  constructor(window: ChunkWindow, options: ChunkOptions) {
    this.#window = window;
    this.#options = options;
  }

  async skip(count: number): Promise<void> {
    let togo = count;
    while (togo > 0) {
      if (this.#pageLeft === 0) {
        const found = await this.#nextDataPage();
        if (found.rows <= togo) {
          togo -= found.rows;
          continue;
        }
        await this.#open(found);
      }
      const take = Math.min(togo, this.#pageLeft);
      this.#page!.skip(take);
      this.#pageLeft -= take;
      togo -= take;
    }
  }

  async read(count: number): Promise<Values> {
    const pieces: Values[] = [];
    let togo = count;
    while (togo > 0) {
      if (this.#pageLeft === 0) {
        await this.#open(await this.#nextDataPage());
        continue; // a page may have no rows
      }
      const take = Math.min(togo, this.#pageLeft);
      pieces.push(this.#page!.read(take));
      this.#pageLeft -= take;
      togo -= take;
    }
    return pieces.length === 1 ? pieces[0]! : join(pieces, count);
  }

  async #open({ header, rows, at }: FoundPage): Promise<void> {
    const body = await this.#window.load(at, header.compressed_page_size);
    this.#page = openPage(body, header, rows, { ...this.#options, dictionary: this.#dictionary });
    this.#pageLeft = rows;
  }

  async #nextDataPage(): Promise<FoundPage> {
    for (;;) {
      if (this.#offset >= this.#window.length) throw new Error('a column chunk that ends early');
      const { header, at } = await this.#header();
      this.#offset = at + header.compressed_page_size;
      if (!(header.compressed_page_size >= 0) || this.#offset > this.#window.length) {
        throw new Error('a page that ends behind its column chunk');
      }
      if (header.type === 'DICTIONARY_PAGE') await this.#readDictionary(header, at);
      else if (header.type !== 'INDEX_PAGE') return { header, at, rows: rowsOf(header, this.#options.rows) };
    }
  }

  async #header(): Promise<{ header: PageHeader; at: number }> {
    for (let size = HEADER_BYTES; ; size *= 32) {
      const bytes = await this.#window.load(this.#offset, size);
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
      try {
        return { header: parquetHeader(reader), at: this.#offset + reader.offset };
      } catch (error) {
        if (bytes.length < size || size > HEADER_BYTES_MAX) throw error;
      }
    }
  }

  async #readDictionary(header: PageHeader, at: number): Promise<void> {
    const { decoder, kind, intern } = this.#options;
    const body = await this.#window.load(at, header.compressed_page_size);
    const page = decompressPage(body, header.uncompressed_page_size, decoder.codec, decoder.compressors);
    const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
    const raw = readPlain(reader, decoder.type, header.dictionary_page_header!.num_values, decoder.element.type_length);
    const values = toValues(raw, kind, decoder);
    if (kind === 'string') intern(values as string[]);
    this.#dictionary = values;
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
