// A state for tests that forgives nothing: a trail that depends on the order of everything it has seen, and a count per key.
import type { Piece, StateDefinition, StateInstance } from '../ports.ts';

export interface Ledger {
  /** @returns how often the key was seen, this time included */
  see(key: string, value: number): number;
  readonly trail: number;
}

export function ledger(): StateDefinition<Ledger> {
  return { kind: 'ledger', schema: { version: 1 }, create: () => new LedgerInstance() };
}

class LedgerInstance implements StateInstance<Ledger>, Ledger {
  readonly handle: Ledger = this;
  trail = 0;
  readonly #counts = new Map<string, number>();
  readonly #changed = new Set<string>();

  see(key: string, value: number): number {
    this.trail = (Math.imul(this.trail, 31) + Math.imul(value, 0x9e3779b1) + key.length) >>> 0;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    this.#changed.add('trail').add(`key ${key}`);
    return count;
  }

  load(pieces: Iterable<{ key: Uint8Array | string; value: Uint8Array }>): void {
    for (const { key, value } of pieces) {
      const number = Number(Buffer.from(value).toString());
      if (key === 'trail') this.trail = number;
      else this.#counts.set(String(key).slice('key '.length), number);
    }
  }

  changes(): Piece[] {
    return [...this.#changed].map((key) => ({ key, value: this.#value(key) }));
  }

  markCommitted(): void {
    this.#changed.clear();
  }

  *pieces(): Iterable<{ key: string; value: Uint8Array }> {
    for (const key of [...this.#counts.keys()].map((name) => `key ${name}`).concat('trail').sort()) {
      yield { key, value: this.#value(key) };
    }
  }

  #value(key: string): Uint8Array {
    return Buffer.from(String(key === 'trail' ? this.trail : this.#counts.get(key.slice('key '.length))!));
  }
}
