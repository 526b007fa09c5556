// Reads a pipeline's table of predictions from beside it, as any SQLite client could: piece by piece for the running
// score, and whole for the audit. Nothing of what the pipeline says about itself is used here.
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** Rows of one read. A reader that stays long in one read keeps the writer's log from being cut. */
const ROWS_PER_READ = 50_000;

export interface Audit {
  /** Rows of the table. */
  readonly rows: number;
  /** Records that have no row. */
  readonly lost: number;
  /** Rows beyond the first one of a record. */
  readonly doubled: number;
  /** Rows of records that there are none of. */
  readonly foreign: number;
  /** Of all rows, in order. */
  readonly sha256: string;
}

type Row = readonly [id: number, p: number, y: number];

export class Outputs {
  readonly #database: DatabaseSync;

  /** @param path of the pipeline's database, which has to exist */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  }

  /** Committed rows; 0 while there is no table yet. */
  count(): number {
    if (!this.#hasTable()) return 0;
    return Number(this.#database.prepare('SELECT coalesce(max(rowid), 0) AS rows FROM predictions').get()?.['rows']);
  }

  /** Calls `take` for rows after the first `from`, as many as there are and one read brings; returns how many. */
  read(from: number, take: (p: number, isLate: boolean) => void): number {
    if (!this.#hasTable()) return 0;
    const rows = this.#rows(from, ROWS_PER_READ);
    for (const [, p, y] of rows) take(p, y === 1);
    return rows.length;
  }

  /** Compares the ids with 0 … expected − 1, each of which has to be there once. */
  audit(expected: number): Audit {
    const seen = new Uint8Array(expected);
    const hash = createHash('sha256');
    let rows = 0;
    let doubled = 0;
    let foreign = 0;
    for (let from = 0; this.#hasTable();) {
      const read = this.#rows(from, ROWS_PER_READ);
      if (read.length === 0) break;
      hash.update(Float64Array.from(read.flat()));
      for (const [id] of read) {
        if (!(Number.isInteger(id) && id >= 0 && id < expected)) foreign++;
        else if (seen[id] === 1) doubled++;
        else seen[id] = 1;
      }
      rows += read.length;
      from = rows;
    }
    const lost = expected - (rows - doubled - foreign);
    return { rows, lost, doubled, foreign, sha256: hash.digest('hex') };
  }

  close(): void {
    this.#database.close();
  }

  #hasTable(): boolean {
    const found = this.#database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'predictions'`).get();
    return found !== undefined;
  }

  /** Rows are only ever appended, and cut back at the end, so row n has rowid n. */
  #rows(from: number, most: number): Row[] {
    const statement = this.#database.prepare('SELECT id, p, y FROM predictions WHERE rowid > ? ORDER BY rowid LIMIT ?');
    statement.setReturnArrays(true);
    return statement.all(from, most) as unknown as Row[];
  }
}
