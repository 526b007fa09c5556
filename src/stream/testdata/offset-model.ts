// A model for tests that can be swapped: it predicts `value + offset`, learns by counting, and is read of a file that
// holds the offset.
import { readFileSync } from 'node:fs';
import { LastcallError } from '../../base/errors.ts';
import type { ModelDefinition, ModelInstance, Piece } from '../ports.ts';

export interface Offset {
  predict(value: number): number;
  learn(): void;
}

/** @param closed gets the offset of each instance that is closed */
export function offsetModel(closed: number[] = []): ModelDefinition<Offset> {
  return {
    kind: 'offset',
    schema: null,
    signature: { input: 'number' },
    version: 'v1',
    create: () => new OffsetInstance(0, closed),
    async load(path) {
      const offset = Number(readFileSync(path, 'utf8'));
      if (Number.isFinite(offset)) return new OffsetInstance(offset, closed);
      throw new LastcallError('state_refused', { what: 'it holds no number', on: path, todo: 'Give another file.' });
    },
  };
}

class OffsetInstance implements ModelInstance<Offset>, Offset {
  readonly handle: Offset = this;
  learning = true;
  #offset: number;
  #learnt = 0;
  #changed = false;
  readonly #closed: number[];

  constructor(offset: number, closed: number[]) {
    this.#offset = offset;
    this.#closed = closed;
  }

  predict(value: number): number {
    return value + this.#offset;
  }

  learn(): void {
    if (!this.learning) return;
    this.#learnt += 1;
    this.#changed = true;
  }

  load(pieces: Iterable<{ key: Uint8Array | string; value: Uint8Array }>): void {
    for (const { value } of pieces) {
      [this.#offset, this.#learnt] = JSON.parse(Buffer.from(value).toString()) as [number, number];
    }
  }

  changes(): Piece[] {
    return this.#changed ? [...this.pieces()] : [];
  }

  markCommitted(): void {
    this.#changed = false;
  }

  *pieces(): Iterable<{ key: string; value: Uint8Array }> {
    yield { key: 'model', value: Buffer.from(JSON.stringify([this.#offset, this.#learnt])) };
  }

  hash(): string {
    return `${this.#offset}`;
  }

  async verify(): Promise<void> {
    if (this.#offset < 0) {
      throw new LastcallError('failed', { what: 'its predictions are below zero', todo: 'Give another file.' });
    }
  }

  async close(): Promise<void> {
    this.#closed.push(this.#offset);
  }
}
