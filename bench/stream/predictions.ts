// Whether two contenders did the same work: the same flights in the same order, with the same predictions but for the last
// bits, in which exponentials of different libraries differ.
import { readFileSync } from 'node:fs';
import { openSqliteForReading } from '../../src/store/index.ts';
import { readColumns } from '../../src/stream/index.ts';
import { TABLE, type FlightsSink } from './flights.ts';

export interface Predictions {
  readonly probabilities: Float64Array;
  readonly outcomes: Uint8Array;
}

/** Most that two probabilities of one flight may differ. */
export const DIFFERENCE_MAX = 1e-9;

/** @throws Error if they are not those of the first `records` flights, each once and in order */
export function predictionsOf(path: string, format: FlightsSink | 'csv', records: number): Predictions {
  const found = { probabilities: new Float64Array(records), outcomes: new Uint8Array(records) };
  let next = 0;
  for (const [id, p, y] of format === 'csv' ? csvRows(path) : databaseRows(path, format)) {
    if (id !== next) throw new Error(`${path}: flight ${id} where ${next} should be`);
    found.probabilities[next] = p;
    found.outcomes[next++] = y;
  }
  if (next !== records) throw new Error(`${path}: ${next} flights of ${records}`);
  return found;
}

/** @returns the log loss and the largest difference @throws Error if it was not the same work */
export function requireSame(ours: Predictions, theirs: Predictions): { logLoss: number; difference: number } {
  let difference = 0;
  let logLoss = 0;
  for (const [flight, p] of ours.probabilities.entries()) {
    difference = Math.max(difference, Math.abs(p - theirs.probabilities[flight]!));
    if (ours.outcomes[flight] !== theirs.outcomes[flight]) throw new Error(`flight ${flight} has two outcomes`);
    logLoss -= Math.log(ours.outcomes[flight] === 1 ? p : 1 - p);
  }
  if (!(difference <= DIFFERENCE_MAX)) throw new Error(`predictions differ by ${difference}: not the same work`);
  return { logLoss: logLoss / ours.probabilities.length, difference };
}

type Row = readonly [id: number, p: number, y: number];

function* csvRows(path: string): Generator<Row> {
  for (const line of readFileSync(path, 'latin1').trimEnd().split('\n')) {
    const [id, p, y] = line.split(',');
    yield [Number(id), Number(p), Number(y)];
  }
}

function* databaseRows(path: string, sink: FlightsSink): Generator<Row> {
  using database = openSqliteForReading(path);
  if (sink === 'rows') {
    for (const row of database.prepare(`SELECT id, p, y FROM ${TABLE} ORDER BY rowid`).iterate()) {
      yield [row['id'] as number, row['p'] as number, row['y'] as number];
    }
    return;
  }
  for (const { rows, columns } of readColumns(database, TABLE)) {
    for (let row = 0; row < rows; row++) {
      yield [columns['id']![row] as number, columns['p']![row] as number, columns['y']![row] as number];
    }
  }
}
