// What the branching pipeline has left: outputs by branch.
import { join } from 'node:path';
import { openSqliteForReading } from '../../store/index.ts';
import { DATABASE } from '../engines/embedded/place.ts';

export interface BranchesLeft {
  readonly step: readonly unknown[];
  readonly audit: readonly unknown[];
  readonly tally: readonly unknown[];
  /** Pieces that are parked. */
  readonly parked: number;
}

export function branchesLeft(directory: string): BranchesLeft {
  const database = openSqliteForReading(join(directory, DATABASE));
  try {
    const of = (table: string): unknown[] =>
      database
        .prepare(`SELECT partition, place, ordinal, output FROM ${table} ORDER BY id`)
        .all()
        .map((row) => ({ ...row }));
    const parked = database
      .prepare(
        "SELECT count(*) AS count FROM lastcall_piece WHERE slot IN (SELECT slot FROM lastcall_slot WHERE name LIKE 'parked.%')",
      )
      .get()!;
    return { step: of('results'), audit: of('audits'), tally: of('tallies'), parked: Number(parked['count']) };
  } finally {
    database.close();
  }
}

/** The `id`s of outputs. */
export function idsOf(outputs: readonly unknown[]): number[] {
  return outputs.map((row) => (JSON.parse((row as { output: string }).output) as { id: number }).id);
}
