// Records of a program: an array, a generator, or anything asynchronous that can start again from the n-th record.
import { setImmediate } from 'node:timers/promises';
import { checkText } from '../../base/given.ts';
import type { OpenSource, Position, ReadResult, Source } from '../ports.ts';

/** Gives the records after the first `done` ones; called once per start, and again if records are to be read again. */
export type IterableFrom<Row> = (done: number) => Iterable<Row> | AsyncIterable<Row>;

/**
 * Records of a program. A position is the number of records that are done, so the records must be the same, in the same
 * order, at every start.
 * @param name identity of the source, stable across starts
 * @param records an array (or what else can be iterated again), or a function that starts after the first `done` ones
 */
export function fromIterable<Row>(name: string, records: Iterable<Row> | IterableFrom<Row>): Source<Row> {
  checkText('fromIterable', name, 'the name of the source');
  return {
    kind: 'iterable',
    identity: `iterable:${name}`,
    schema: null,
    open: async () => new OpenIterable(records),
  };
}

class OpenIterable<Row> implements OpenSource {
  readonly partitions = 1;
  readonly #records: Iterable<Row> | IterableFrom<Row>;
  #puller: Puller<Row> | null = null;
  /** Records that the puller has given or stepped over. */
  #done = 0;

  constructor(records: Iterable<Row> | IterableFrom<Row>) {
    this.#records = records;
  }

  recordsIn(): number | null {
    return Array.isArray(this.#records) ? this.#records.length : null;
  }

  async holds(partition: number, [done = 0]: Position): Promise<boolean> {
    return partition === 0 && done <= (this.recordsIn() ?? done);
  }

  async read(_partition: number, after: Position, recordsMax: number, signal: AbortSignal): Promise<ReadResult> {
    signal.throwIfAborted();
    const [from = 0] = after;
    if (!this.#puller || this.#done !== from) {
      this.#puller?.close();
      this.#puller = pullerFrom(this.#records, from);
      this.#done = from;
    }
    const rows = await this.#puller.take(recordsMax, signal);
    this.#done += rows.length;
    if (rows.length === 0) return 'end';
    return { partition: 0, length: rows.length, after, rows, positionAfter: (index) => [from + index + 1] };
  }

  /** Reads wait for records themselves. */
  async more(): Promise<void> {}

  async close(): Promise<void> {
    this.#puller?.close();
    this.#puller = null;
  }
}

interface Puller<Row> {
  /** At least one record and at most `count`; none at the end. */
  take(count: number, signal: AbortSignal): Promise<Row[]>;
  close(): void;
}

function pullerFrom<Row>(records: Iterable<Row> | IterableFrom<Row>, done: number): Puller<Row> {
  const iterable = typeof records === 'function' ? records(done) : Iterator.from(records).drop(done);
  return Symbol.asyncIterator in iterable
    ? new AsyncPuller(iterable[Symbol.asyncIterator]())
    : new SyncPuller(iterable);
}

class SyncPuller<Row> implements Puller<Row> {
  readonly #iterator: Iterator<Row>;

  constructor(iterable: Iterable<Row>) {
    this.#iterator = iterable[Symbol.iterator]();
  }

  async take(count: number): Promise<Row[]> {
    const rows: Row[] = [];
    while (rows.length < count) {
      const { done, value } = this.#iterator.next();
      if (done === true) break;
      rows.push(value);
    }
    return rows;
  }

  close(): void {
    this.#iterator.return?.();
  }
}

class AsyncPuller<Row> implements Puller<Row> {
  readonly #iterator: AsyncIterator<Row>;
  /** A record that was asked for when a read ended without it; the next read gets it. */
  #next: Promise<IteratorResult<Row>> | null = null;

  constructor(iterator: AsyncIterator<Row>) {
    this.#iterator = iterator;
  }

  /** Waits for the first record, then takes what comes without waiting for timers or I/O. */
  async take(count: number, signal: AbortSignal): Promise<Row[]> {
    const rows: Row[] = [];
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    aborted.promise.catch(() => {});
    signal.addEventListener('abort', abort, { once: true });
    try {
      let tick: Promise<null> | null = null;
      while (rows.length < count) {
        this.#next ??= this.#iterator.next();
        const result = await Promise.race(tick ? [this.#next, tick] : [this.#next, aborted.promise]);
        if (result === null) break;
        this.#next = null;
        if (result.done === true) break;
        rows.push(result.value);
        tick ??= setImmediate(null);
      }
      return rows;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  close(): void {
    // A generator that waits for something does not answer, so it is told and not waited for.
    this.#iterator.return?.().catch(() => {});
    this.#next?.catch(() => {});
  }
}
