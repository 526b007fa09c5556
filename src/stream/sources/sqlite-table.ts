// Rows of an SQLite table in the order of a whole-number key. The position is the key of the last row that is done; rows
// are read in short transactions, so whoever writes the table is not held up.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { durationMs, type DurationInput } from '../../base/duration.ts';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { checkOptions, checkText, type OptionNames } from '../../base/given.ts';
import type { OpenSource, Position, ReadResult, Source } from '../ports.ts';

export interface SqliteTableOptions<Row> {
  /** The table, or a view that has the key column. */
  table: string;
  /** Columns to read. Default all. */
  columns?: readonly (keyof Row & string)[];
  /**
   * An INTEGER column whose values are unique and never grow smaller from one insert to the next; rows that are inserted
   * below a key that is done are not seen. Default `rowid`.
   */
  orderBy?: string;
  /** An SQL condition on the rows, taken as it is written: for the program, never for its users. Default none. */
  where?: string;
  /** Wait for more rows instead of ending. Default false. */
  follow?: boolean;
  /** Following: time between looks. Default 1s. */
  poll?: DurationInput;
  /** Names the source where its path may change: part of its identity. Default: path and table. */
  name?: string;
}

const OPTIONS: OptionNames<SqliteTableOptions<never>> = {
  table: true,
  columns: true,
  orderBy: true,
  where: true,
  follow: true,
  poll: true,
  name: true,
};

/** Longest wait for a writer's lock, milliseconds. */
const BUSY_MS = 5_000;

/**
 * Rows of a table of an SQLite file, which is opened for reading only. NULL is null, INTEGER a number (beyond 2^53 an
 * error), REAL a number, TEXT a string, BLOB a Uint8Array.
 * @throws LastcallError `usage` that names the option
 */
export function sqliteTable<Row extends object = Record<string, unknown>>(
  file: string,
  options: SqliteTableOptions<Row>,
): Source<Row> {
  checkText('sqliteTable', file, 'the path of a file');
  checkOptions(`sqliteTable, ${file}`, options, OPTIONS);
  checkText('sqliteTable.table', options.table, 'the name of a table');
  const { table, columns, orderBy = 'rowid', where, follow = false } = options;
  const pollMs = durationMs(options.poll ?? '1s', `${file}: poll`);
  return {
    kind: 'sqlite-table',
    identity: `sqlite-table:${options.name ?? `${file}:${table}`}`,
    schema: { table, columns: columns ?? 'all', orderBy, where: where ?? null },
    async open() {
      return new OpenTable(
        file,
        { table, columns: columns ?? null, orderBy, where: where ?? null },
        follow ? pollMs : null,
      );
    },
  };
}

interface Query {
  readonly table: string;
  readonly columns: readonly string[] | null;
  readonly orderBy: string;
  readonly where: string | null;
}

class OpenTable implements OpenSource {
  readonly partitions = 1;
  readonly #file: string;
  readonly #query: Query;
  readonly #pollMs: number | null;
  readonly #database: DatabaseSync;
  readonly #select: StatementSync;
  readonly #names: readonly string[];

  constructor(file: string, query: Query, pollMs: number | null) {
    this.#file = file;
    this.#query = query;
    this.#pollMs = pollMs;
    this.#database = openReadOnly(file);
    try {
      const { table, columns, orderBy, where } = query;
      const key = quoted(orderBy);
      const list = columns === null ? '*' : columns.map(quoted).join(', ');
      const condition = where === null ? '' : ` AND (${where})`;
      this.#select = this.#database.prepare(
        `SELECT ${key}, ${list} FROM ${quoted(table)} WHERE ${key} > ?${condition} ORDER BY ${key} LIMIT ?`,
      );
      this.#select.setReturnArrays(true);
      this.#names = this.#select
        .columns()
        .slice(1)
        .map(({ name }) => name);
    } catch (error) {
      this.#database.close();
      throw cannotRead(file, error);
    }
  }

  get endless(): boolean {
    return this.#pollMs !== null;
  }

  recordsIn(): number | null {
    if (this.#pollMs !== null) return null;
    const { table, where } = this.#query;
    return this.#number(`SELECT count(*) FROM ${quoted(table)}${where === null ? '' : ` WHERE ${where}`}`) ?? 0;
  }

  /** Rows that are done may be deleted, but a table that never came as far as the position is another one. */
  async holds(partition: number, [key]: Position): Promise<boolean> {
    if (partition !== 0) return false;
    if (key === undefined) return true;
    const { table, orderBy } = this.#query;
    const newest = this.#number(`SELECT max(${quoted(orderBy)}) FROM ${quoted(table)}`);
    return Math.max(newest ?? 0, this.#autoincremented()) >= key;
  }

  async read(_partition: number, after: Position, recordsMax: number, signal: AbortSignal): Promise<ReadResult> {
    signal.throwIfAborted();
    const rows = this.#rowsAfter(after[0] ?? Number.MIN_SAFE_INTEGER, recordsMax);
    if (rows.length === 0) return this.#pollMs === null ? 'end' : 'idle';
    const keys = rows.map(([key]) => key);
    const wrong = keys.find((key) => !Number.isSafeInteger(key));
    if (wrong !== undefined)
      throw this.#refused(`the key ${JSON.stringify(wrong)} is no whole number`, 'Order by an INTEGER column.');
    const columns = Object.fromEntries(this.#names.map((name, index) => [name, rows.map((row) => row[index + 1])]));
    return { partition: 0, length: rows.length, after, columns, positionAfter: (index) => [keys[index] as number] };
  }

  async more(signal: AbortSignal): Promise<void> {
    if (this.#pollMs === null || signal.aborted) return;
    await setTimeout(this.#pollMs, undefined, { signal }).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #rowsAfter(key: number, recordsMax: number): unknown[][] {
    try {
      return this.#select.all(BigInt(key), recordsMax) as unknown as unknown[][];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_OUT_OF_RANGE') {
        throw this.#refused(messageOf(error), 'Read it as TEXT, through a view that has CAST(column AS TEXT).');
      }
      throw cannotRead(this.#file, error);
    }
  }

  /** Highest key that an AUTOINCREMENT table ever gave, 0 for others. */
  #autoincremented(): number {
    if (this.#number(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`) === null) return 0;
    return this.#number('SELECT seq FROM sqlite_sequence WHERE name = ?', this.#query.table) ?? 0;
  }

  #number(sql: string, ...parameters: string[]): number | null {
    const row = this.#database.prepare(sql).get(...parameters);
    const value = row && Object.values(row)[0];
    return typeof value === 'number' ? value : null;
  }

  #refused(what: string, todo: string): LastcallError {
    return new LastcallError('failed', { what, on: `${this.#file}, table ${this.#query.table}`, todo });
  }
}

function openReadOnly(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS, allowExtension: false });
  } catch (error) {
    throw cannotRead(file, error);
  }
}

/** As an SQL name; only the program's own names get here. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function cannotRead(file: string, cause: unknown): LastcallError {
  return new LastcallError('dependency', {
    what: `the table cannot be read: ${messageOf(cause)}`,
    on: file,
    todo: 'Check the path, the names of table and columns, and the condition.',
    cause,
  });
}
