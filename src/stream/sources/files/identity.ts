// By what a file is known again: device and inode while it lives, and the hash of its first bytes, which survives being
// copied back from a backup. Growing changes neither; rotation, truncation and replacement do.
import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { messageOf, LastcallError } from '../../../base/errors.ts';

/** First bytes that are hashed, as many as there are. */
export const PREFIX_BYTES_MAX = 4_096;

export interface FileFacts {
  readonly path: string;
  /** `device:inode`. */
  readonly inode: string;
  readonly sizeBytes: number;
  /** Changes whenever the content does. */
  readonly stamp: string;
}

/** null: there is no such file, or it is no regular file. */
export async function factsOf(path: string): Promise<FileFacts | null> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) return null;
    const { dev, ino, size, mtimeNs } = found;
    return { path, inode: `${dev}:${ino}`, sizeBytes: Number(size), stamp: `${size}:${mtimeNs}` };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw unreadable(path, error);
  }
}

export async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** SHA-256 of the first `length` bytes, hex; null if there are fewer. */
export async function prefixHash(path: string, length: number): Promise<string | null> {
  if (length === 0) return createHash('sha256').digest('hex');
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch {
    return null;
  }
  try {
    const bytes = Buffer.alloc(length);
    if ((await readFully(handle, bytes, 0)) < length) return null;
    return createHash('sha256').update(bytes).digest('hex');
  } finally {
    await handle.close();
  }
}

/** Fills `bytes` from `position` as far as the file goes; how many were read. */
export async function readFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

export function unreadable(path: string, cause: unknown): LastcallError {
  return new LastcallError('dependency', {
    what: `the file cannot be read: ${messageOf(cause)}`,
    on: path,
    todo: 'Check the path and its permissions.',
    cause,
  });
}
