// Files, patterns and directories, plain or gzip, rotated while they are read: the stream engine's JSON Lines source, which
// knows files again by inode and first bytes.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { LastcallError } from '../../base/errors.ts';
import { jsonl, type OpenSource, type Position } from '../../stream/index.ts';
import { readText, type FieldMap } from '../read-line.ts';
import type { LogBatch, LogSource, Row } from './source.ts';

const LINES_AT_ONCE = 1_000;

export interface FileLogOptions {
  readonly follow: boolean;
  readonly map: FieldMap;
  readonly database: DatabaseSync;
  /** Directory of the reconciliation's own state. */
  readonly directory: string;
}

/** @param path a file, a pattern, or a directory, of which every file is read @throws LastcallError `dependency` */
export async function openFileLog(path: string, options: FileLogOptions): Promise<LogSource> {
  const pattern = (await isDirectory(path)) ? join(path, '**', '*') : path;
  const { map } = options;
  const source = jsonl<Row>(pattern, { follow: options.follow, decode: (text) => readText(text, map) });
  const open = await source.open({ directory: options.directory, database: options.database });
  return new FileLog(source.identity, path, open);
}

class FileLog implements LogSource {
  readonly name: string;
  readonly #path: string;
  readonly #open: OpenSource;
  #isChecked = false;

  constructor(name: string, path: string, open: OpenSource) {
    this.name = name;
    this.#path = path;
    this.#open = open;
  }

  async read(position: unknown, signal: AbortSignal): Promise<LogBatch | 'idle' | 'end'> {
    const after = (position ?? []) as Position;
    if (!this.#isChecked && !(await this.#open.holds(0, after))) {
      throw new LastcallError('state_refused', {
        what: 'what was read of it before is not there any more, or is something else now',
        on: this.#path,
        todo: 'Restore the files, or begin anew under another --name: lines that were missed could be ends of tasks.',
      });
    }
    this.#isChecked = true;
    const result = await this.#open.read(0, after, LINES_AT_ONCE, signal);
    if (typeof result === 'string') return result;
    return { rows: result.rows as readonly Row[], position: result.positionAfter(result.length - 1) };
  }

  more(signal: AbortSignal): Promise<void> {
    return this.#open.more(signal);
  }

  close(): Promise<void> {
    return this.#open.close();
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // a pattern, or nothing: the source says so
  }
}
