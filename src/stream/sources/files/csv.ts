// CSV files, plain or gzip, with typed columns.
import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { OptionNames } from '../../../base/given.ts';
import type { Source } from '../../ports.ts';
import { BadRecord } from '../bad-record.ts';
import { openBytes } from './bytes.ts';
import type { CsvRow, CsvType } from './csv-fields.ts';
import { CsvFormat, CsvSplitter, parseHeader, type Dialect, type FileColumns } from './csv-format.ts';
import { FileCursor } from './cursor.ts';
import { isBlank, type RawRecord } from './format.ts';
import { checkTextFileOptions, openFiles, TEXT_FILE_OPTIONS, type TextFileOptions } from './options.ts';

export interface CsvOptions extends TextFileOptions {
  /** `first-line`: names of the columns; `none`: `columns` gives them, in the order of the fields. Default first-line. */
  header?: 'first-line' | 'none';
  /** One ASCII character. Default `,`. */
  delimiter?: string;
  /** One ASCII character; doubled within quotes it stands for itself. Default `"`. */
  quote?: string;
}

const OPTIONS: OptionNames<CsvOptions & { columns: unknown }> = {
  ...TEXT_FILE_OPTIONS,
  header: true,
  delimiter: true,
  quote: true,
  columns: true,
};

/**
 * Records of CSV files. Rows with too few or too many fields, or with a field that is not of its declared type, are bad
 * records: the pipeline's `onError` decides.
 * @param files a path, or a pattern such as `data/*.csv.gz`; files are read in the order of their names, those that
 *   appear later after the others
 */
export function csv<const Columns extends Readonly<Record<string, CsvType>>>(
  files: string,
  options: CsvOptions & { columns: Columns },
): Source<CsvRow<Columns>>;
export function csv(files: string, options?: CsvOptions): Source<Readonly<Record<string, string>>>;
export function csv(
  files: string,
  options: CsvOptions & { columns?: Readonly<Record<string, CsvType>> } = {},
): Source<unknown> {
  checkTextFileOptions('csv', files, options, OPTIONS);
  const dialect = { delimiter: options.delimiter ?? ',', quote: options.quote ?? '"' };
  for (const [name, character] of Object.entries(dialect)) {
    if (!/^[\t\x20-\x7e]$/.test(character))
      throw usage(files, `${name} ${JSON.stringify(character)}`, 'Give one ASCII character.');
  }
  const header = options.header ?? 'first-line';
  const columns = options.columns ?? null;
  if (header === 'none' && columns === null)
    throw usage(files, 'no header and no columns', 'Give columns, in the order of the fields.');
  const identity = `csv:${options.name ?? files}`;
  return {
    kind: 'csv',
    identity,
    schema: {
      ...dialect,
      header,
      columns: columns && Object.entries(columns),
      recordBytesMax: options.recordBytesMax ?? 'default',
    },
    open: (context) =>
      openFiles(
        identity,
        files,
        async (path) => {
          if (header === 'none') return new CsvFormat(dialect, withoutHeader(columns ?? {}));
          const found = await readHeader(path, dialect, options.follow ?? false);
          return found && new CsvFormat(dialect, withHeader(path, found, columns));
        },
        options,
        context,
      ),
  };
}

function withoutHeader(columns: Readonly<Record<string, CsvType>>): FileColumns {
  const fields = Object.entries(columns).map(([name, type]) => ({ name, type }));
  return { fields, order: Object.keys(columns), headerEnd: 0 };
}

function withHeader(
  path: string,
  { names, end }: Header,
  columns: Readonly<Record<string, CsvType>> | null,
): FileColumns {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw usage(path, `two columns are named ${JSON.stringify(twice)}`, "Rename one, or use header: 'none'.");
  const missing = Object.keys(columns ?? {}).find((name) => !names.includes(name));
  if (missing !== undefined) throw usage(path, `there is no column ${missing}`, `It has: ${names.join(', ')}.`);
  return {
    fields: names.map((name) => ({ name, type: columns ? (columns[name] ?? null) : 'string' })),
    order: columns ? Object.keys(columns) : names,
    headerEnd: end,
  };
}

interface Header {
  readonly names: string[];
  readonly end: number;
}

/** A header is short; anything longer is not a CSV file. */
const HEADER_BYTES_MAX = 1024 * 1024;

/** The first line that is not blank; null if the file has none, or (if it may grow) none that is complete. */
async function readHeader(path: string, dialect: Dialect, mayGrow: boolean): Promise<Header | null> {
  const bytes = await openBytes(path, 0);
  try {
    const format = new CsvSplitter(dialect);
    const cursor = new FileCursor(
      bytes,
      { endOf: format.endOf.bind(format), decode: () => [] },
      { name: path, offset: 0 },
      HEADER_BYTES_MAX,
    );
    for (;;) {
      const isLast = !(await cursor.fill());
      if (isLast && mayGrow && bytes.grows) return null;
      for (;;) {
        const { records, ends } = cursor.cut(1, isLast);
        if (records.length === 0) break;
        const names = namesIn(path, records[0]!, dialect);
        if (names) return { names, end: ends[0]! };
      }
      if (isLast) return null;
    }
  } finally {
    await bytes.close();
  }
}

/** null: a blank line. */
function namesIn(path: string, record: RawRecord | BadRecord, dialect: Dialect): string[] | null {
  if (record instanceof BadRecord) throw usage(path, `the header is ${record.reason}`, 'Check that it is a CSV file.');
  if (isBlank(record.bytes)) return null;
  try {
    return parseHeader(record, dialect);
  } catch (error) {
    throw usage(path, `the header cannot be read: ${messageOf(error)}`, 'Check delimiter and quotes.');
  }
}

function usage(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
