// The features of one record, filled by assignment: `row.origin = flight.origin`. There is one row per model, reused for
// every record; setting a feature stores a number in a typed array and allocates nothing. Object.assign works too.
import { LastcallError } from '../../../base/errors.ts';
import { CategoryHasher, type Category } from './category.ts';

/** Assign every declared feature after `row()`, in any order. Features are written, never read back. */
export type FeatureRow<Categories extends string, Numbers extends string> = {
  [Name in Categories]: Category;
} & { [Name in Numbers]: number };

/** Squares and sums of numbers up to this stay finite. */
const NUMBER_MAX = 1e100;

export class RowBuilder<Categories extends string, Numbers extends string> {
  readonly row: FeatureRow<Categories, Numbers>;
  /** Hashed index of each category, in the order of declaration. */
  readonly indexes: Int32Array;
  /** Each number as it was given. */
  readonly numbers: Float64Array;
  readonly #names: readonly string[];
  /** One bit per feature that was assigned since `begin`, 32 to a word. */
  readonly #assigned: Int32Array;
  readonly #complete: Int32Array;

  constructor(categories: readonly Categories[], numbers: readonly Numbers[], features: number, seed: number) {
    this.#names = [...categories, ...numbers];
    this.indexes = new Int32Array(categories.length);
    this.numbers = new Float64Array(numbers.length);
    this.#assigned = new Int32Array(Math.ceil(this.#names.length / 32));
    this.#complete = this.#assigned.slice();
    // Setters on a prototype are fast; on an object without one they are not. Sealed, so that a misspelt name throws.
    const setters = {};
    categories.forEach((name, at) => this.#defineCategory(setters, name, at, new CategoryHasher(name, features, seed)));
    numbers.forEach((name, at) => this.#defineNumber(setters, name, at, categories.length + at));
    this.row = Object.seal(Object.create(setters) as FeatureRow<Categories, Numbers>);
  }

  /** Forgets what was assigned. */
  begin(): void {
    this.#assigned.fill(0);
  }

  /** @throws LastcallError `failed`, naming a feature that was not assigned since `begin` */
  requireComplete(): void {
    for (let word = 0; word < this.#complete.length; word++) {
      if (this.#assigned[word] !== this.#complete[word]) throw this.#missing();
    }
  }

  #defineCategory(row: object, name: string, at: number, hasher: CategoryHasher): void {
    const { indexes } = this;
    const assigned = this.#assigned;
    const { word, bit } = this.#place(at);
    Object.defineProperty(row, name, {
      enumerable: true,
      set(value: Category) {
        indexes[at] = hasher.indexOf(value);
        assigned[word]! |= bit;
      },
    });
  }

  #defineNumber(row: object, name: string, at: number, place: number): void {
    const { numbers } = this;
    const assigned = this.#assigned;
    const { word, bit } = this.#place(place);
    Object.defineProperty(row, name, {
      enumerable: true,
      set(value: number) {
        // Fails for NaN too; a bigint compares like a number, so the type is checked beside.
        if (!(value <= NUMBER_MAX && value >= -NUMBER_MAX && typeof value === 'number')) throw notANumber(name, value);
        numbers[at] = value;
        assigned[word]! |= bit;
      },
    });
  }

  #place(at: number): { word: number; bit: number } {
    const word = Math.floor(at / 32);
    const bit = 1 << (at % 32);
    this.#complete[word]! |= bit;
    return { word, bit };
  }

  #missing(): LastcallError {
    const name = this.#names.find((_, at) => (this.#assigned[at >>> 5]! & (1 << (at % 32))) === 0);
    return new LastcallError('failed', {
      what: 'the feature was not assigned for this record',
      on: `feature ${name}`,
      todo: 'Call row() once for each record, assign every declared feature, then predict or learn.',
    });
  }
}

function notANumber(name: string, value: unknown): LastcallError {
  return new LastcallError('failed', {
    what: `${typeof value === 'number' ? String(value) : `a value of type ${typeof value}`} is not a finite number of at most 1e100`,
    on: `feature ${name}`,
    todo: 'Replace what is missing before it reaches the model, and convert a bigint with Number().',
  });
}
