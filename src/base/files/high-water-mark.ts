// A number that only grows, kept apart from the history that it counts, so that a history that lost its tail is
// noticed: one flipped bit in a WAL silently drops all that comes after it. Two slots are written in turn, each sealed
// and in a page of its own: a torn write spoils only the slot that was being written. An advance costs one fsync.
import { assert } from '../assert.ts';
import { LastcallError } from '../errors.ts';
import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { readFileIfThere } from './read-file.ts';
import { sealed, unsealed } from './sealed.ts';
import { io, quietly, runAsync, writeAll } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';
import { writeFileDurably } from './write-file.ts';

/** Slots lie this far apart: no device tears both at once. */
const SLOT_BYTES = 4_096;
const SLOTS = 2;
/** A float64 with its checksum. */
const SEALED_BYTES = 12;

export class HighWaterMark implements AsyncDisposable {
  readonly path: string;
  readonly #files: FileLayer;
  #file: number | null;
  #slot: number;
  #value: number;
  #wanted: number;
  #writing: Promise<void> | null = null;
  #failure: unknown = null;

  private constructor(path: string, files: FileLayer, file: number, slot: number, value: number) {
    this.path = path;
    this.#files = files;
    this.#file = file;
    this.#slot = slot;
    this.#value = value;
    this.#wanted = value;
  }

  /**
   * Opens the mark, creating it at 0 (0600).
   * @throws LastcallError `state_refused` if both slots are damaged; `disk_full`, `io`, `not_found` (no such directory)
   */
  static async open(path: string, files: FileLayer = systemFiles): Promise<HighWaterMark> {
    let content = await readFileIfThere(path, files);
    if (content === null) {
      content = new Uint8Array(SLOTS * SLOT_BYTES);
      content.set(sealedValue(0));
      await writeFileDurably(path, content, { files });
    }
    const newest = newestSlot(path, content);
    try {
      const file = await runAsync(files, io.open(path, 'r+', 0));
      return new HighWaterMark(path, files, file, newest.slot, newest.value);
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /** The value of a mark, without opening it for writing; null if there is none. @throws as `open` */
  static async read(path: string, files: FileLayer = systemFiles): Promise<number | null> {
    const content = await readFileIfThere(path, files);
    return content && newestSlot(path, content).value;
  }

  /** What is durable. */
  get value(): number {
    return this.#value;
  }

  /**
   * Resolves when the mark is durably at `value` or above. Calls that come while one is being written are written
   * together, so it need not be awaited each time. After a failure every call fails, until it is opened again.
   * @param value a safe integer, not below an earlier one
   * @throws LastcallError `disk_full` or `io`
   */
  async raise(value: number): Promise<void> {
    assert(Number.isSafeInteger(value) && value >= this.#wanted, `mark raised from ${this.#wanted} to ${value}`);
    this.#wanted = value;
    while (this.#value < value) {
      if (this.#failure !== null) throw fileError(this.#failure, this.path);
      assert(this.#file !== null, `${this.path} used after close`);
      this.#writing ??= this.#write(this.#file);
      await this.#writing;
    }
  }

  /** Waits for what is being written, then closes. May be called again. */
  async close(): Promise<void> {
    await this.#writing;
    const file = this.#file;
    this.#file = null;
    if (file !== null) await runAsync(this.#files, quietly(io.close(file)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #write(file: number): Promise<void> {
    const value = this.#wanted;
    const slot = (this.#slot + 1) % SLOTS;
    try {
      await runAsync(this.#files, writeSlotSteps(file, slot, value));
      this.#slot = slot;
      this.#value = value;
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#writing = null;
    }
  }
}

function* writeSlotSteps(file: number, slot: number, value: number): Steps<void> {
  yield* writeAll(file, sealedValue(value), slot * SLOT_BYTES);
  yield* io.sync(file);
}

function sealedValue(value: number): Uint8Array {
  return sealed(new Uint8Array(Float64Array.of(value).buffer));
}

function newestSlot(path: string, content: Uint8Array): { slot: number; value: number } {
  let newest: { slot: number; value: number } | null = null;
  for (let slot = 0; slot < SLOTS; slot++) {
    const start = slot * SLOT_BYTES;
    const bytes = unsealed(content.slice(start, start + SEALED_BYTES));
    if (bytes?.length !== SEALED_BYTES - 4) continue;
    const value = new Float64Array(bytes.slice().buffer)[0]!;
    if (!newest || value > newest.value) newest = { slot, value };
  }
  if (newest) return newest;
  throw new LastcallError('state_refused', {
    what: 'both copies of the high-water mark are damaged',
    on: path,
    todo: 'Verify the state with `lastcall verify`; the mark is made anew when this file is removed.',
  });
}
