// Positions as values: their order, and the bytes that they are stored as. The bytes sort as the positions do.
import { assert } from '../../base/assert.ts';
import type { Position } from '../ports.ts';

/** Negative, 0 or positive as `a` is before, at or after `b`; a prefix is before what it begins. */
export function comparePositions(a: Position, b: Position): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function samePosition(a: Position, b: Position): boolean {
  return comparePositions(a, b) === 0;
}

/** Eight bytes per number, big end first, the sign bit flipped so that negative numbers come first. */
export function encodePosition(position: Position): Uint8Array {
  const view = new DataView(new ArrayBuffer(position.length * 8));
  for (let index = 0; index < position.length; index++) {
    const value = position[index]!;
    assert(Number.isSafeInteger(value), `position [${position.join(', ')}] is not made of safe integers`);
    view.setInt32(index * 8, Math.floor(value / 2 ** 32) ^ -0x8000_0000);
    view.setUint32(index * 8 + 4, value >>> 0);
  }
  return new Uint8Array(view.buffer);
}

/** @throws internal error if the bytes cannot be a position */
export function decodePosition(bytes: Uint8Array): Position {
  assert(bytes.length % 8 === 0, `a stored position of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 8 }, (_, index) => {
    return (view.getInt32(index * 8) ^ -0x8000_0000) * 2 ** 32 + view.getUint32(index * 8 + 4);
  });
}

/** For people: `start`, or `3:120`. */
export function showPosition(position: Position): string {
  return position.length === 0 ? 'start' : position.join(':');
}
