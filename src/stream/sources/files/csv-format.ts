// CSV as RFC 4180 has it (https://www.rfc-editor.org/rfc/rfc4180), with any one-character delimiter and quote. Where a
// record ends is decided here, since offsets after records are needed; what its fields are, by csv-parse.
import { isUtf8 } from 'node:buffer';
import { parse, type Options } from 'csv-parse/sync';
import { messageOf } from '../../../base/errors.ts';
import { BadRecord } from '../bad-record.ts';
import { fieldValue, type CsvType } from './csv-fields.ts';
import { isBlank, placeIn, skip, withoutBom, type FileFormat, type RawRecord } from './format.ts';

export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
}

const NEWLINE = 0x0a;

/** Finds the ends of records: a line end within quotes is part of a field. */
export class CsvSplitter {
  /** Code of the quote character. */
  protected readonly quote: number;
  readonly #delimiter: number;

  constructor({ delimiter, quote }: Dialect) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.quote = quote.charCodeAt(0);
  }

  endOf(bytes: Buffer, from: number, to: number, isLast: boolean): number {
    const hasBom = bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf;
    let fieldStarts = true;
    for (let index = hasBom ? from + 3 : from; index < to; index++) {
      const byte = bytes[index]!;
      if (byte === NEWLINE) return index + 1;
      if (fieldStarts && byte === this.quote) {
        const close = this.#closingQuote(bytes, index + 1, to, isLast);
        if (close < 0) return -1;
        index = close;
        fieldStarts = false;
      } else fieldStarts = byte === this.#delimiter;
    }
    return isLast ? to : -1;
  }

  #closingQuote(bytes: Buffer, from: number, to: number, isLast: boolean): number {
    for (let index = from; ; index += 2) {
      index = bytes.indexOf(this.quote, index);
      if (index < 0 || index >= to) return -1;
      if (index + 1 === to) return isLast ? index : -1; // whether another quote follows is not known yet
      if (bytes[index + 1] !== this.quote) return index;
    }
  }
}

/** Names and types of the fields in a file, in its order; type null: the column is not wanted. */
export interface FileColumns {
  readonly fields: readonly { readonly name: string; readonly type: CsvType | null }[];
  /** Names in the order of the rows' fields. */
  readonly order: readonly string[];
  /** Offset after the header; 0 without one. */
  readonly headerEnd: number;
}

export class CsvFormat extends CsvSplitter implements FileFormat {
  readonly #columns: FileColumns;
  readonly #delimiter: string;
  readonly #options: Options;

  constructor(dialect: Dialect, columns: FileColumns) {
    super(dialect);
    this.#columns = columns;
    this.#delimiter = dialect.delimiter;
    this.#options = parseOptions(dialect);
  }

  decode(records: readonly RawRecord[], file: string): unknown[] {
    const fields = records.map((record): string[] | typeof skip | null => {
      return record.offset < this.#columns.headerEnd || isBlank(record.bytes) ? skip : this.#unquoted(record);
    });
    const quoted = records.filter((_, index) => fields[index] === null);
    const parsed = quoted.length > 0 ? this.#parseTogether(quoted) : null;
    let next = 0;
    return records.map((record, index) => {
      const known = fields[index];
      if (known === skip) return skip;
      return this.#row(record, known ?? parsed?.[next++] ?? null, file);
    });
  }

  /** Fields of a record without quotes, which is one that needs no parser; null for others. */
  #unquoted(record: RawRecord): string[] | null {
    const bytes = withoutBom(record);
    if (bytes.includes(this.quote) || !isUtf8(bytes)) return null;
    let end = bytes.length;
    if (bytes[end - 1] === NEWLINE) end -= bytes[end - 2] === 0x0d ? 2 : 1;
    return bytes.toString('utf8', 0, end).split(this.#delimiter);
  }

  /** Many records in one call, which is several times faster; null if one of them is not well-formed. */
  #parseTogether(records: readonly RawRecord[]): string[][] | null {
    const bytes = Buffer.concat(records.map((record) => withLineEnd(withoutBom(record))));
    if (!isUtf8(bytes)) return null;
    try {
      const parsed = parse(bytes, this.#options);
      return parsed.length === records.length ? parsed : null;
    } catch {
      return null;
    }
  }

  #row(record: RawRecord, known: string[] | null, file: string): unknown {
    try {
      const values = known ?? parseOne(withoutBom(record), this.#options);
      const { fields, order } = this.#columns;
      if (values.length !== fields.length) throw new Error(`${values.length} fields instead of ${fields.length}`);
      const row: Record<string, unknown> = {};
      for (const name of order) row[name] = undefined;
      for (const [index, { name, type }] of fields.entries()) {
        if (type !== null) row[name] = fieldValue(name, type, values[index]!);
      }
      return row;
    } catch (error) {
      const raw = record.bytes.toString('utf8').replace(/\r?\n$/, '');
      return new BadRecord(messageOf(error), raw, placeIn(file, record.offset));
    }
  }
}

function parseOptions({ delimiter, quote }: Dialect): Options {
  return {
    delimiter,
    quote,
    escape: quote,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n'],
    max_record_size: 0,
  };
}

/** Fields of one record. @throws Error that says what is wrong with it */
export function parseOne(bytes: Buffer, options: Options): string[] {
  if (!isUtf8(bytes)) throw new Error('not UTF-8');
  const records = parse(bytes, options);
  if (records.length !== 1) throw new Error(`${records.length} records where one was expected`);
  return records[0]!;
}

/** Fields of the header. */
export function parseHeader(record: RawRecord, dialect: Dialect): string[] {
  return parseOne(withoutBom(record), parseOptions(dialect)).map((name) => name.trim());
}

/** Only the last record of a file may lack its line end. */
function withLineEnd(bytes: Buffer): Buffer {
  return bytes.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.of(NEWLINE)]);
}
