// Hashes of texts that place users and sessions. Stable for ever: a user's cohort must not change with a release. FNV-1a
// over UTF-16 code units with the finalizer of MurmurHash3, so that texts which differ in one digit land far apart.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** 32 bits. @param seed another seed gives an unrelated hash */
export function hash32(text: string, seed = 0): number {
  let hash = (FNV_OFFSET ^ seed) >>> 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return mix32(hash);
}

/** Spreads 32 bits over 32 bits, one to one. */
export function mix32(bits: number): number {
  let hash = bits >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
