// A sink for tests: one table, one row per output in the order of processing, and faults on demand.
import type { DatabaseSync } from 'node:sqlite';
import type { OpenSink, Origin, Sink } from '../ports.ts';

/** Each may throw, or return a promise that rejects where the sink's method is asynchronous. */
export interface SinkFaults {
  prepare?: (epoch: number) => void | Promise<void>;
  commit?: (epoch: number, database: DatabaseSync) => void;
  published?: (epoch: number) => void | Promise<void>;
}

export function tableSink(faults: SinkFaults = {}, table = 'results'): Sink<unknown> {
  return {
    kind: 'table',
    identity: table,
    schema: null,
    async open({ database }) {
      return new OpenTable(database, faults, table);
    },
  };
}

class OpenTable implements OpenSink<unknown> {
  readonly unacknowledged = 0;
  readonly #database: DatabaseSync;
  readonly #faults: SinkFaults;
  readonly #table: string;
  #rows: (readonly [partition: number, place: string, ordinal: number, output: string])[] = [];

  constructor(database: DatabaseSync, faults: SinkFaults, table: string) {
    this.#table = table;
    this.#database = database;
    this.#faults = faults;
  }

  get collected(): number {
    return this.#rows.length;
  }

  async recover(): Promise<void> {
    this.#database.exec(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (id INTEGER PRIMARY KEY, partition INTEGER, place TEXT, ordinal INTEGER, output TEXT)`,
    );
  }

  add(output: unknown, origin: Origin): void {
    this.#rows.push([origin.partition, origin.position().join(':'), origin.ordinal, JSON.stringify(output)]);
  }

  async prepare(epoch: number): Promise<void> {
    await this.#faults.prepare?.(epoch);
  }

  commit(epoch: number): void {
    this.#faults.commit?.(epoch, this.#database);
    const insert = this.#database.prepare(
      `INSERT INTO ${this.#table} (partition, place, ordinal, output) VALUES (?, ?, ?, ?)`,
    );
    for (const row of this.#rows) insert.run(...row);
    this.#rows = [];
  }

  async published(epoch: number): Promise<void> {
    await this.#faults.published?.(epoch);
  }

  discard(): void {
    this.#rows = [];
  }

  async close(): Promise<void> {}
}
