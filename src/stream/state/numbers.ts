// A large array of numbers as state of a pipeline, for models and sketches of one's own: a commit writes the blocks of
// 4 KiB that changed.
import { LastcallError } from '../../base/errors.ts';
import { checkOptions, type OptionNames } from '../../base/given.ts';
import type { StateDefinition } from '../ports.ts';
import { BlockArray } from './block-array.ts';

export interface Numbers {
  readonly length: number;
  /** Read as much as you like; what is written here directly is not stored. Valid during the call of the step. */
  readonly values: Readonly<ArrayLike<number>>;
  /** @throws LastcallError `failed` for an index outside of the array, or NaN: bits of NaN differ between machines */
  set(index: number, value: number): void;
}

export interface NumbersOptions {
  /** 1 … 2^28. */
  length: number;
  /** 8 or 4 bytes for each number. Default `float64`. */
  type?: 'float64' | 'float32';
}

const OPTIONS: OptionNames<NumbersOptions> = { length: true, type: true };

/** @throws LastcallError `usage` for a bad length */
export function numbers(options: NumbersOptions): StateDefinition<Numbers> {
  checkOptions('numbers', options, OPTIONS);
  const { length, type = 'float64' } = options;
  if (!Number.isInteger(length) || length < 1 || length > 2 ** 28) {
    throw new LastcallError('usage', {
      what: 'it must be an integer from 1 to 2^28',
      on: 'numbers.length',
      todo: 'Correct the length of the state.',
    });
  }
  return {
    kind: 'numbers',
    schema: { length, type },
    create() {
      const array = new BlockArray(type, length);
      return {
        handle: {
          length,
          get values() {
            return array.values;
          },
          set(index, value) {
            if (!(index >= 0 && index < length && Number.isInteger(index)) || Number.isNaN(value)) {
              throw notStorable(index, value, length);
            }
            array.set(index, value);
          },
        },
        load: (pieces) => array.load(pieces),
        changes: () => array.changes(),
        markCommitted: () => array.markCommitted(),
        pieces: () => array.pieces(),
      };
    },
  };
}

function notStorable(index: number, value: number, length: number): LastcallError {
  return new LastcallError('failed', {
    what: Number.isNaN(value) ? 'NaN cannot be stored' : `there is no number ${String(index)} among ${length}`,
    on: `numbers[${String(index)}]`,
    todo: 'Check the index and the value before they are set.',
  });
}
