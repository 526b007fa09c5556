// Records that wait for a stopped branch, in the order in which they came. The queue is state like any other: written with
// the epoch that steps over its records, undone with it, verified by its checksums, and a part of archives. A parked record
// is one piece, its key the number under which it was parked; numbers are shared by the queues of a pipeline.
import { deserialize, serialize } from 'node:v8';
import { START } from '../../ports.ts';
import type { Batch, Piece, Position, StateInstance } from '../../ports.ts';
import type { StoredPieces } from './slots.ts';

export interface Parked {
  readonly partition: number;
  readonly position: Position;
  readonly record: unknown;
}

interface Entry {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export class ParkedQueue implements StateInstance<ParkedQueue> {
  readonly handle: ParkedQueue = this;
  #entries: Entry[] = [];
  /** Index of the first one that waits. */
  #head = 0;
  /** Of those that wait. */
  #bytes = 0;
  /** Committed numbers reach up to here. */
  #saved = -1;
  /** Committed ones that were taken off since. */
  #gone: number[] = [];

  get size(): number {
    return this.#entries.length - this.#head;
  }

  /** How many more it may hold; as far as bytes go, records like those that are in it. */
  room(recordsMax: number, bytesMax: number): number {
    const byBytes = this.size === 0 ? recordsMax : Math.ceil((bytesMax - this.#bytes) / (this.#bytes / this.size));
    return Math.min(recordsMax - this.size, byBytes);
  }

  /** Number of the newest one that waits; −1 without any. */
  get newest(): number {
    return this.size === 0 ? -1 : this.#entries.at(-1)!.number;
  }

  /** Number of the one at `index` from the front; infinite where there is none. */
  numberAt(index: number): number {
    return this.#entries[this.#head + index]?.number ?? Number.POSITIVE_INFINITY;
  }

  at(index: number): Parked {
    const [partition, position, record] = deserialize(this.#entries[this.#head + index]!.bytes) as unknown[];
    return { partition, position, record } as Parked;
  }

  /** @param number greater than any before */
  park(number: number, { partition, position, record }: Parked): void {
    // A record of columns is a view that moves on: its fields are read now.
    const copy: unknown = typeof record === 'object' && record !== null ? { ...record } : record;
    this.#push({ number, bytes: serialize([partition, position, Array.isArray(record) ? record : copy]) });
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes.length;
  }

  /** The first one is done. */
  shift(): void {
    const { number, bytes } = this.#entries[this.#head]!;
    this.#bytes -= bytes.length;
    if (number <= this.#saved) this.#gone.push(number);
    this.#head += 1;
    if (this.#head < 1_024 || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }

  load(pieces: StoredPieces): void {
    for (const { key, value } of pieces) {
      const number = Number(Buffer.from(key as Uint8Array).readBigUInt64BE());
      // The bytes may be a view of memory that is used again.
      this.#push({ number, bytes: new Uint8Array(value) });
      this.#saved = number;
    }
  }

  changes(): readonly Piece[] {
    const gone = this.#gone.map((number) => ({ key: keyOf(number), value: null }));
    return [...gone, ...this.#from(this.#firstUnsaved())];
  }

  markCommitted(): void {
    this.#gone = [];
    this.#saved = Math.max(this.#saved, this.newest);
  }

  pieces(): StoredPieces {
    return this.#from(this.#head);
  }

  #firstUnsaved(): number {
    let index = this.#entries.length;
    while (index > this.#head && this.#entries[index - 1]!.number > this.#saved) index -= 1;
    return index;
  }

  #from(index: number): { key: Uint8Array; value: Uint8Array }[] {
    return this.#entries.slice(index).map(({ number, bytes }) => ({ key: keyOf(number), value: bytes }));
  }
}

/** Parked records that follow one another in one partition, each for one branch, to be processed as a batch. */
export class ParkedBatch {
  readonly after = START;
  readonly columns?: never;
  readonly partition: number;
  readonly rows: readonly unknown[];
  /** Number of the branch, by row. */
  readonly branches: readonly number[];
  readonly #positions: readonly Position[];
  readonly #takeOff: (branch: number) => void;

  /** @param takeOff called for each row that is done */
  constructor(rows: readonly (Parked & { readonly branch: number })[], takeOff: (branch: number) => void) {
    this.partition = rows[0]!.partition;
    this.rows = rows.map(({ record }) => record);
    this.branches = rows.map(({ branch }) => branch);
    this.#positions = rows.map(({ position }) => position);
    this.#takeOff = takeOff;
  }

  get length(): number {
    return this.rows.length;
  }

  positionAfter(index: number): Position {
    return this.#positions[index]!;
  }

  /** Rows `from` … `to` − 1 are dealt with. */
  done(from: number, to: number): void {
    for (let index = from; index < to; index++) this.#takeOff(this.branches[index]!);
  }
}

export function isParked(batch: Batch): batch is Batch & ParkedBatch {
  return batch instanceof ParkedBatch;
}

/** Eight bytes, so that keys sort as numbers do. */
function keyOf(number: number): Uint8Array {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(number));
  return key;
}
