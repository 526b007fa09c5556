// The high mark: number and hash of the newest committed epoch, in a file of its own. One flipped bit in a write-ahead log
// silently drops its tail, and the database then looks whole, only older; the mark knows better (facts: 50 epochs became
// 24, integrity `ok`). It is written after each COMMIT, so it is never ahead of the database, and made durable in the
// background: a crash of the process keeps it, a power loss may leave it a few epochs behind.
import { closeSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { fileError, writeFileDurably } from '../../../base/files/index.ts';
import { whyUnreadable } from '../../archive/unreadable.ts';

export interface Mark {
  readonly epoch: number;
  readonly hash: string;
}

const FILE = 'mark';
/** Two copies, written in turn, each in a block of its own: a torn write leaves the other. */
const COPY_BYTES = 512;

/** The mark of a directory; null if there is none. `damaged`: it has no valid copy, or cannot be read. */
export function readMark(directory: string): Mark | 'damaged' | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(directory, FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (whyUnreadable(error) !== null) return 'damaged';
    throw fileError(error, join(directory, FILE));
  }
  const copies = [parse(bytes.subarray(0, COPY_BYTES)), parse(bytes.subarray(COPY_BYTES, COPY_BYTES * 2))];
  const valid = copies.filter((copy) => copy !== null);
  if (valid.length === 0) return 'damaged';
  return valid.reduce((newest, copy) => (copy.epoch > newest.epoch ? copy : newest));
}

/** Replaces the mark, durably: at the beginning, and when an older state was restored. */
export async function resetMark(directory: string, mark: Mark): Promise<void> {
  await writeFileDurably(join(directory, FILE), Buffer.concat([format(mark), format(mark)]));
}

/** The mark file of a verified state whose newest epoch is `newest`. */
export async function openMark(directory: string, newest: Mark): Promise<MarkFile> {
  const found = readMark(directory);
  if (found === null || found === 'damaged') await resetMark(directory, newest);
  const mark = new MarkFile(directory);
  mark.raise(newest);
  return mark;
}

export class MarkFile {
  readonly #path: string;
  readonly #file: number;
  #copy = 0;
  #dirty = false;
  #syncing: Promise<void> | null = null;

  /** @param directory one whose mark was reset or read before */
  constructor(directory: string) {
    this.#path = join(directory, FILE);
    try {
      this.#file = openSync(this.#path, 'r+');
    } catch (error) {
      throw fileError(error, this.#path);
    }
  }

  /** @throws LastcallError `io`, `disk_full` */
  raise(mark: Mark): void {
    this.#copy = 1 - this.#copy;
    try {
      writeSync(this.#file, format(mark), 0, COPY_BYTES, this.#copy * COPY_BYTES);
    } catch (error) {
      throw fileError(error, this.#path);
    }
    this.#dirty = true;
    this.#syncing ??= this.#sync();
  }

  /** One fdatasync at a time; epochs committed meanwhile share the next. */
  async #sync(): Promise<void> {
    while (this.#dirty) {
      this.#dirty = false;
      // A failure is not worth an ending: the mark only lags behind, as after a power loss.
      await new Promise<void>((resolve) => fdatasync(this.#file, () => resolve()));
    }
    this.#syncing = null;
  }

  async close(): Promise<void> {
    await this.#syncing;
    closeSync(this.#file);
  }
}

/** `epoch hash checksum` and a newline, padded with spaces: for people with `cat` too. */
function format({ epoch, hash }: Mark): Buffer {
  const text = `${epoch} ${hash}`;
  return Buffer.from(`${text} ${crc32(text)}`.padEnd(COPY_BYTES - 1) + '\n');
}

function parse(bytes: Buffer): Mark | null {
  const [epoch, hash, checksum] = bytes.toString('latin1').trimEnd().split(' ');
  if (epoch === undefined || hash === undefined || checksum !== String(crc32(`${epoch} ${hash}`))) return null;
  return { epoch: Number(epoch), hash };
}
