// What a replay does with outputs: tables in the pipeline's own database are written as ever, into the replay's copy. What
// would go anywhere else, to a service or into files that others read, goes to the table `replayed_outputs` of the copy.
import type { DatabaseSync } from 'node:sqlite';
import type { Pipeline } from '../pipeline.ts';
import type { OpenSink, Origin, Sink } from '../ports.ts';
import { showPosition } from '../core/positions.ts';

/** Kinds whose outputs lie in the pipeline's database. */
const WITHIN = new Set(['none', 'sqlite', 'columns']);

/** The pipeline, for its state the same, that tells nobody outside. */
export function captured(pipeline: Pipeline): Pipeline {
  return {
    ...pipeline,
    sink: capturedSink(pipeline.sink),
    parts: pipeline.parts.map((part) => ({ ...part, sink: part.sink && capturedSink(part.sink) })),
    archive: null,
  };
}

function capturedSink(sink: Sink<unknown>): Sink<unknown> {
  if (WITHIN.has(sink.kind)) return sink;
  return { ...sink, open: async ({ database }) => new Capture(database, sink.identity) };
}

type Row = readonly [sink: string, partition: number, place: string, ordinal: number, output: string];

class Capture implements OpenSink<unknown> {
  readonly unacknowledged = 0;
  readonly #database: DatabaseSync;
  readonly #sink: string;
  #rows: Row[] = [];

  constructor(database: DatabaseSync, sink: string) {
    this.#database = database;
    this.#sink = sink;
  }

  get collected(): number {
    return this.#rows.length;
  }

  async recover(): Promise<void> {
    this.#database.exec(
      `CREATE TABLE IF NOT EXISTS replayed_outputs (
         sink TEXT NOT NULL, partition INTEGER NOT NULL, place TEXT NOT NULL, ordinal INTEGER NOT NULL, output TEXT
       ) STRICT`,
    );
  }

  add(output: unknown, origin: Origin): void {
    const { partition, ordinal } = origin;
    const text = JSON.stringify(output, asJson) ?? 'null';
    this.#rows.push([this.#sink, partition, showPosition(origin.position()), ordinal, text]);
  }

  commit(): void {
    const insert = this.#database.prepare('INSERT INTO replayed_outputs VALUES (?, ?, ?, ?, ?)');
    for (const row of this.#rows) insert.run(...row);
    this.#rows = [];
  }

  discard(): void {
    this.#rows = [];
  }

  async close(): Promise<void> {}
}

function asJson(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
