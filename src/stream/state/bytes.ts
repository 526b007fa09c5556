// Compact, deterministic bytes for pieces of state: unsigned and signed variable-length integers (7 bits a byte, low
// bits first, up to 2^53 − 1) and UTF-8 text with its length before it. The same values always give the same bytes.
import { LastcallError } from '../../base/errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

const INT32_MAX = 2 ** 31 - 1;

/** Grows as needed; `take` hands out a copy and starts afresh, so that one writer serves many pieces. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** @param value an integer in 0 … 2^53 − 1 */
  unsigned(value: number): void {
    this.#reserve(8);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    while (rest > INT32_MAX) {
      bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    // As integers of 32 bits, which nearly all are: several times as fast.
    let small = rest | 0;
    while (small >= 0x80) {
      bytes[at++] = (small & 0x7f) | 0x80;
      small >>= 7;
    }
    bytes[at++] = small;
    this.#length = at;
  }

  /** @param value an integer whose magnitude is below 2^52 */
  signed(value: number): void {
    this.unsigned(value < 0 ? -value * 2 - 1 : value * 2);
  }

  text(value: string): void {
    if (value.length < 0x80 && this.#asciiText(value)) return;
    const bytes = encoder.encode(value);
    this.unsigned(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Short ASCII, without the detour over the encoder. Says whether it was that; otherwise nothing was written. */
  #asciiText(value: string): boolean {
    this.#reserve(1 + value.length);
    for (let at = 0; at < value.length; at++) {
      const unit = value.charCodeAt(at);
      if (unit >= 0x80) return false;
      this.#bytes[this.#length + 1 + at] = unit;
    }
    this.#bytes[this.#length] = value.length;
    this.#length += 1 + value.length;
    return true;
  }

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads what ByteWriter wrote. Every method throws LastcallError `state_refused` where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #on: string;
  #at = 0;

  /** @param on what is read, named in errors */
  constructor(bytes: Uint8Array, on: string) {
    this.#bytes = bytes;
    this.#on = on;
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 8; index++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw this.damaged();
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    const length = this.unsigned();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw this.damaged();
    const text = decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return text;
  }

  damaged(): LastcallError {
    return refusedPiece(this.#on);
  }
}

/** The error for a piece of state that is not what this version wrote. */
export function refusedPiece(on: string, cause?: unknown): LastcallError {
  return new LastcallError('state_refused', {
    what: 'the stored piece of state cannot be read',
    on,
    todo: 'Resume from an archive that verifies; `lastcall verify` lists them.',
    cause,
  });
}
