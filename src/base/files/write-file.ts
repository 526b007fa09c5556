// Replacing a file so that at every moment, power loss included, its name holds the old content or the new one, whole;
// and once the call has returned, the new one.
import { dirname } from 'node:path';

import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { io, quietly, runAsync, runSync, syncDirectorySteps, withFile, writeAll } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';
import { temporaryName } from './temporary.ts';

export interface WriteOptions {
  /** Permissions of the file. Default 0600. */
  mode?: number;
  /** Where to write. Default: the machine's file system. */
  files?: FileLayer;
}

/**
 * Replaces or creates `path`: temporary file, full write, fsync, rename, fsync of the directory, which must exist.
 * If it throws, no temporary file is left, and `path` holds the old content, or the new one if only the last fsync failed.
 * @param content text is written as UTF-8
 * @throws LastcallError `disk_full`, `io` or `not_found` (no such directory)
 */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  try {
    await runAsync(options.files ?? systemFiles, writeSteps(path, bytesOf(content), options.mode ?? 0o600));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The same, blocking: for the shutdown report, which is written when nothing else runs any more. */
export function writeFileDurablySync(path: string, content: string | Uint8Array, options: WriteOptions = {}): void {
  try {
    runSync(options.files ?? systemFiles, writeSteps(path, bytesOf(content), options.mode ?? 0o600));
  } catch (error) {
    throw fileError(error, path);
  }
}

function* writeSteps(path: string, bytes: Uint8Array, mode: number): Steps<void> {
  const temporary = temporaryName(path);
  try {
    yield* writeNewFileSteps(temporary, bytes, mode);
    yield* io.rename(temporary, path);
  } catch (error) {
    yield* quietly(io.unlink(temporary));
    throw error;
  }
  yield* syncDirectorySteps(dirname(path));
}

/** Creates a file with its content on the device. Its name is durable only when the directory is fsynced. */
export function* writeNewFileSteps(path: string, bytes: Uint8Array, mode: number): Steps<void> {
  yield* withFile(path, 'wx+', mode, function* (file) {
    yield* writeAll(file, bytes, 0);
    yield* io.sync(file);
  });
}

export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}
