// A number of the whole pipeline as state: how many records, how many alarms.
import { LastcallError } from '../../base/errors.ts';
import type { StateDefinition } from '../ports.ts';
import { jsonCodec, KeyedValues } from './keyed-value.ts';

export interface Counter {
  readonly value: number;
  /** @param by an integer, 1 unless given @throws LastcallError `failed` if it is none, or the sum leaves ±2^53 */
  add(by?: number): number;
}

/** An integer that starts at 0. */
export function counter(): StateDefinition<Counter> {
  return {
    kind: 'counter',
    schema: {},
    create() {
      const values = new KeyedValues<number>(0, jsonCodec());
      const handle: Counter = {
        get value() {
          return values.get('');
        },
        add(by = 1) {
          const sum = values.get('') + by;
          if (!Number.isInteger(by) || !Number.isSafeInteger(sum)) throw notCountable(by);
          values.set('', sum);
          return sum;
        },
      };
      return {
        handle,
        load: (pieces) => values.load(pieces),
        changes: () => values.changes(),
        markCommitted: () => values.markCommitted(),
        pieces: () => values.pieces(),
      };
    },
  };
}

function notCountable(by: number): LastcallError {
  return new LastcallError('failed', {
    what: `${String(by)} cannot be added: it is no integer, or the sum would leave ±2^53`,
    on: 'counter.add',
    todo: 'Count in integers.',
  });
}
