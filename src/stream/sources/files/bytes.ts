// The uncompressed bytes of one file from an offset on, in pieces. Plain files may grow while they are read; gzip files
// (known by their first two bytes, so that their names do not matter) are taken as they are and read from the start.
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { openForReading, readFully, unreadable } from './identity.ts';

/** Bytes of a plain file that are read at once. */
const PIECE_BYTES = 1024 * 1024;

export interface FileBytes {
  /** Whether more may be appended later. */
  readonly grows: boolean;
  /** The next bytes; null at the end, which for a growing file may move. @throws LastcallError */
  next(): Promise<Buffer | null>;
  close(): Promise<void>;
}

/** @throws LastcallError `dependency` if it cannot be read, `state_refused` if it ends before `offset` */
export async function openBytes(path: string, offset: number): Promise<FileBytes> {
  const handle = await openForReading(path);
  const magic = Buffer.alloc(2);
  try {
    const isGzip = (await readFully(handle, magic, 0)) === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
    if (!isGzip) {
      const { size } = await handle.stat();
      if (size < offset) throw shortened(path, offset);
      return new PlainBytes(path, handle, offset);
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return GzipBytes.open(path, offset);
}

class PlainBytes implements FileBytes {
  readonly grows = true;
  readonly #path: string;
  readonly #handle: FileHandle;
  #offset: number;

  constructor(path: string, handle: FileHandle, offset: number) {
    this.#path = path;
    this.#handle = handle;
    this.#offset = offset;
  }

  async next(): Promise<Buffer | null> {
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    const { bytesRead } = await this.#handle.read(piece, 0, piece.length, this.#offset);
    if (bytesRead === 0) {
      // Cut short below what was read, as `copytruncate` does: what was written in between is gone, and what comes now
      // would be taken for the rest of an old line.
      if ((await this.#handle.stat()).size < this.#offset) throw shortened(this.#path, this.#offset);
      return null;
    }
    this.#offset += bytesRead;
    return piece.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class GzipBytes implements FileBytes {
  readonly grows = false;
  readonly #path: string;
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #close: () => void;
  #rest: Buffer | null = null;

  private constructor(path: string) {
    const file = createReadStream(path);
    const gunzip = createGunzip();
    file.on('error', (error) => gunzip.destroy(unreadable(path, error)));
    this.#path = path;
    this.#pieces = (file.pipe(gunzip) as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.#close = () => {
      file.destroy();
      gunzip.destroy();
    };
  }

  static async open(path: string, offset: number): Promise<GzipBytes> {
    const bytes = new GzipBytes(path);
    try {
      for (let togo = offset; togo > 0;) {
        const piece = await bytes.next();
        if (!piece) throw shortened(path, offset);
        if (piece.length > togo) bytes.#rest = piece.subarray(togo);
        togo -= piece.length;
      }
      return bytes;
    } catch (error) {
      await bytes.close();
      throw error;
    }
  }

  async next(): Promise<Buffer | null> {
    if (this.#rest) {
      const rest = this.#rest;
      this.#rest = null;
      return rest;
    }
    try {
      const { done, value } = await this.#pieces.next();
      return done === true ? null : value;
    } catch (error) {
      if (error instanceof LastcallError) throw error;
      throw new LastcallError('state_refused', {
        what: `not a whole gzip file: ${messageOf(error)}`,
        on: this.#path,
        todo: 'Restore the file, or take it out.',
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    this.#close();
  }
}

function shortened(path: string, offset: number): LastcallError {
  return new LastcallError('state_refused', {
    what: `the file is shorter than it was: ${offset} bytes of it were read`,
    on: path,
    todo: 'Restore it. Logs that are followed are to be rotated by renaming, not by copytruncate.',
  });
}
