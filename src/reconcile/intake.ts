// Reads all sources into the ledger, in turns, and counts what they brought.
import type { TaskLedger } from './core/ledger.ts';
import type { TaskLine } from './core/task-line.ts';
import { BadRecord } from '../stream/index.ts';
import { OTHER } from './read-line.ts';
import type { LogSource, Row } from './sources/source.ts';

/** Unusable lines that are kept as examples. */
const EXAMPLES_MAX = 5;

export interface IntakeCounts {
  /** Lines about tasks. */
  tasks: number;
  /** Lines about something else. */
  other: number;
  /** Lines that could not be read: not JSON, torn, without a time. */
  bad: number;
  readonly badExamples: string[];
}

export class Intake {
  readonly counts: IntakeCounts = { tasks: 0, other: 0, bad: 0, badExamples: [] };
  readonly positions = new Map<string, unknown>();
  readonly #sources: readonly LogSource[];
  readonly #ledger: TaskLedger;
  readonly #ended = new Set<LogSource>();

  /** @param position where a source was left, by its name */
  constructor(sources: readonly LogSource[], ledger: TaskLedger, position: (source: string) => unknown) {
    this.#sources = sources;
    this.#ledger = ledger;
    for (const { name } of sources) this.positions.set(name, position(name));
  }

  /** One batch of each source that has any. `idle`: nothing at present; `end`: nothing will come any more. */
  async read(signal: AbortSignal): Promise<'more' | 'idle' | 'end'> {
    let hasMore = false;
    for (const source of this.#sources) {
      if (this.#ended.has(source)) continue;
      const batch = await source.read(this.positions.get(source.name), signal);
      if (batch === 'end') this.#ended.add(source);
      if (typeof batch === 'string') continue;
      for (const row of batch.rows) this.#take(row);
      this.positions.set(source.name, batch.position);
      hasMore = true;
    }
    if (hasMore) return 'more';
    return this.#ended.size === this.#sources.length ? 'end' : 'idle';
  }

  /** Settles when a source may have more, or the signal aborts. */
  async more(signal: AbortSignal): Promise<void> {
    const one = new AbortController();
    const waiting = this.#sources.filter((source) => !this.#ended.has(source));
    const either = AbortSignal.any([signal, one.signal]);
    const waits = waiting.map((source) => source.more(either));
    await Promise.race(waits);
    one.abort();
    await Promise.all(waits);
  }

  async close(): Promise<void> {
    for (const source of this.#sources) await source.close();
  }

  #take(row: Row): void {
    if (row === OTHER) this.counts.other++;
    else if (row instanceof BadRecord) this.#bad(row);
    else this.#apply(row);
  }

  #apply(line: TaskLine): void {
    this.counts.tasks++;
    this.#ledger.apply(line);
  }

  #bad({ at, reason }: BadRecord): void {
    this.counts.bad++;
    if (this.counts.badExamples.length < EXAMPLES_MAX) this.counts.badExamples.push(`${at}: ${reason}`);
  }
}
