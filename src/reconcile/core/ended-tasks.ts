// Which tasks ended, and through which attempt: what tells a `started` line that comes late, or twice, from work that
// began and never ended. Twelve bytes a task in an open hash table. Memory is bounded: there are two tables, and when
// the younger one is full it becomes the elder and the elder is forgotten. What was forgotten ended no later than
// `horizonMs`; a line from before it about a task that is not known proves nothing any more (invariant 9).
import { hashId } from './id-hash.ts';

/** In place of an attempt: completed, so that no attempt of it is work any more. */
export const COMPLETED = 0xffff;

/** Words of a slot: two of the hash, one with the attempt. */
const WORDS = 3;
const SLOTS_FIRST = 2 ** 12;
const LOAD_MAX = 0.75;
/** Slots that are stored as one piece. */
export const SLOTS_PER_PIECE = 1_024;

/** What is stored of a table. */
export interface EndedTable {
  readonly slots: Uint32Array;
  readonly count: number;
  readonly newestMs: number;
}

class Table {
  slots: Uint32Array;
  count: number;
  newestMs: number;
  readonly slotsMax: number;
  /** Pieces that changed since they were stored; all of them after it grew. */
  changed = new Set<number>();
  isAnew = true;

  constructor(slotsMax: number, stored?: EndedTable) {
    this.slotsMax = slotsMax;
    this.slots = stored?.slots ?? new Uint32Array(Math.min(SLOTS_FIRST, slotsMax) * WORDS);
    this.count = stored?.count ?? 0;
    this.newestMs = stored?.newestMs ?? -Infinity;
    this.isAnew = stored === undefined;
  }

  /** Index of the slot that has the hash, or of the free one where it would be. */
  find(a: number, b: number): number {
    const mask = this.slots.length / WORDS - 1;
    const { slots } = this;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (slots[at + 2] === 0 || (slots[at] === a && slots[at + 1] === b)) return at;
    }
  }

  set(a: number, b: number, attempt: number): void {
    let at = this.find(a, b);
    if (this.slots[at + 2] === 0) {
      if (this.count + 1 > (this.slots.length / WORDS) * LOAD_MAX) {
        this.#grow();
        at = this.find(a, b);
      }
      this.count++;
    }
    this.slots[at] = a;
    this.slots[at + 1] = b;
    this.slots[at + 2] = attempt;
    if (!this.isAnew) this.changed.add(Math.floor(at / WORDS / SLOTS_PER_PIECE));
  }

  get isFull(): boolean {
    return this.count + 1 > this.slotsMax * LOAD_MAX;
  }

  #grow(): void {
    const before = this.slots;
    this.slots = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += WORDS) {
      if (before[at + 2] === 0) continue;
      const to = this.find(before[at]!, before[at + 1]!);
      this.slots[to] = before[at]!;
      this.slots[to + 1] = before[at + 1]!;
      this.slots[to + 2] = before[at + 2]!;
    }
    this.isAnew = true;
    this.changed.clear();
  }
}

/** What is to be stored of one table: pieces by number, or all of them. */
export interface EndedChange {
  readonly isAnew: boolean;
  readonly pieces: readonly { readonly number: number; readonly words: Uint32Array }[];
  /** Length of the whole table. */
  readonly words: number;
  readonly count: number;
  readonly newestMs: number;
}

export class EndedTasks {
  /** Tasks that ended before or at this time may have been forgotten; −Infinity while none were. */
  horizonMs: number;
  #younger: Table;
  #elder: Table;
  readonly #slotsMax: number;
  readonly #hash = new Uint32Array(2);

  /** @param slotsMax of each of the two tables, a power of two ≥ 4,096: 12 bytes each, three quarters of them used */
  constructor(slotsMax: number, stored?: { younger: EndedTable; elder: EndedTable; horizonMs: number }) {
    this.#slotsMax = slotsMax;
    this.#younger = new Table(slotsMax, stored?.younger);
    this.#elder = new Table(slotsMax, stored?.elder);
    this.horizonMs = stored?.horizonMs ?? -Infinity;
  }

  /** Tasks that are remembered. */
  get count(): number {
    return this.#younger.count + this.#elder.count;
  }

  /** The last attempt that ended; 0 if none did that is remembered; `COMPLETED`. */
  closedThrough(taskId: string): number {
    hashId(taskId, this.#hash);
    const [a, b] = [this.#hash[0]!, this.#hash[1]!];
    return Math.max(this.#younger.slots[this.#younger.find(a, b) + 2]!, this.#elder.slots[this.#elder.find(a, b) + 2]!);
  }

  /** @param attempt the one that ended, or `COMPLETED` */
  close(taskId: string, attempt: number, timeMs: number): void {
    const known = this.closedThrough(taskId);
    if (known >= attempt) return;
    if (this.#younger.isFull) this.#forget();
    this.#younger.set(this.#hash[0]!, this.#hash[1]!, attempt);
    if (timeMs > this.#younger.newestMs) this.#younger.newestMs = timeMs;
  }

  /** What is to be stored of each table; `younger` and `elder` are the names under which it is loaded again. */
  changes(): { readonly younger: EndedChange; readonly elder: EndedChange } {
    return { younger: changeOf(this.#younger), elder: changeOf(this.#elder) };
  }

  /** What `changes` gave is durable. */
  markStored(): void {
    for (const table of [this.#younger, this.#elder]) {
      table.isAnew = false;
      table.changed.clear();
    }
  }

  #forget(): void {
    this.horizonMs = Math.max(this.horizonMs, this.#elder.newestMs);
    this.#elder = this.#younger;
    this.#elder.isAnew = true; // it is stored under another name from now on
    this.#younger = new Table(this.#slotsMax);
  }
}

function changeOf(table: Table): EndedChange {
  const pieceWords = SLOTS_PER_PIECE * WORDS;
  const pieces = Math.ceil(table.slots.length / pieceWords);
  const numbers = table.isAnew ? Array.from({ length: pieces }, (_, number) => number) : [...table.changed];
  return {
    isAnew: table.isAnew,
    pieces: numbers.map((number) => ({
      number,
      words: table.slots.subarray(number * pieceWords, (number + 1) * pieceWords),
    })),
    words: table.slots.length,
    count: table.count,
    newestMs: table.newestMs,
  };
}
