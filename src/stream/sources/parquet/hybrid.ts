// The run-length / bit-packed hybrid in which Parquet writes dictionary codes and definition levels
// (https://parquet.apache.org/docs/file-format/data-pages/encodings/, "RLE/Bit-Packing Hybrid"), read piece by piece:
// a read of 20,000 of 270,000 rows decodes 20,000, and a resume in the middle skips runs instead of decoding them.

/** A cursor over one encoded stream. Throws an Error when the stream ends early; the caller names file and column. */
export class HybridReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #width: number;
  #offset: number;
  /** Bits of the byte at `#offset` that are used up, 0 … 7; only within a bit-packed run. */
  #shift = 0;
  /** Values left in the current run. */
  #left = 0;
  #packed = false;
  #repeated = 0;

  /** @param width bits per value, 0 … 32 */
  constructor(bytes: Uint8Array, start: number, end: number, width: number) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
    this.#width = width;
  }

  /** Decodes the next `count` values into `out` from index 0. */
  read(out: Uint32Array, count: number): void {
    let at = 0;
    while (at < count) {
      if (this.#left === 0) this.#nextRun();
      const take = Math.min(this.#left, count - at);
      if (!this.#packed) out.fill(this.#repeated, at, at + take);
      else if (this.#width === 8) this.#unpackBytes(out, at, take);
      else this.#unpack(out, at, take);
      this.#left -= take;
      at += take;
    }
  }

  skip(count: number): void {
    let togo = count;
    while (togo > 0) {
      if (this.#left === 0) this.#nextRun();
      const take = Math.min(this.#left, togo);
      if (this.#packed) this.#advance(take);
      this.#left -= take;
      togo -= take;
    }
  }

  /** Consumes `count` values if the current run says that all of them are `value`; else consumes none. */
  takeRun(value: number, count: number): boolean {
    if (this.#left === 0) this.#nextRun();
    if (this.#packed || this.#repeated !== value || this.#left < count) return false;
    this.#left -= count;
    return true;
  }

  #nextRun(): void {
    if (this.#width === 0) {
      this.#packed = false;
      this.#repeated = 0;
      this.#left = 2 ** 31;
      return;
    }
    const header = this.#varint();
    this.#packed = header % 2 === 1;
    const size = Math.floor(header / 2);
    this.#left = this.#packed ? size * 8 : size;
    this.#shift = 0;
    if (this.#left === 0) throw new Error('a run of no values');
    if (!this.#packed) {
      this.#repeated = 0;
      for (let byte = 0; byte < Math.ceil(this.#width / 8); byte++) this.#repeated += this.#byte() * 2 ** (8 * byte);
    }
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 35; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Error('a run length that does not end');
  }

  #byte(): number {
    if (this.#offset >= this.#end) throw new Error('a page that ends early');
    return this.#bytes[this.#offset++]!;
  }

  #advance(count: number): void {
    const bits = this.#shift + count * this.#width;
    this.#offset += Math.floor(bits / 8);
    this.#shift = bits % 8;
    // The last group of a page may be cut short behind its last value, so only whole values are asked for.
    if (this.#offset + (this.#shift > 0 ? 1 : 0) > this.#end) throw new Error('a page that ends early');
  }

  #unpackBytes(out: Uint32Array, at: number, count: number): void {
    const from = this.#offset;
    const bytes = this.#bytes;
    this.#advance(count);
    for (let index = 0; index < count; index++) out[at + index] = bytes[from + index]!;
  }

  #unpack(out: Uint32Array, at: number, count: number): void {
    const width = this.#width;
    const bytes = this.#bytes;
    let offset = this.#offset;
    let shift = this.#shift;
    this.#advance(count);
    let index = at;
    const stop = at + count;
    // Four bytes hold any value of up to 25 bits together with the 7 bits that may be used up before it.
    if (width <= 25) {
      const mask = 2 ** width - 1;
      const windowEnd = bytes.length - 4;
      for (; index < stop && offset <= windowEnd; index++) {
        const window =
          bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
        out[index] = (window >>> shift) & mask;
        shift += width;
        offset += shift >>> 3;
        shift &= 7;
      }
    }
    for (; index < stop; index++) {
      let value = 0;
      for (let bit = 0; bit < width; bit++) {
        value += ((bytes[offset]! >>> shift) & 1) * 2 ** bit;
        if (++shift === 8) {
          shift = 0;
          offset++;
        }
      }
      out[index] = value;
    }
  }
}
