// Randomness as a value: a small seeded generator (xoshiro128**, Blackman & Vigna 2018) whose state can be stored, so
// that a simulation or a pipeline replays exactly. Not for secrets; those come from node:crypto at an edge.

/** A source of pseudo-random numbers. */
export interface Random {
  /** Uniform in [0, 1) with 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, bound); bound is an integer in 1 … 2^32. */
  below(bound: number): number;
}

/** A seeded generator; `state` is all it knows (four uint32), and restoring it continues the same sequence. */
export class SeededRandom implements Random {
  readonly state: Uint32Array;

  /** @param seed any integer, or a state of four uint32 taken from `state` (it is copied) */
  constructor(seed: number | Uint32Array) {
    this.state = typeof seed === 'number' ? expandSeed(seed) : Uint32Array.from(seed);
  }

  next(): number {
    return this.#nextUint32() / 2 ** 32;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  #nextUint32(): number {
    const s = this.state as Uint32Array & { 0: number; 1: number; 2: number; 3: number };
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** SplitMix32: spreads one integer over the four words, none of which may all be zero. */
function expandSeed(seed: number): Uint32Array {
  let z = (seed ^ Math.floor(seed / 2 ** 32)) >>> 0;
  return Uint32Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9) >>> 0;
    let x = z;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  });
}
