// JSON Lines (https://jsonlines.org/): one JSON value a line, UTF-8.
import { isAscii, isUtf8 } from 'node:buffer';
import { messageOf } from '../../../base/errors.ts';
import type { OptionNames } from '../../../base/given.ts';
import type { Source } from '../../ports.ts';
import { BadRecord } from '../bad-record.ts';
import { endOfLine, isBlank, placeIn, skip, withoutBom, type FileFormat, type RawRecord } from './format.ts';
import { checkTextFileOptions, openFiles, TEXT_FILE_OPTIONS, type TextFileOptions } from './options.ts';

export interface JsonlOptions<Row> extends TextFileOptions {
  /** Checks or converts each value; what it throws makes the line a bad record. Default: values are taken as they are. */
  parse?: (value: unknown) => Row;
  /**
   * Reads the text of a line itself, in place of JSON.parse and `parse`: for logs of which few fields are wanted. What it throws
   * makes the line a bad record.
   */
  decode?: (text: string) => Row;
}

const OPTIONS: OptionNames<JsonlOptions<never>> = { ...TEXT_FILE_OPTIONS, parse: true, decode: true };

/**
 * Records of JSON Lines files, plain or gzip. Lines that are not JSON are bad records: the pipeline's `onError` decides.
 * @param files a path, or a pattern such as `logs/*.jsonl.gz`; files are read in the order of their names, those that
 *   appear later after the others
 */
export function jsonl<Row = Record<string, unknown>>(files: string, options: JsonlOptions<Row> = {}): Source<Row> {
  checkTextFileOptions('jsonl', files, options, OPTIONS);
  const identity = `jsonl:${options.name ?? files}`;
  const format = new JsonlFormat(decoderOf(options));
  return {
    kind: 'jsonl',
    identity,
    schema: { recordBytesMax: options.recordBytesMax ?? 'default' },
    open: (context) => openFiles(identity, files, async () => format, options, context),
  };
}

function decoderOf({ parse, decode }: JsonlOptions<unknown>): (text: string) => unknown {
  if (decode) return decode;
  return parse ? (text) => parse(JSON.parse(text)) : (text) => JSON.parse(text) as unknown;
}

class JsonlFormat implements FileFormat {
  readonly endOf = endOfLine;
  readonly #decode: (text: string) => unknown;

  constructor(decode: (text: string) => unknown) {
    this.#decode = decode;
  }

  decode(records: readonly RawRecord[], file: string): unknown[] {
    return records.map((record) => this.#decodeOne(record, file));
  }

  #decodeOne(record: RawRecord, file: string): unknown {
    const bytes = withoutBom(record);
    if (bytes.length <= 2 && isBlank(bytes)) return skip;
    // Almost every line is ASCII, whose text is made in a third of the time.
    const isPlain = isAscii(bytes);
    const text = isPlain ? bytes.toString('latin1') : bytes.toString('utf8');
    try {
      if (!isPlain && !isUtf8(bytes)) throw new Error('not UTF-8');
      return this.#decode(text);
    } catch (error) {
      if (isBlank(bytes)) return skip;
      return new BadRecord(messageOf(error), text.replace(/\r?\n$/, ''), placeIn(file, record.offset));
    }
  }
}
