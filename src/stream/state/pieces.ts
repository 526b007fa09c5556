// What every kind of state shares when it becomes pieces: names of keys, reading them back, and the hash of a whole
// state. Two states have the same hash only if their pieces are the same bytes.
import { createHash } from 'node:crypto';

/** A piece that exists. */
export interface StoredPiece {
  readonly key: Uint8Array | string;
  readonly value: Uint8Array;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The key as text, whichever way an engine stored it. */
export function pieceKey(key: Uint8Array | string): string {
  return typeof key === 'string' ? key : decoder.decode(key);
}

/** SHA-256, hex, of `label` and the pieces in their order; lengths are hashed too, so that no two states run together. */
export function hashPieces(label: string, pieces: Iterable<StoredPiece>): string {
  const hash = createHash('sha256').update(`${label}\n`);
  for (const { key, value } of pieces) {
    const name = Buffer.from(key);
    hash.update(`${name.length} ${value.length}\n`).update(name).update(value);
  }
  return hash.digest('hex');
}
