// A small number for each key that has events, with how many it has and the sum of their values. It is free again once
// its key has no events.
import { checkKey } from './key.ts';

export class KeySlots {
  readonly #slotOf = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #free: number[] = [];
  #counts = new Float64Array(64);
  #sums = new Float64Array(64);
  /** The key asked for last and its slot, −1 if it has none: steps ask several times in a row for the key of a record. */
  #lastKey = '';
  #lastSlot = -1;

  /** Keys with at least one event. */
  get used(): number {
    return this.#slotOf.size;
  }

  /** Keys with events, how many each has, and the sum of their values. */
  *entries(): Generator<readonly [key: string, count: number, sum: number]> {
    for (const [key, slot] of this.#slotOf) yield [key, this.#counts[slot]!, this.#sums[slot]!];
  }

  count(key: string): number {
    const slot = this.#find(key);
    return slot < 0 ? 0 : this.#counts[slot]!;
  }

  sum(key: string): number {
    const slot = this.#find(key);
    return slot < 0 ? 0 : this.#sums[slot]!;
  }

  /** @throws LastcallError `failed` for a new key that has no UTF-8 */
  slotFor(key: string): number {
    const slot = this.#find(key);
    return slot < 0 ? this.#take(key) : slot;
  }

  keyOf(slot: number): string {
    return this.#keys[slot]!;
  }

  /** Counts one event of a slot that `slotFor` gave; returns how many its key has. */
  plus(slot: number, value: number): number {
    this.#sums[slot]! += value;
    return ++this.#counts[slot]!;
  }

  minus(slot: number, value: number): void {
    this.#sums[slot]! -= value;
    if (--this.#counts[slot]! > 0) return;
    this.#slotOf.delete(this.#keys[slot]!);
    this.#free.push(slot);
    if (slot === this.#lastSlot) this.#lastSlot = -1;
  }

  #find(key: string): number {
    if (key === this.#lastKey) return this.#lastSlot;
    this.#lastKey = key;
    return (this.#lastSlot = this.#slotOf.get(key) ?? -1);
  }

  #take(key: string): number {
    checkKey(key, 'the key of a window');
    const slot = this.#free.pop() ?? this.#keys.length;
    this.#keys[slot] = key;
    this.#slotOf.set(key, slot);
    this.#lastKey = key;
    this.#lastSlot = slot;
    if (slot === this.#counts.length) {
      const counts = new Float64Array(slot * 2);
      counts.set(this.#counts);
      this.#counts = counts;
      const sums = new Float64Array(slot * 2);
      sums.set(this.#sums);
      this.#sums = sums;
    }
    return slot;
  }
}
