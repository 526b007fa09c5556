// From the value of a category to its number among the hashed features. Short text, the usual case, is hashed each time,
// which takes half of what looking a new string up in a map takes. For other values there is a map; it is bounded, and
// what it holds can be computed again, so it is no part of the state.
import { LastcallError } from '../../../base/errors.ts';

/** The value of a categorical feature. `5` and `'5'` are the same; null and undefined both mean that it is missing. */
export type Category = string | number | bigint | boolean | null | undefined;

/** Text up to this length is hashed each time. Longer text that was put together is a rope in V8, slow to go through. */
const SHORT_MAX = 12;
/** Values of one feature that are remembered; when there are more, the map starts afresh. */
const REMEMBERED_MAX = 65_536;
/** Integers below this, such as hours and weekdays, are looked up in a table instead, which is faster. */
const SMALL_MAX = 256;

/** One categorical feature of the row at hand. */
export class CategoryFeature {
  readonly name: string;
  /** Hashed index of the value, 0 … features − 1. */
  index = 0;
  assigned = false;
  readonly #features: number;
  /** For a power of 2 the bits of the remainder, which is several times faster than a division; else 0. */
  readonly #mask: number;
  readonly #seed: number;
  readonly #remembered = new Map<Category, number>();
  /** Hashed index of each small integer, −1 until it is needed. */
  readonly #small = new Int32Array(SMALL_MAX).fill(-1);

  constructor(name: string, features: number, seed: number) {
    this.name = name;
    this.#features = features;
    this.#mask = (features & (features - 1)) === 0 ? features - 1 : 0;
    this.#seed = hashText(hashText(0x811c9dc5, String(seed)), name);
  }

  /** @throws LastcallError `failed`, naming the feature, for NaN, infinities and objects */
  assign(value: Category): void {
    if (typeof value === 'string' && value.length <= SHORT_MAX) {
      this.index = this.#reduce(mix(hashText(this.#seed, value)));
    } else if (typeof value === 'number' && value >= 0 && value < SMALL_MAX) {
      this.index = this.#indexOfSmall(value);
    } else {
      this.index = this.#remembered.get(value) ?? this.#remember(value);
    }
    this.assigned = true;
  }

  #indexOfSmall(value: number): number {
    const known = this.#small[value];
    // A fraction is no index of the table, so it is undefined there.
    if (known === undefined) return this.#remembered.get(value) ?? this.#remember(value);
    return known >= 0 ? known : (this.#small[value] = this.#reduce(this.#hash(value)));
  }

  #remember(value: Category): number {
    const index = this.#reduce(this.#hash(value));
    if (this.#remembered.size === REMEMBERED_MAX) this.#remembered.clear();
    this.#remembered.set(value, index);
    return index;
  }

  #reduce(hash: number): number {
    return this.#mask === 0 ? hash % this.#features : hash & this.#mask;
  }

  #hash(value: Category): number {
    if (value === null || value === undefined) return mix(~this.#seed);
    const type = typeof value;
    const known = type === 'string' || type === 'bigint' || type === 'boolean' || Number.isFinite(value);
    if (!known) throw notACategory(this.name, value);
    return mix(hashText(this.#seed, String(value)));
  }
}

const PRIME = 0x01000193;
/** Both rounds of a unit whose high byte is 0: the second changes nothing before it multiplies. */
const PRIME_SQUARED = Math.imul(PRIME, PRIME);

/**
 * FNV-1a over UTF-16 units, low byte first; continues from `hash`. A unit 0 ends each text, so that texts do not run
 * together.
 */
function hashText(hash: number, text: string): number {
  let mixed = hash;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    mixed =
      unit < 0x100
        ? Math.imul(mixed ^ unit, PRIME_SQUARED)
        : Math.imul(Math.imul(mixed ^ (unit & 0xff), PRIME) ^ (unit >>> 8), PRIME);
  }
  return Math.imul(mixed, PRIME_SQUARED);
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the answer, a uint32. */
function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function notACategory(name: string, value: unknown): LastcallError {
  return new LastcallError('failed', {
    what: `${typeof value === 'number' ? String(value) : `a value of type ${typeof value}`} is not a category`,
    on: `feature ${name}`,
    todo: 'Give text, a finite number, a bigint, a boolean, or null if it is missing.',
  });
}
