// The features of one record, filled by assignment: `row.origin = flight.origin`. There is one row per model, reused for
// every record; setting a feature stores a number and allocates nothing. Object.assign works too.
import { LastcallError } from '../../../base/errors.ts';
import { CategoryFeature, type Category } from './category.ts';

/** Assign every declared feature after `row()`, in any order. Features are written, never read back. */
export type FeatureRow<Categories extends string, Numbers extends string> = {
  [Name in Categories]: Category;
} & { [Name in Numbers]: number };

/** Squares and sums of numbers up to this stay finite. */
const NUMBER_MAX = 1e100;

/** One numeric feature of the row at hand. */
export class NumberFeature {
  readonly name: string;
  value = 0;
  assigned = false;

  constructor(name: string) {
    this.name = name;
  }

  /** @throws LastcallError `failed`, naming the feature, for what is not a finite number */
  assign(value: number): void {
    // Fails for NaN too; a bigint compares like a number, so the type is checked beside.
    if (!(value <= NUMBER_MAX && value >= -NUMBER_MAX && typeof value === 'number')) throw notANumber(this.name, value);
    this.value = value;
    this.assigned = true;
  }
}

export class RowBuilder<Categories extends string, Numbers extends string> {
  readonly row: FeatureRow<Categories, Numbers>;
  /** In the order of declaration. */
  readonly categories: readonly CategoryFeature[];
  readonly numbers: readonly NumberFeature[];

  constructor(categories: readonly Categories[], numbers: readonly Numbers[], features: number, seed: number) {
    this.categories = categories.map((name) => new CategoryFeature(name, features, seed));
    this.numbers = numbers.map((name) => new NumberFeature(name));
    // Setters on a prototype are fast; on an object without one they are not. Sealed, so that a misspelt name throws.
    const setters = {};
    for (const feature of this.categories) {
      Object.defineProperty(setters, feature.name, {
        set(value: Category) {
          feature.assign(value);
        },
      });
    }
    for (const feature of this.numbers) {
      Object.defineProperty(setters, feature.name, {
        set(value: number) {
          feature.assign(value);
        },
      });
    }
    this.row = Object.seal(Object.create(setters) as FeatureRow<Categories, Numbers>);
  }

  /** Forgets what was assigned. */
  begin(): void {
    for (const feature of this.categories) feature.assigned = false;
    for (const feature of this.numbers) feature.assigned = false;
  }

  /** @throws LastcallError `failed`, naming a feature that was not assigned since `begin` */
  requireComplete(): void {
    for (const feature of this.categories) if (!feature.assigned) throw missing(feature.name);
    for (const feature of this.numbers) if (!feature.assigned) throw missing(feature.name);
  }
}

function missing(name: string): LastcallError {
  return new LastcallError('failed', {
    what: 'the feature was not assigned for this record',
    on: `feature ${name}`,
    todo: 'Call row() once for each record, assign every declared feature, then predict or learn.',
  });
}

function notANumber(name: string, value: unknown): LastcallError {
  return new LastcallError('failed', {
    what: `${typeof value === 'number' ? String(value) : `a value of type ${typeof value}`} is not a finite number of at most 1e100`,
    on: `feature ${name}`,
    todo: 'Replace what is missing before it reaches the model, and convert a bigint with Number().',
  });
}
