// What an engine does with pieces, in memory: applies changes, copies the bytes, gives them back sorted.
import assert from 'node:assert/strict';
import type { Piece, StateInstance } from '../../ports.ts';
import { compareKeys } from '../key.ts';
import { pieceKey } from '../pieces.ts';

export type StoredState = readonly { readonly key: string; readonly value: Uint8Array }[];

export class PieceStore {
  readonly #stored = new Map<string, Uint8Array>();

  /** A commit: the changes become durable and the state is told so. Returns the bytes written. */
  commit(state: Pick<StateInstance<unknown>, 'changes' | 'markCommitted'>): number {
    const bytes = this.apply(state.changes());
    state.markCommitted();
    return bytes;
  }

  apply(changes: readonly Piece[]): number {
    let bytes = 0;
    for (const { key, value } of changes) {
      if (value === null) this.#stored.delete(pieceKey(key));
      else this.#stored.set(pieceKey(key), value.slice());
      bytes += value?.length ?? 0;
    }
    return bytes;
  }

  sorted(): StoredState {
    return [...this.#stored].map(([key, value]) => ({ key, value })).sort((a, b) => compareKeys(a.key, b.key));
  }
}

/** The pieces of a state with their bytes copied. */
export function piecesOf(state: Pick<StateInstance<unknown>, 'pieces'>): StoredState {
  return [...state.pieces()].map(({ key, value }) => ({ key: pieceKey(key), value: value.slice() }));
}

/** Asserts that what is stored is the state, bit for bit, in the same order. */
export function assertStored(store: PieceStore, state: Pick<StateInstance<unknown>, 'pieces'>): void {
  assert.deepEqual(store.sorted(), piecesOf(state));
}
