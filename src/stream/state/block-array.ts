// A large array of numbers of which a commit writes only what changed. Each write marks the 4 KiB block that it falls
// in; `changes` hands out views of the marked blocks, without a copy. A block of zeros is the same as no block, so the
// stored pieces depend on the values alone, never on the history of writes.
//
// Bytes are little-endian, the order of every machine that Node runs on but for s390x, which is refused.
import { assert } from '../../base/assert.ts';
import { LastcallError } from '../../base/errors.ts';
import type { Piece } from '../ports.ts';
import { refusedPiece } from './bytes.ts';
import { pieceKey, type StoredPiece } from './pieces.ts';

export const BLOCK_BYTES = 4096;

const LENGTH_MAX = 2 ** 29;
const KEY = /^\d{10}$/;
const CLEAN = 0;
const DIRTY = 1;
/** Handed out by `changes`, not yet known to be durable. */
const PENDING = 2;

/** Grows to the length asked for, and never shrinks. */
export class BlockArray {
  /** Read freely; write through `set`. Replaced by `grow`, so do not keep it across calls. */
  values: Float64Array | Float32Array;
  readonly #shift: number;
  #blocks: Uint8Array;

  /** @param length number of values, zero at first; 1 … 2^29 */
  constructor(type: 'float64' | 'float32', length: number) {
    assert(Number.isSafeInteger(length) && length >= 1 && length <= LENGTH_MAX, 'length of a block array');
    if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) throw bigEndian();
    this.#shift = type === 'float64' ? 9 : 10;
    const blocks = Math.ceil(length / 2 ** this.#shift);
    this.values = this.#allocate(type, blocks);
    this.#blocks = new Uint8Array(blocks);
  }

  /** Writes one value. Not checked: an index outside of the array is lost, a NaN is stored. */
  set(index: number, value: number): void {
    this.touch(index, 1);
    this.values[index] = value;
  }

  /** Say before you write to `values` yourself: `count` values from `first` on, at most as many as a block holds. */
  touch(first: number, count: number): void {
    this.#blocks[first >>> this.#shift] = DIRTY;
    this.#blocks[(first + count - 1) >>> this.#shift] = DIRTY;
  }

  /** Makes room for at least `length` values; what is new is zero. */
  grow(length: number): void {
    if (length <= this.values.length) return;
    assert(length <= LENGTH_MAX, 'length of a block array');
    const grown = Math.min(Math.max(length, this.values.length * 2), LENGTH_MAX);
    const blocks = Math.ceil(grown / 2 ** this.#shift);
    const values = this.#allocate(this.#shift === 9 ? 'float64' : 'float32', blocks);
    values.set(this.values);
    this.values = values;
    const states = new Uint8Array(blocks);
    states.set(this.#blocks);
    this.#blocks = states;
  }

  load(pieces: Iterable<StoredPiece>): void {
    for (const { key, value } of pieces) {
      const name = pieceKey(key);
      if (!KEY.test(name) || value.length !== BLOCK_BYTES) throw refusedPiece(`block ${name}`);
      const block = Number(name);
      const length = (block + 1) * 2 ** this.#shift;
      if (length > LENGTH_MAX) throw refusedPiece(`block ${name}`);
      this.grow(length);
      this.#bytesOf(block).set(value);
    }
  }

  changes(): Piece[] {
    const pieces: Piece[] = [];
    const states = this.#blocks;
    for (let block = 0; block < states.length; block++) {
      if (states[block] === CLEAN) continue;
      states[block] = PENDING;
      const bytes = this.#bytesOf(block);
      pieces.push({ key: blockKey(block), value: isZero(bytes) ? null : bytes });
    }
    return pieces;
  }

  markCommitted(): void {
    const states = this.#blocks;
    for (let block = 0; block < states.length; block++) if (states[block] === PENDING) states[block] = CLEAN;
  }

  *pieces(): Generator<StoredPiece> {
    for (let block = 0; block < this.#blocks.length; block++) {
      const bytes = this.#bytesOf(block);
      if (!isZero(bytes)) yield { key: blockKey(block), value: bytes };
    }
  }

  #allocate(type: 'float64' | 'float32', blocks: number): Float64Array | Float32Array {
    const length = blocks * 2 ** this.#shift;
    return type === 'float64' ? new Float64Array(length) : new Float32Array(length);
  }

  #bytesOf(block: number): Uint8Array {
    return new Uint8Array(this.values.buffer, block * BLOCK_BYTES, BLOCK_BYTES);
  }
}

/** Ten digits, so that text order is numeric order. */
function blockKey(block: number): string {
  return String(block).padStart(10, '0');
}

function isZero(bytes: Uint8Array): boolean {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (let index = 0; index < words.length; index++) if (words[index] !== 0) return false;
  return true;
}

function bigEndian(): LastcallError {
  return new LastcallError('dependency', {
    what: 'this machine stores numbers in big-endian order, and states are little-endian',
    todo: 'Run the pipeline on an x86-64, ARM64, POWER (ppc64le) or RISC-V machine.',
  });
}
