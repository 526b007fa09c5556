// Bytes of one column chunk, read as they are needed: a chunk may be far larger than what one read of a few thousand rows
// touches, and a run that resumes in its middle must not have to load all of it first.
import type { ByteReader } from './file.ts';

/** Bytes that are read at least at once, as far as the chunk goes. */
const WINDOW_BYTES = 1024 * 1024;

export class ChunkWindow {
  /** Bytes of the chunk. */
  readonly length: number;
  readonly #bytes: Pick<ByteReader, 'read'>;
  readonly #from: number;
  readonly #windowBytes: number;
  #window: Uint8Array = new Uint8Array();
  #windowAt = 0;

  /** @param from offset of the chunk in the file @param to offset behind it */
  constructor(bytes: Pick<ByteReader, 'read'>, from: number, to: number, windowBytes = WINDOW_BYTES) {
    this.#bytes = bytes;
    this.#from = from;
    this.#windowBytes = windowBytes;
    this.length = to - from;
  }

  /** Bytes `at` … of the chunk, as many as asked for or as there are. They stay valid. */
  async load(at: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.length, at + length);
    if (at < this.#windowAt || end > this.#windowAt + this.#window.length) {
      const windowEnd = Math.min(this.length, Math.max(end, at + this.#windowBytes));
      this.#window = await this.#bytes.read(this.#from + at, this.#from + windowEnd);
      this.#windowAt = at;
    }
    return this.#window.subarray(at - this.#windowAt, end - this.#windowAt);
  }
}
