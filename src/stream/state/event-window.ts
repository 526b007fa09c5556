// The events of the last `windowMs` of event time, per key: how many, and the sum of their values. Exact: an event is
// counted while its time > clock − window, where the clock is the newest time that was seen, over all keys. Pure: time
// comes with the events.
//
// The state is the events themselves, in chunks of a 64th of the window, each a piece; so a commit writes the chunks
// that gained or lost events, and no others. Counts and sums are derived: sums are of integers, hence exact, hence the
// same after a reload.
import type { Piece } from '../ports.ts';
import { ByteReader, ByteWriter, refusedPiece } from './bytes.ts';
import { EventChunk } from './event-chunk.ts';
import { checkKey } from './key.ts';
import { KeySlots } from './key-slots.ts';
import { pieceKey, type StoredPiece } from './pieces.ts';

const SPANS = 64;
/** Chunks that are kept for reuse: as many as a window has while they are small, a few large ones. */
const SPARE_MAX = SPANS;
const LARGE_SPARE_MAX = 4;
const SMALL_EVENTS = 256;
const CLOCK_KEY = 'clock';
const CHUNK_KEY = /^\d{17}$/;
/** Makes the number of a span positive, so that its text sorts as it does. Dates reach 8.64e15 ms either way. */
const BUCKET_OFFSET = 10n ** 16n;

export class EventWindow {
  readonly #windowMs: number;
  readonly #spanMs: number;
  #clock = -Infinity;
  #late = 0;
  /** Ascending by bucket. */
  readonly #chunks: EventChunk[] = [];
  /** Chunks to be used again: making their arrays is what costs most in a short window. */
  readonly #spare: EventChunk[] = [];
  /** No live event is older than this, so that most calls need not look for what expires. */
  #oldest = Infinity;
  readonly #slots = new KeySlots();

  readonly #changed = new Set<number>();
  readonly #pending = new Set<number>();
  #clockState: 'clean' | 'changed' | 'pending' = 'clean';

  /** @param windowMs whole milliseconds, at least 1 */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#spanMs = Math.ceil(windowMs / SPANS);
  }

  /** Events that came when they had left the window already: they are not counted. */
  get late(): number {
    return this.#late;
  }

  /** The newest time that was seen, milliseconds; null before the first. */
  get clock(): number | null {
    return this.#clock === -Infinity ? null : this.#clock;
  }

  /** Keys in the window, how many events each has, and the sum of their values. */
  entries(): Iterable<readonly [key: string, count: number, sum: number]> {
    return this.#slots.entries();
  }

  /** Keys that have an event in the window. */
  get size(): number {
    return this.#slots.used;
  }

  /** Counts one event of whole milliseconds and an integer value, and returns how many the key now has in the window. */
  add(key: string, time: number, value: number): number {
    this.#advance(time);
    if (time <= this.#clock - this.#windowMs) {
      this.#late++;
      this.#clockState = 'changed';
      return this.#slots.count(key);
    }
    const slot = this.#slots.slotFor(key);
    const chunk = this.#chunkAt(Math.floor(time / this.#spanMs));
    chunk.push(time, slot, value);
    if (!chunk.changed) this.#touch(chunk);
    if (time < this.#oldest) this.#oldest = time;
    return this.#slots.plus(slot, value);
  }

  /** Moves the clock to `time`, and returns how many events the key has in the window then. */
  count(key: string, time: number): number {
    this.#advance(time);
    return this.#slots.count(key);
  }

  /** As `count`: the sum of the values. */
  sum(key: string, time: number): number {
    this.#advance(time);
    return this.#slots.sum(key);
  }

  load(pieces: Iterable<StoredPiece>): void {
    for (const piece of pieces) {
      const name = pieceKey(piece.key);
      if (name === CLOCK_KEY) this.#loadClock(piece.value);
      else if (CHUNK_KEY.test(name)) this.#loadChunk(Number(BigInt(name) - BUCKET_OFFSET), name, piece.value);
      else throw refusedPiece(name);
    }
    this.#chunks.sort((left, right) => left.bucket - right.bucket);
    this.#oldest = -Infinity;
  }

  changes(): Piece[] {
    const writer = new ByteWriter();
    for (const bucket of this.#changed) this.#pending.add(bucket);
    this.#changed.clear();
    const chunks = new Map(this.#chunks.map((chunk) => [chunk.bucket, chunk]));
    const pieces: Piece[] = [];
    for (const bucket of this.#pending) {
      const chunk = chunks.get(bucket);
      if (chunk !== undefined) {
        chunk.changed = false;
        chunk.stored = true;
      }
      const live = chunk !== undefined && chunk.live > 0;
      pieces.push({ key: chunkKey(bucket), value: live ? this.#encode(chunk, writer) : null });
    }
    if (this.#clockState !== 'clean') {
      this.#clockState = 'pending';
      pieces.push(this.#clockPiece());
    }
    return pieces;
  }

  markCommitted(): void {
    this.#pending.clear();
    if (this.#clockState === 'pending') this.#clockState = 'clean';
  }

  *pieces(): Generator<StoredPiece> {
    const writer = new ByteWriter();
    for (const chunk of this.#chunks.filter((candidate) => candidate.live > 0)) {
      yield { key: chunkKey(chunk.bucket), value: this.#encode(chunk, writer) };
    }
    if (this.#clock !== -Infinity) yield this.#clockPiece();
  }

  #advance(time: number): void {
    if (time > this.#clock) {
      this.#clock = time;
      this.#clockState = 'changed';
    }
    const horizon = this.#clock - this.#windowMs;
    if (this.#oldest <= horizon) this.#expire(horizon);
  }

  #expire(horizon: number): void {
    for (;;) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      chunk.order();
      if (!chunk.changed && chunk.first <= horizon) this.#touch(chunk);
      while (chunk.first <= horizon) {
        this.#slots.minus(chunk.slots[chunk.expired]!, chunk.values[chunk.expired]!);
        chunk.expired++;
      }
      const end = (chunk.bucket + 1) * this.#spanMs;
      if (end > horizon + 1) {
        this.#oldest = Math.min(chunk.first, end);
        return;
      }
      this.#drop(chunk);
    }
    this.#oldest = Infinity;
  }

  /** Forgets the first chunk, which no event can reach any more. */
  #drop(chunk: EventChunk): void {
    this.#chunks.shift();
    if (!chunk.stored) this.#changed.delete(chunk.bucket);
    const spareMax = chunk.times.length <= SMALL_EVENTS ? SPARE_MAX : LARGE_SPARE_MAX;
    if (this.#spare.length < spareMax) this.#spare.push(chunk);
  }

  #chunkAt(bucket: number): EventChunk {
    let at = this.#chunks.length - 1;
    while (at >= 0 && this.#chunks[at]!.bucket > bucket) at--;
    const found = this.#chunks[at];
    if (found?.bucket === bucket) return found;
    const chunk = this.#spare.pop()?.reuse(bucket) ?? new EventChunk(bucket);
    this.#chunks.splice(at + 1, 0, chunk);
    return chunk;
  }

  #touch(chunk: EventChunk): void {
    chunk.changed = true;
    this.#changed.add(chunk.bucket);
  }

  #encode(chunk: EventChunk, writer: ByteWriter): Uint8Array {
    return chunk.encode(writer, chunk.bucket * this.#spanMs, (slot) => this.#slots.keyOf(slot));
  }

  #clockPiece(): { key: string; value: Uint8Array } {
    const text = JSON.stringify({ clockMs: this.#clock, late: this.#late });
    return { key: CLOCK_KEY, value: new TextEncoder().encode(text) };
  }

  #loadClock(value: Uint8Array): void {
    const text = /^\{"clockMs":(-?\d+),"late":(\d+)\}$/.exec(new TextDecoder().decode(value));
    if (text === null) throw refusedPiece(CLOCK_KEY);
    this.#clock = Number(text[1]);
    this.#late = Number(text[2]);
  }

  #loadChunk(bucket: number, name: string, value: Uint8Array): void {
    const chunk = new EventChunk(bucket);
    EventChunk.decode(new ByteReader(value, name), bucket * this.#spanMs, (time, key, eventValue) => {
      checkKey(key, name);
      const slot = this.#slots.slotFor(key);
      chunk.push(time, slot, eventValue);
      this.#slots.plus(slot, eventValue);
    });
    chunk.stored = true;
    this.#chunks.push(chunk);
  }
}

function chunkKey(bucket: number): string {
  return String(BigInt(bucket) + BUCKET_OFFSET).padStart(17, '0');
}
