// A file that grows at its end. What was synced is never lost or changed. What was appended after the last sync may be
// lost, torn or replaced by zeros when the power fails, so the owner keeps the synced length in a durable place and
// cuts the file back to it at the next start.
import { dirname } from 'node:path';

import { assert } from '../assert.ts';
import { LastcallError } from '../errors.ts';
import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { io, quietly, runAsync, syncDirectorySteps, withFile, writeAll } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';

/** One operation at a time: each is awaited before the next is begun. */
export class AppendFile implements AsyncDisposable {
  readonly path: string;
  readonly #files: FileLayer;
  #file: number | null;
  #length: number;
  #durableLength: number;
  #state: 'idle' | 'busy' | 'broken' = 'idle';

  private constructor(path: string, files: FileLayer, file: number, length: number) {
    this.path = path;
    this.#files = files;
    this.#file = file;
    this.#length = length;
    this.#durableLength = length;
  }

  /**
   * Opens the file at its end, creating it (0600) if it is not there. What it holds is made durable first.
   * @throws LastcallError `disk_full`, `io`, `not_found` (no such directory)
   */
  static async open(path: string, files: FileLayer = systemFiles): Promise<AppendFile> {
    try {
      const { file, length } = await runAsync(files, openSteps(path));
      return new AppendFile(path, files, file, length);
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /** Bytes in the file, with those not synced yet. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that survive power loss. */
  get durableLength(): number {
    return this.#durableLength;
  }

  /** Writes at the end, not yet durably. If it fails, the file is cut back to what it held before. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#run((file) => appendSteps(file, bytes, this.#length));
    this.#length += bytes.length;
  }

  /**
   * Makes all that was appended durable. A failed fsync leaves the device's content unknown, and asking again would be
   * answered with a false success: after a failure the object refuses everything but `close`.
   */
  async sync(): Promise<void> {
    await this.#run((file) => brokenIfFailed(io.sync(file)));
    this.#durableLength = this.#length;
  }

  /** Cuts the file to `length` bytes, durably. */
  async cutBack(length: number): Promise<void> {
    assert(length >= 0 && length <= this.#length, `${this.path} cut back to ${length} of ${this.#length} bytes`);
    await this.#run((file) => brokenIfFailed(cutSteps(file, length)));
    this.#length = length;
    this.#durableLength = length;
  }

  /** Closes the file without syncing it, so nothing is promised that could fail. May be called again. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file !== null) await runAsync(this.#files, quietly(io.close(file)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(steps: (file: number) => Steps<void>): Promise<void> {
    assert(this.#file !== null, `${this.path} used after close`);
    assert(this.#state !== 'busy', `${this.path} used by two at once`);
    if (this.#state === 'broken') throw brokenFile(this.path);
    this.#state = 'busy';
    try {
      await runAsync(this.#files, steps(this.#file));
      this.#state = 'idle';
    } catch (error) {
      this.#state = error instanceof Broken ? 'broken' : 'idle';
      throw fileError(error instanceof Broken ? error.cause : error, this.path);
    }
  }
}

/** After this failure what the device holds is not known. */
class Broken extends Error {}

function* brokenIfFailed(steps: Steps<void>): Steps<void> {
  try {
    yield* steps;
  } catch (error) {
    throw new Broken('broken', { cause: error });
  }
}

function* openSteps(path: string): Steps<{ file: number; length: number }> {
  const stat = yield* io.stat(path);
  if (stat === null) {
    yield* withFile(path, 'wx+', 0o600, (file) => io.sync(file));
    yield* syncDirectorySteps(dirname(path));
  }
  const file = yield* io.open(path, 'r+', 0);
  try {
    yield* io.sync(file);
  } catch (error) {
    yield* quietly(io.close(file));
    throw error;
  }
  return { file, length: stat?.size ?? 0 };
}

function* appendSteps(file: number, bytes: Uint8Array, position: number): Steps<void> {
  try {
    yield* writeAll(file, bytes, position);
  } catch (error) {
    yield* brokenIfFailed(io.truncate(file, position));
    throw error;
  }
}

function* cutSteps(file: number, length: number): Steps<void> {
  yield* io.truncate(file, length);
  yield* io.sync(file);
}

function brokenFile(path: string): LastcallError {
  return new LastcallError('io', {
    what: 'an earlier write to this file failed, so what the device holds is not known',
    on: path,
    todo: 'Open it again and cut it back to its last known length.',
  });
}
