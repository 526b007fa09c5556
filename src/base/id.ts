// Ids: ULIDs (https://github.com/ulid/spec) with a prefix, such as `unit_01JD…`: sortable by time, unguessable tail.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export type IdPrefix = 'unit' | 'ckpt' | 'job' | 'store' | 'rollout';

/** A new id. @param wallMs time that it sorts by, wall-clock milliseconds */
export function newId(prefix: IdPrefix, wallMs: number): string {
  // Loaded with the first id: node:crypto costs more than most of what imports this file.
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  return `${prefix}_${ulid(wallMs, randomBytes(10))}`;
}

/** Whether `newId` could have made it. Such a text is safe as a file's name. */
export function isId(prefix: IdPrefix, text: unknown): text is string {
  return typeof text === 'string' && new RegExp(`^${prefix}_[${ALPHABET}]{26}$`).test(text);
}

/** 26 characters: 48 bits of time, then 80 bits of `entropy` (10 bytes), in Crockford's base 32. */
export function ulid(wallMs: number, entropy: Uint8Array): string {
  let bits = BigInt(Math.floor(wallMs)) & ((1n << 48n) - 1n);
  for (const byte of entropy.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let index = 0; index < 26; index++) {
    text = ALPHABET[Number(bits & 31n)]! + text;
    bits >>= 5n;
  }
  return text;
}

/** The time in an id, wall-clock milliseconds. @param id as `newId` made it */
export function idTimeMs(id: string): number {
  let timeMs = 0;
  // 48 bits of time are ten characters of five bits less the two that lead.
  for (const character of id.slice(id.indexOf('_') + 1).slice(0, 10))
    timeMs = timeMs * 32 + ALPHABET.indexOf(character);
  return timeMs;
}
