// Damages the newest state of a pipeline the way a failing disk does: a few bits of the model's weights are flipped in the
// file, and SQLite, whose own structure is whole, notices nothing.
import { closeSync, fdatasyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Random } from '../../../base/random.ts';
import { hashState } from './state-hash.ts';

const BYTES_FLIPPED = 3;
/** Long enough to be found only where it was written, and within one page's share of a large value. */
const NEEDLE_BYTES = 48;

/** @throws Error if no piece of a model lies in the file as it is */
export function damageModel(path: string, random: Random): void {
  const piece = aPiece(path, random);
  const content = readFileSync(path);
  const before = hashState(path).model;
  for (let start = 0; start + NEEDLE_BYTES <= piece.length; start += NEEDLE_BYTES) {
    const needle = piece.subarray(start, start + NEEDLE_BYTES);
    if (needle.every((byte) => byte === 0)) continue;
    for (let offset = content.indexOf(needle); offset !== -1; offset = content.indexOf(needle, offset + 1)) {
      const at = offset + random.below(NEEDLE_BYTES - BYTES_FLIPPED);
      flip(path, at);
      if (hashState(path).model !== before) return;
      // It was a copy that an update had left behind in free space.
      flip(path, at);
    }
  }
  throw new Error('no piece of a model was found in the file');
}

function aPiece(path: string, random: Random): Buffer {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const pieces = database
      .prepare(
        `SELECT value FROM lastcall_piece JOIN lastcall_slot USING (slot) WHERE name LIKE 'model.%' ORDER BY slot, key`,
      )
      .all();
    if (pieces.length === 0) throw new Error('the state has no model yet');
    return Buffer.from(pieces[random.below(pieces.length)]!['value'] as Uint8Array);
  } finally {
    database.close();
  }
}

function flip(path: string, at: number): void {
  const file = openSync(path, 'r+');
  try {
    const bytes = Buffer.alloc(BYTES_FLIPPED);
    readSync(file, bytes, 0, BYTES_FLIPPED, at);
    const flipped = bytes.map((byte) => byte ^ 0x55);
    writeSync(file, flipped, 0, BYTES_FLIPPED, at);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}
