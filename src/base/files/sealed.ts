// Small pieces that notice damage: bytes followed by their CRC-32.
import { crc32 } from 'node:zlib';

const CRC_BYTES = 4;

/** `bytes` followed by their CRC-32 (4 bytes, little-endian). */
export function sealed(bytes: Uint8Array): Uint8Array {
  const piece = Buffer.alloc(bytes.length + CRC_BYTES);
  piece.set(bytes);
  piece.writeUInt32LE(crc32(bytes), bytes.length);
  return piece;
}

/** What was sealed, a view of `piece`; null if it is not what was sealed. */
export function unsealed(piece: Uint8Array): Uint8Array | null {
  if (piece.length < CRC_BYTES) return null;
  const bytes = piece.subarray(0, -CRC_BYTES);
  const stored = new DataView(piece.buffer, piece.byteOffset + bytes.length, CRC_BYTES).getUint32(0, true);
  return stored === crc32(bytes) ? bytes : null;
}
