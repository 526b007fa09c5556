// What was accepted over HTTP and is not done yet, in an SQLite file of its own: a state that is restored from an archive
// must not take accepted records away with it. A record's position is its number in the order of acceptance.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { migrate, openSqlite, transaction } from '../../../store/index.ts';

/** One request's records, to be accepted together or not at all. */
export interface Submission {
  /** JSON texts, one per record. */
  readonly records: readonly string[];
  /** One per record: a record whose id was seen is left out. null: no id. */
  readonly ids: readonly (string | null)[];
}

export interface Accepted {
  readonly accepted: number;
  readonly duplicates: number;
}

const MIGRATIONS = [
  `
  -- AUTOINCREMENT: numbers are never given twice, also when the newest rows are gone.
  CREATE TABLE inbox (number INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE inbox_id (id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX inbox_id_age ON inbox_id (at_ms);
  -- One row: records up to this number are gone.
  CREATE TABLE inbox_trimmed (number INTEGER NOT NULL) STRICT;
  INSERT INTO inbox_trimmed VALUES (0);
  `,
];

/** Rows that one pass takes off, so that accepting does not wait long for it. */
const TRIM_ROWS = 10_000;

export class Inbox {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #insertId: StatementSync;
  readonly #after: StatementSync;
  #newest: number;
  #trimmed: number;

  /** @throws LastcallError `state_refused`, `io`, `disk_full` */
  constructor(path: string) {
    this.#database = openSqlite(path);
    migrate(this.#database, 'inbox', MIGRATIONS);
    this.#insert = this.#database.prepare('INSERT INTO inbox (record, at_ms) VALUES (?, ?)');
    this.#insertId = this.#database.prepare('INSERT INTO inbox_id VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#after = this.#database.prepare('SELECT number, record FROM inbox WHERE number > ? ORDER BY number LIMIT ?');
    const sequence = this.#database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'inbox'`).get();
    this.#newest = (sequence?.['seq'] as number | undefined) ?? 0;
    this.#trimmed = this.#database.prepare('SELECT number FROM inbox_trimmed').get()!['number'] as number;
  }

  /** Number of the record accepted last; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether all records after `number` that were ever accepted are there. */
  holds(number: number): boolean {
    return number >= this.#trimmed && number <= this.#newest;
  }

  /** Accepts all submissions in one transaction. When it returns, they survive power loss. */
  accept(submissions: readonly Submission[], atMs: number): Accepted[] {
    let newest = this.#newest;
    const results = transaction(this.#database, () =>
      submissions.map(({ records, ids }) => {
        let accepted = 0;
        for (const [index, record] of records.entries()) {
          const id = ids[index] ?? null;
          if (id !== null && this.#insertId.run(id, atMs).changes === 0) continue;
          newest = Number(this.#insert.run(record, atMs).lastInsertRowid);
          accepted++;
        }
        return { accepted, duplicates: records.length - accepted };
      }),
    );
    this.#newest = newest;
    return results;
  }

  after(number: number, rowsMax: number): { number: number; record: string }[] {
    return this.#after.all(number, rowsMax) as unknown as { number: number; record: string }[];
  }

  /**
   * Forgets records up to `done` that were accepted before `recordsBeforeMs`, and ids seen before `idsBeforeMs`; some of
   * them, if there are many. Returns whether there may be more.
   */
  trim(done: number, recordsBeforeMs: number, idsBeforeMs: number): boolean {
    return transaction(this.#database, () => {
      const last = this.#database
        .prepare(`SELECT max(number) AS number FROM
          (SELECT number FROM inbox WHERE number <= ? AND at_ms < ? ORDER BY number LIMIT ?)`)
        .get(done, recordsBeforeMs, TRIM_ROWS)!['number'] as number | null;
      if (last !== null) {
        this.#database.prepare('DELETE FROM inbox WHERE number <= ?').run(last);
        this.#database.prepare('UPDATE inbox_trimmed SET number = ?').run(last);
        this.#trimmed = last;
      }
      const ids = this.#database
        .prepare('DELETE FROM inbox_id WHERE id IN (SELECT id FROM inbox_id WHERE at_ms < ? LIMIT ?)')
        .run(idsBeforeMs, TRIM_ROWS);
      return last !== null || Number(ids.changes) === TRIM_ROWS;
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
