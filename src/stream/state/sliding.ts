// Sliding windows over event time as state of a pipeline: how many events a key had in the last hours, and the mean of
// a value over them. Both are exact to the millisecond and forget what left the window, so memory and the stored state
// are bounded by the events of one window: about 20 bytes in memory and 3 to 5 in storage for each, and some 100 bytes
// for each key that has any.
//
// Time is the newest that the state has seen (as event or as question), over all keys. A record that comes out of
// order is put where it belongs; one that is older than the window is not counted but shows in `late`. Partitions that
// are further apart in time than the window must therefore be merged by time before, or be one partition.
import { durationMs, type DurationInput } from '../../base/duration.ts';
import { LastcallError } from '../../base/errors.ts';
import { checkOptions, type OptionNames } from '../../base/given.ts';
import type { StateDefinition, StateInstance } from '../ports.ts';
import { EventWindow } from './event-window.ts';
import { keyReader, type KeyBy } from './key.ts';

/** An instant of event time: a Date, or milliseconds since 1970 (a fraction of a millisecond is dropped). */
export type EventTime = Date | number;

export interface SlidingOptions<Row> {
  /** The key of a record: a field, or a function. `5` and `'5'` are one key. */
  by: KeyBy<Row>;
  /** Length of the window in event time, at least 1 ms, such as `'2h'`. An event is in it while `time > now − window`. */
  window: DurationInput;
}

export interface SlidingCount<Row> {
  /** Counts the record, and returns how many its key now has in the window, this one included. */
  add(row: Row, at: EventTime): number;
  /** How many the record's key has in the window at `at`, without this one. */
  count(row: Row, at: EventTime): number;
  /** Records that came too late to be counted. */
  readonly late: number;
  /** Keys with records in the window. */
  readonly keys: number;
}

export interface SlidingMean<Row> {
  /** Adds the record's value: an integer of at most 2^31 in magnitude, such as 0 or 1. */
  add(row: Row, at: EventTime, value: number): void;
  /** The mean over the window of what was added before for the record's key; `otherwise` if there is nothing. */
  mean(row: Row, at: EventTime, otherwise: number): number;
  /** How many values that mean is of. */
  count(row: Row, at: EventTime): number;
  readonly late: number;
  readonly keys: number;
}

const OPTIONS: OptionNames<SlidingOptions<never>> = { by: true, window: true };

const VALUE_MAX = 2 ** 31;

/** How many records each key had in the last `window` of event time. @throws LastcallError `usage` for a bad window */
export function slidingCount<Row>(options: SlidingOptions<Row>): StateDefinition<SlidingCount<Row>> {
  checkOptions('slidingCount', options, OPTIONS);
  const windowMs = windowOf(options.window, 'slidingCount.window');
  const keyOf = keyReader(options.by, 'slidingCount.by');
  return {
    kind: 'sliding-count',
    schema: { windowMs, format: 1 },
    create() {
      const window = new EventWindow(windowMs);
      return instanceOf(window, {
        add: (row, at) => window.add(keyOf(row), millis(at), 1),
        count: (row, at) => window.count(keyOf(row), millis(at)),
        get late() {
          return window.late;
        },
        get keys() {
          return window.size;
        },
      });
    },
  };
}

/**
 * The mean of an integer value per key over the last `window` of event time: a rate when the value is 0 or 1. Ask
 * before you add, and it is learnt from earlier records only. @throws LastcallError `usage` for a bad window
 */
export function slidingMean<Row>(options: SlidingOptions<Row>): StateDefinition<SlidingMean<Row>> {
  checkOptions('slidingMean', options, OPTIONS);
  const windowMs = windowOf(options.window, 'slidingMean.window');
  const keyOf = keyReader(options.by, 'slidingMean.by');
  return {
    kind: 'sliding-mean',
    schema: { windowMs, format: 1 },
    create() {
      const window = new EventWindow(windowMs);
      return instanceOf(window, {
        add(row, at, value) {
          if (!Number.isInteger(value) || Math.abs(value) > VALUE_MAX) throw notAnInteger(value);
          window.add(keyOf(row), millis(at), value + 0);
        },
        mean(row, at, otherwise) {
          const key = keyOf(row);
          const count = window.count(key, millis(at));
          return count === 0 ? otherwise : window.sum(key, millis(at)) / count;
        },
        count: (row, at) => window.count(keyOf(row), millis(at)),
        get late() {
          return window.late;
        },
        get keys() {
          return window.size;
        },
      });
    },
  };
}

function instanceOf<Handle>(window: EventWindow, handle: Handle): StateInstance<Handle> {
  return {
    handle,
    load: (pieces) => window.load(pieces),
    changes: () => window.changes(),
    markCommitted: () => window.markCommitted(),
    pieces: () => window.pieces(),
  };
}

function windowOf(window: DurationInput, field: string): number {
  if (window === undefined) {
    throw new LastcallError('usage', {
      what: 'the window is missing',
      on: field,
      todo: "Give its length, such as '2h'.",
    });
  }
  const ms = Math.floor(durationMs(window, field));
  if (ms >= 1) return ms;
  throw new LastcallError('usage', { what: 'the window is empty', on: field, todo: 'Give at least 1ms.' });
}

function millis(at: EventTime): number {
  const ms = Math.floor(typeof at === 'number' ? at : at.getTime());
  // The limit is that of Date; the sum turns −0 into 0.
  if (ms >= -8.64e15 && ms <= 8.64e15) return ms + 0;
  throw new LastcallError('failed', {
    what: `${String(at)} is not a time`,
    on: 'at',
    todo: 'Give the time of the event as a Date or in milliseconds since 1970.',
  });
}

function notAnInteger(value: number): LastcallError {
  return new LastcallError('failed', {
    what: `${String(value)} is not an integer of at most 2^31`,
    on: 'value',
    todo: 'Scale the value to an integer (cents, thousandths), so that sums are exact; a yes or no is 1 or 0.',
  });
}
