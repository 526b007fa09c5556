// What the database says of a sink's part files: how many bytes of each are committed. What a file holds beyond that was
// written for an epoch that never was, and is cut back.
import type { DatabaseSync } from 'node:sqlite';
import { tableExists } from '../registry.ts';

export interface Part {
  /** 1, 2, … */
  readonly number: number;
  /** Committed bytes. */
  readonly bytes: number;
  readonly records: number;
  /** Complete: the file has its final name, or gets it as soon as possible. */
  readonly isClosed: boolean;
}

const CREATE = `CREATE TABLE IF NOT EXISTS sink_part (
  sink TEXT NOT NULL,
  number INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  records INTEGER NOT NULL,
  closed INTEGER NOT NULL,
  PRIMARY KEY (sink, number)
) STRICT, WITHOUT ROWID`;

/** All parts of a sink, in order. */
export function readManifest(database: DatabaseSync, sink: string): Part[] {
  if (!tableExists(database, 'sink_part')) return [];
  const rows = database.prepare('SELECT number, bytes, records, closed FROM sink_part WHERE sink = ? ORDER BY number');
  return rows.all(sink).map((row) => ({
    number: row['number'] as number,
    bytes: row['bytes'] as number,
    records: row['records'] as number,
    isClosed: row['closed'] === 1,
  }));
}

/** Within the transaction of an epoch. */
export function writePart(database: DatabaseSync, sink: string, part: Part): void {
  database.exec(CREATE);
  database
    .prepare('INSERT OR REPLACE INTO sink_part VALUES (?, ?, ?, ?, ?)')
    .run(sink, part.number, part.bytes, part.records, Number(part.isClosed));
}
