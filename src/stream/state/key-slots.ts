// A small number for each key that has events, with how many it has and the sum of their values. A number is free
// again once its key has no events and `freeEmptied` was called; until then an `undo` may still need it.
import { checkKey } from './key.ts';

export class KeySlots {
  readonly #slotOf = new Map<string, number>();
  readonly #keys: (string | undefined)[] = [];
  readonly #free: number[] = [];
  #emptied: number[] = [];
  #counts = new Float64Array(64);
  #sums = new Float64Array(64);
  #used = 0;

  /** Keys with at least one event. */
  get used(): number {
    return this.#used;
  }

  count(key: string): number {
    const slot = this.#slotOf.get(key);
    return slot === undefined ? 0 : this.#counts[slot]!;
  }

  sum(key: string): number {
    const slot = this.#slotOf.get(key);
    return slot === undefined ? 0 : this.#sums[slot]!;
  }

  /** @throws LastcallError `failed` for a new key that has no UTF-8 */
  slotFor(key: string): number {
    return this.#slotOf.get(key) ?? this.#take(key);
  }

  keyOf(slot: number): string {
    return this.#keys[slot]!;
  }

  plus(slot: number, value: number): number {
    const count = this.#counts[slot]! + 1;
    if (count === 1) this.#used++;
    this.#counts[slot] = count;
    this.#sums[slot]! += value;
    return count;
  }

  minus(slot: number, value: number): void {
    const count = this.#counts[slot]! - 1;
    this.#counts[slot] = count;
    this.#sums[slot]! -= value;
    if (count > 0) return;
    this.#used--;
    this.#emptied.push(slot);
  }

  freeEmptied(): void {
    if (this.#emptied.length === 0) return;
    for (const slot of this.#emptied) {
      const key = this.#keys[slot];
      if (key === undefined || this.#counts[slot]! > 0) continue;
      this.#slotOf.delete(key);
      this.#keys[slot] = undefined;
      this.#free.push(slot);
    }
    this.#emptied = [];
  }

  #take(key: string): number {
    checkKey(key, 'the key of a window');
    const slot = this.#free.pop() ?? this.#keys.length;
    this.#keys[slot] = key;
    this.#slotOf.set(key, slot);
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
