// What is read of the source, in the order in which it is to be processed. Bounded: at most two batches per partition are
// held, the one at hand and the one read ahead.
import { nextTurn } from '../../core/order.ts';
import type { Batch, OpenSource } from '../../ports.ts';
import type { Progress } from './chain.ts';
import { Lane } from './lane.ts';

/** Records `from` … `to` − 1 of a batch, to be processed now. */
export interface Run {
  readonly batch: Batch;
  readonly from: number;
  readonly to: number;
}

/** `idle`: nothing at present; `end`: nothing ever again; `paused`: what was read is used up, and no more is read. */
export type Pause = 'idle' | 'end' | 'paused';

/** Most records asked of a source at once. */
const READ_RECORDS = 20_000;

export class Intake {
  readonly #source: OpenSource;
  readonly #lanes: readonly Lane[];
  /** Records handed out, by partition. */
  readonly #counts: number[];
  readonly #reads = new AbortController();
  #more: Promise<void> | null = null;

  /** @param accept called with the size of each batch read; `false` turns it away */
  constructor(source: OpenSource, progress: readonly Progress[], accept: (records: number) => boolean) {
    this.#source = source;
    this.#counts = progress.map(({ records }) => records);
    this.#lanes = progress.map(({ position }, partition) => {
      return new Lane(source, { partition, after: position }, READ_RECORDS, accept);
    });
  }

  /** Records read and not handed out. */
  get buffered(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.buffered, 0);
  }

  get paused(): boolean {
    return this.#reads.signal.aborted;
  }

  /** No read is begun any more, and those under way are aborted. */
  pause(): void {
    this.#reads.abort();
  }

  /** The next run in order, or why there is none. */
  async next(): Promise<Run | Pause> {
    for (;;) {
      const turn = nextTurn(this.#counts, (partition) => this.#skipped(this.#lanes[partition]!));
      if (turn === null) return this.#lanes.every(({ state }) => state === 'ended') ? 'end' : 'idle';
      const lane = this.#lanes[turn.partition]!;
      if (lane.batch !== null) return this.#take(lane, lane.batch, turn.records);
      if (this.paused) return 'paused';
      await lane.fill(this.#reads.signal);
    }
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

  #skipped(lane: Lane): boolean {
    return lane.batch === null && lane.state !== 'open';
  }

  #take(lane: Lane, batch: Batch, recordsMax: number): Run {
    const from = lane.offset;
    const to = Math.min(batch.length, from + recordsMax);
    lane.offset = to;
    this.#counts[lane.partition]! += to - from;
    if (to === batch.length) lane.batch = null;
    lane.readAhead(this.#reads.signal);
    return { batch, from, to };
  }
}
