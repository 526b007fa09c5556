// What is read of the source, in the order in which it is to be processed. Bounded: at most two batches per partition are
// held, the one at hand and the one read ahead, and together they are about a second of work.
import { nextTurn } from '../../core/order.ts';
import { NO_PACE, paceAfter, readRecords } from '../../core/read-ahead.ts';
import type { Batch, OpenSource } from '../../ports.ts';
import type { Progress } from './chain.ts';
import { Lane } from './lane.ts';

/** Records `from` … `to` − 1 of a batch, to be processed now. */
export interface Run {
  readonly batch: Batch;
  readonly from: number;
  readonly to: number;
}

/**
 * Why there is no run now. `reading`: wait for `fill`; `idle`: nothing at present, wait for `more`; `end`: nothing ever
 * again; `paused`: what was read is used up, and no more is read.
 */
export type Pause = 'reading' | 'idle' | 'end' | 'paused';

export class Intake {
  readonly #source: OpenSource;
  readonly #lanes: readonly Lane[];
  /** Records handed out, by partition. */
  readonly #counts: number[];
  readonly #reads = new AbortController();
  #more: Promise<void> | null = null;
  /** Records that are left of the turn. */
  #turnRecords = 0;
  #pace = NO_PACE;

  /** @param accept called with the size of each batch read; `false` turns it away */
  constructor(source: OpenSource, progress: readonly Progress[], accept: (records: number) => boolean) {
    this.#source = source;
    this.#counts = progress.map(({ records }) => records);
    this.#lanes = progress.map(({ position }, partition) => {
      return new Lane(source, { partition, after: position }, accept);
    });
  }

  /** Records read and not handed out. */
  get buffered(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.buffered, 0);
  }

  /** More may always come. */
  get isEndless(): boolean {
    return this.#source.endless ?? false;
  }

  get paused(): boolean {
    return this.#reads.signal.aborted;
  }

  /** No read is begun any more, and those under way are aborted. */
  pause(): void {
    this.#reads.abort();
  }

  /** The next run in order, or why there is none now. */
  take(): Run | Pause {
    const lane = this.#nextLane();
    if (lane === null) {
      if (this.#lanes.every(({ state }) => state === 'ended')) return 'end';
      // A source that is asked for more only now might wait for an abort that has been.
      return this.paused ? 'paused' : 'idle';
    }
    if (lane.batch !== null) return this.#takeFrom(lane, lane.batch);
    return this.paused ? 'paused' : 'reading';
  }

  /** After `reading`: waits for the read that the next run depends on. @throws what the source throws */
  async fill(): Promise<void> {
    await this.#nextLane()?.fill(this.#readRecords, this.#reads.signal);
  }

  /** `records` were dealt with in `tookMs`: how much is read ahead follows from it. */
  dealtWith(records: number, tookMs: number): void {
    this.#pace = paceAfter(this.#pace, records, tookMs);
  }

  get #readRecords(): number {
    return readRecords(this.#pace, this.#lanes.length);
  }

  /** After `idle`: settles when more may be there, or intake is paused. May be asked for again while it is pending. */
  more(): Promise<void> {
    this.#more ??= this.#wait();
    return this.#more;
  }

  async #wait(): Promise<void> {
    try {
      await this.#source.more(this.#reads.signal);
    } finally {
      this.#more = null;
    }
    for (const lane of this.#lanes) if (lane.state === 'idle') lane.state = 'open';
  }

  /** Whose turn it is, also if it has nothing at hand; null if all have ended or are idle. */
  #nextLane(): Lane | null {
    const turn = nextTurn(this.#counts, (partition) => {
      const { batch, state } = this.#lanes[partition]!;
      return batch === null && state !== 'open';
    });
    this.#turnRecords = turn?.records ?? 0;
    return turn === null ? null : this.#lanes[turn.partition]!;
  }

  #takeFrom(lane: Lane, batch: Batch): Run {
    const from = lane.offset;
    const to = Math.min(batch.length, from + this.#turnRecords);
    lane.offset = to;
    this.#counts[lane.partition]! += to - from;
    if (to === batch.length) lane.batch = null;
    lane.readAhead(this.#readRecords, this.#reads.signal);
    return { batch, from, to };
  }
}
