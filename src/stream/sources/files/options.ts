// Options that JSONL and CSV sources share, and how such a source is opened.
import { durationMs, type DurationInput } from '../../../base/duration.ts';
import { LastcallError } from '../../../base/errors.ts';
import { checkOptions, checkText, type OptionNames } from '../../../base/given.ts';
import type { OpenSource, SourceContext } from '../../ports.ts';
import { Catalog } from './catalog.ts';
import { OpenFiles } from './files.ts';
import type { FileFormat } from './format.ts';

export interface TextFileOptions {
  /** Wait for more lines and more files instead of ending. Default false: the files are taken as they are. */
  follow?: boolean;
  /** Following: longest wait before looking, where the system gives no notice. Default 1s. */
  poll?: DurationInput;
  /** Bytes of a record; a longer one is a bad record. Default 1 MiB, at most 256 MiB. */
  recordBytesMax?: number;
  /** Names the source where its path may change: part of its identity. Default: the path or pattern as written. */
  name?: string;
}

/** Names of the options above. */
export const TEXT_FILE_OPTIONS: OptionNames<TextFileOptions> = {
  follow: true,
  poll: true,
  recordBytesMax: true,
  name: true,
};

const RECORD_BYTES = 1024 * 1024;
const RECORD_BYTES_MOST = 256 * 1024 * 1024;

/** @throws LastcallError `dependency` if nothing matches and nothing is waited for */
export async function openFiles(
  identity: string,
  pattern: string,
  formatOf: (path: string) => Promise<FileFormat | null>,
  options: TextFileOptions,
  context: SourceContext,
): Promise<OpenSource> {
  const follow = options.follow ?? false;
  const catalog = new Catalog(identity, pattern, context.database);
  await catalog.refresh('first');
  if (catalog.files.length === 0 && !follow) {
    throw new LastcallError('dependency', {
      what: 'no file matches',
      on: pattern,
      todo: 'Check the path or pattern.',
    });
  }
  const pollMs = durationMs(options.poll ?? '1s', `${identity}: poll`);
  return new OpenFiles(catalog, {
    pattern,
    formatOf,
    follow,
    pollMs,
    recordBytesMax: options.recordBytesMax ?? RECORD_BYTES,
  });
}

/**
 * @param kind of the source, for people
 * @param known names of all options that this kind has
 * @throws LastcallError `usage`
 */
export function checkTextFileOptions(
  kind: string,
  pattern: string,
  options: TextFileOptions,
  known: OptionNames<TextFileOptions>,
): void {
  checkText(kind, pattern, 'the path of a file, or a pattern,');
  checkOptions(`${kind}, ${pattern}`, options, known);
  const { recordBytesMax = RECORD_BYTES } = options;
  if (!Number.isInteger(recordBytesMax) || recordBytesMax < 1 || recordBytesMax > RECORD_BYTES_MOST) {
    throw new LastcallError('usage', {
      what: `recordBytesMax is ${recordBytesMax}`,
      on: pattern,
      todo: `Give a whole number of bytes, 1 to ${RECORD_BYTES_MOST}.`,
    });
  }
  durationMs(options.poll ?? '1s', `${pattern}: poll`);
}
