// The events of one span of time, in the order in which they came, as parallel arrays; put into the order of time only
// when that is needed, since most sources are in order already. Events that have left the window are a prefix of the chunk
// (`expired`); they go when the whole chunk goes.
import type { ByteReader, ByteWriter } from './bytes.ts';

/** By slot, 0 between two calls of `encode`: a map would take three times as long. */
let ranks = new Int32Array(1_024);

function growRanks(slot: number): void {
  const grown = new Int32Array(Math.max(slot + 1, ranks.length * 2));
  grown.set(ranks);
  ranks = grown;
}

export class EventChunk {
  /** Which span: its events have `bucket · span ≤ time < (bucket + 1) · span`. */
  bucket: number;
  times = new Float64Array(16);
  /** Whose event: an index into the owner's table of keys. */
  slots = new Int32Array(16);
  values = new Float64Array(16);
  length = 0;
  expired = 0;
  changed = false;
  /** Whether a piece of it may be stored, which has to be deleted when it is empty. */
  stored = false;
  #inOrder = true;

  constructor(bucket: number) {
    this.bucket = bucket;
  }

  /** Makes it an empty chunk of another span, with the memory that it has. */
  reuse(bucket: number): this {
    this.bucket = bucket;
    this.length = 0;
    this.expired = 0;
    this.changed = false;
    this.stored = false;
    this.#inOrder = true;
    return this;
  }

  get live(): number {
    return this.length - this.expired;
  }

  /** Time of the oldest live event, once they are in order; Infinity if there is none. */
  get first(): number {
    return this.live > 0 ? this.times[this.expired]! : Infinity;
  }

  push(time: number, slot: number, value: number): void {
    if (this.length === this.times.length) this.#grow();
    const at = this.length++;
    this.times[at] = time;
    this.slots[at] = slot;
    this.values[at] = value;
    if (at > this.expired && time < this.times[at - 1]!) this.#inOrder = false;
  }

  /** By time; events of one time stay in the order in which they came. */
  order(): void {
    if (this.#inOrder) return;
    const { times, slots, values } = this;
    const indexes = Array.from({ length: this.live }, (_, index) => this.expired + index);
    indexes.sort((left, right) => times[left]! - times[right]! || left - right);
    const sorted = indexes.map((index) => [times[index]!, slots[index]!, values[index]!] as const);
    sorted.forEach(([time, slot, value], index) => {
      times[this.expired + index] = time;
      slots[this.expired + index] = slot;
      values[this.expired + index] = value;
    });
    this.#inOrder = true;
  }

  /** What is live, in order: the distinct keys in order of appearance, then each event relative to the one before. */
  encode(writer: ByteWriter, start: number, keyOf: (slot: number) => string): Uint8Array {
    this.order();
    const keys = this.#rankKeys();
    writer.unsigned(keys.length);
    for (const slot of keys) writer.text(keyOf(slot));
    let before = start;
    for (let at = this.expired; at < this.length; at++) {
      const time = this.times[at]!;
      writer.unsigned(time - before);
      writer.unsigned(ranks[this.slots[at]!]! - 1);
      writer.signed(this.values[at]!);
      before = time;
    }
    for (const slot of keys) ranks[slot] = 0;
    return writer.take();
  }

  /** Distinct keys of live events in the order of appearance; `ranks` then has the place of each, from 1. */
  #rankKeys(): number[] {
    const keys: number[] = [];
    for (let at = this.expired; at < this.length; at++) {
      const slot = this.slots[at]!;
      if (slot >= ranks.length) growRanks(slot);
      if (ranks[slot] === 0) ranks[slot] = keys.push(slot);
    }
    return keys;
  }

  /** Calls `event` for each event that `encode` wrote. */
  static decode(reader: ByteReader, start: number, event: (time: number, key: string, value: number) => void): void {
    const keys = Array.from({ length: reader.unsigned() }, () => reader.text());
    let time = start;
    while (!reader.ended) {
      time += reader.unsigned();
      const key = keys[reader.unsigned()];
      if (key === undefined) throw reader.damaged();
      event(time, key, reader.signed());
    }
  }

  #grow(): void {
    const capacity = this.times.length * 2;
    const times = new Float64Array(capacity);
    times.set(this.times);
    this.times = times;
    const slots = new Int32Array(capacity);
    slots.set(this.slots);
    this.slots = slots;
    const values = new Float64Array(capacity);
    values.set(this.values);
    this.values = values;
  }
}
