// One partition being read: the batch at hand, and one read ahead. Reads of a partition follow one another, and each must
// begin where the one before ended; a source that skips or repeats is stopped here, before anything is processed.
import { LastcallError } from '../../../base/errors.ts';
import { comparePositions, samePosition, showPosition } from '../../core/positions.ts';
import type { Batch, OpenSource, Position, ReadResult } from '../../ports.ts';

export class Lane {
  readonly partition: number;
  /** The batch at hand, of which `offset` records have been handed out. */
  batch: Batch | null = null;
  offset = 0;
  state: 'open' | 'idle' | 'ended' = 'open';
  readonly #source: OpenSource;
  readonly #accept: (records: number) => boolean;
  /** Where the next read begins. */
  #after: Position;
  #reading: Promise<ReadResult> | null = null;

  constructor(
    source: OpenSource,
    start: { readonly partition: number; readonly after: Position },
    accept: (records: number) => boolean,
  ) {
    this.#source = source;
    this.partition = start.partition;
    this.#after = start.after;
    this.#accept = accept;
  }

  /** Records at hand that have not been handed out. */
  get buffered(): number {
    return this.batch === null ? 0 : this.batch.length - this.offset;
  }

  /** Begins the next read, of at most `recordsMax` records, if none is under way. */
  readAhead(recordsMax: number, signal: AbortSignal): void {
    if (this.#reading !== null || this.state === 'ended' || signal.aborted) return;
    this.#reading = this.#source.read(this.partition, this.#after, recordsMax, signal);
    // It is awaited in `fill`, perhaps much later; until then nobody else may see it rejected.
    this.#reading.catch(() => {});
  }

  /** Waits for the next batch, or for the news that there is none. Does nothing if the signal is aborted. */
  async fill(recordsMax: number, signal: AbortSignal): Promise<void> {
    this.readAhead(recordsMax, signal);
    if (this.#reading === null) return;
    let result: ReadResult;
    try {
      result = await this.#reading;
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    } finally {
      this.#reading = null;
    }
    if (typeof result === 'string') this.state = result === 'end' ? 'ended' : 'idle';
    else this.#take(result);
  }

  #take(batch: Batch): void {
    const next = this.#checked(batch);
    // After intake has begun the batch is as if it had not been read (invariant 1).
    if (!this.#accept(batch.length)) return;
    this.batch = batch;
    this.offset = 0;
    this.state = 'open';
    this.#after = next;
  }

  #checked(batch: Batch): Position {
    const next = batch.length > 0 ? batch.positionAfter(batch.length - 1) : this.#after;
    if (samePosition(batch.after, this.#after) && comparePositions(next, this.#after) > 0) return next;
    throw new LastcallError('internal', {
      what: `the source gave records ${showPosition(batch.after)} … ${showPosition(next)} when asked for what follows ${showPosition(this.#after)}`,
      on: `partition ${this.partition}`,
      todo: 'Nothing of them was processed. This is a mistake in the source; please report it.',
    });
  }
}
