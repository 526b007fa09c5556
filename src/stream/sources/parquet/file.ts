// A Parquet file: its footer, its fingerprint, and reads of byte ranges through one descriptor, so that a file that is
// replaced by a rename while it is read does not mix into what is read.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { parquetMetadata, parquetSchema, type FileMetaData } from 'hyparquet';
import { LastcallError, messageOf } from '../../../base/errors.ts';

/** A footer larger than this is taken for damage. */
const FOOTER_BYTES_MAX = 256 * 1024 * 1024;

export interface Footer {
  /** SHA-256 over size and footer: row counts, offsets, sizes and statistics of every column of every row group. */
  readonly fingerprint: string;
  readonly sizeBytes: number;
  readonly metadata: FileMetaData;
}

/**
 * Reads the footer.
 * @throws LastcallError `dependency` if the file cannot be read, `state_refused` if it is not a whole Parquet file
 */
export function readFooter(path: string): Footer {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw cannotRead(path, error);
  }
  try {
    return parseFooter(path, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function parseFooter(path: string, descriptor: number): Footer {
  const sizeBytes = fstatSync(descriptor).size;
  const footerBytes = sizeBytes < 12 ? 0 : readAt(descriptor, sizeBytes - 8, 8).readUInt32LE(0) + 8;
  if (footerBytes <= 8 || footerBytes > Math.min(sizeBytes - 4, FOOTER_BYTES_MAX)) throw damaged(path, 'no footer');
  const bytes = readAt(descriptor, sizeBytes - footerBytes, footerBytes);
  let metadata: FileMetaData;
  try {
    metadata = parquetMetadata(new Uint8Array(bytes), { geoparquet: false });
    parquetSchema(metadata); // throws where the schema's elements do not make a tree
    if (metadata.row_groups.some((group) => !(group.num_rows >= 0n)))
      throw new Error('a row group without a number of rows');
  } catch (error) {
    throw damaged(path, messageOf(error));
  }
  const fingerprint = createHash('sha256').update(`${sizeBytes}\n`).update(bytes).digest('hex');
  return { fingerprint, sizeBytes, metadata };
}

function readAt(descriptor: number, position: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const count = readSync(descriptor, bytes, done, size - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** Byte ranges of a file, by one descriptor. */
export class ByteReader {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<ByteReader> {
    try {
      return new ByteReader(path, await open(path, 'r'));
    } catch (error) {
      throw cannotRead(path, error);
    }
  }

  /** Bytes `from` … `to` (exclusive). @throws LastcallError `io` if the file is shorter by now */
  async read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(to - from);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, from + done);
      if (bytesRead === 0) throw damaged(this.#path, `it ends before byte ${to}`);
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function cannotRead(path: string, cause: unknown): LastcallError {
  return new LastcallError('dependency', {
    what: `the file cannot be read: ${messageOf(cause)}`,
    on: path,
    todo: 'Check the path and its permissions.',
    cause,
  });
}

/** A Parquet file whose bytes are not what its format says. */
export function damaged(on: string, what: string): LastcallError {
  return new LastcallError('state_refused', {
    what: `not a whole Parquet file: ${what}`,
    on,
    todo: 'Restore the file, or name another one.',
  });
}
