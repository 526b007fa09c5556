// A value per key as state of a pipeline. A commit writes the keys that were set or deleted. Values are immutable: what
// `get` gives must not be changed in place, since nobody would notice that it has to be stored.
import { checkOptions, type OptionNames } from '../../base/given.ts';
import type { Piece, StateDefinition, StateInstance } from '../ports.ts';
import { refusedPiece } from './bytes.ts';
import { checkKey, compareKeys, keyText, type StateKey } from './key.ts';
import { pieceKey, type StoredPiece } from './pieces.ts';
import { decodePlain, encodePlain } from './plain-json.ts';

/** Objects and arrays are not to be changed in place. */
type Kept<Value> = Value extends object ? Readonly<Value> : Value;

export interface KeyedValue<Value> {
  /** The value of a key; `initial` if it was never set. Do not change it in place: `set` a new one. */
  get(key: StateKey): Kept<Value>;
  /** Encodes the value once to see that it can be stored. @throws what the codec throws, LastcallError `failed` */
  set(key: StateKey, value: Value): void;
  /** Sets what `change` makes of the present value, and returns it. */
  update(key: StateKey, change: (value: Kept<Value>) => Value): Value;
  /** @returns whether there was one */
  delete(key: StateKey): boolean;
  has(key: StateKey): boolean;
  /** Keys that were set, by their UTF-8 bytes. Sorts them at each call. */
  keys(): string[];
  readonly size: number;
}

/** How values become bytes. The same value must always give the same bytes. */
export interface Codec<Value> {
  /** Part of the topology: change it with the format. */
  readonly name: string;
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
}

export interface KeyedValueOptions<Value> {
  /** The value of a key that was never set. */
  initial: Value;
  /**
   * Default: canonical JSON, which also keeps −0, NaN, infinities, bigints and Uint8Arrays, and refuses anything that it
   * would not give back.
   */
  codec?: Codec<Value>;
}

const OPTIONS: OptionNames<KeyedValueOptions<never>> = { initial: true, codec: true };

/**
 * A value per key. Keys stay until they are deleted, so bound them: some 100 bytes each beside the value.
 * @throws LastcallError `usage` for an option that is not known, `failed` if `initial` cannot be stored
 */
export function keyedValue<Value>(options: KeyedValueOptions<Value>): StateDefinition<KeyedValue<Value>> {
  checkOptions('keyedValue', options, OPTIONS);
  const codec = options.codec ?? jsonCodec<Value>();
  codec.encode(options.initial);
  return {
    kind: 'keyed-value',
    schema: { codec: codec.name },
    create: () => new KeyedValues(options.initial, codec),
  };
}

export class KeyedValues<Value> implements KeyedValue<Value>, StateInstance<KeyedValue<Value>> {
  readonly handle: KeyedValue<Value> = this;
  readonly #initial: Value;
  readonly #codec: Codec<Value>;
  readonly #values = new Map<string, Value>();
  readonly #changed = new Set<string>();
  /** Handed out by `changes`, not yet known to be durable. */
  readonly #pending = new Set<string>();

  constructor(initial: Value, codec: Codec<Value>) {
    this.#initial = initial;
    this.#codec = codec;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: StateKey): Kept<Value> {
    const text = keyText(key, 'keyedValue.get');
    const value = this.#values.get(text);
    return (value === undefined && !this.#values.has(text) ? this.#initial : value) as Kept<Value>;
  }

  set(key: StateKey, value: Value): void {
    const text = keyText(key, 'keyedValue.set');
    if (!this.#values.has(text)) checkKey(text, 'keyedValue.set');
    // Better the record that sets it fails than the commit. Numbers and booleans always have an encoding.
    if (typeof value !== 'number' && typeof value !== 'boolean') this.#codec.encode(value);
    this.#values.set(text, value);
    this.#changed.add(text);
  }

  update(key: StateKey, change: (value: Kept<Value>) => Value): Value {
    const value = change(this.get(key));
    this.set(key, value);
    return value;
  }

  delete(key: StateKey): boolean {
    const text = keyText(key, 'keyedValue.delete');
    if (!this.#values.delete(text)) return false;
    this.#changed.add(text);
    return true;
  }

  has(key: StateKey): boolean {
    return this.#values.has(keyText(key, 'keyedValue.has'));
  }

  keys(): string[] {
    return [...this.#values.keys()].sort(compareKeys);
  }

  load(pieces: Iterable<StoredPiece>): void {
    for (const { key, value } of pieces) this.#values.set(pieceKey(key), this.#codec.decode(value));
  }

  changes(): Piece[] {
    for (const key of this.#changed) this.#pending.add(key);
    this.#changed.clear();
    return Array.from(this.#pending, (key) => ({ key, value: this.#encoded(key) }));
  }

  markCommitted(): void {
    this.#pending.clear();
  }

  *pieces(): Generator<StoredPiece> {
    for (const key of this.keys()) yield { key, value: this.#encoded(key)! };
  }

  #encoded(key: string): Uint8Array | null {
    return this.#values.has(key) ? this.#codec.encode(this.#values.get(key)!) : null;
  }
}

export function jsonCodec<Value>(): Codec<Value> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return {
    name: 'json',
    encode: (value) => encoder.encode(encodePlain(value, 'value')),
    decode(bytes) {
      try {
        return decodePlain(decoder.decode(bytes)) as Value;
      } catch (error) {
        throw refusedPiece('a keyed value', error);
      }
    },
  };
}
