// Outputs as rows of a table in the pipeline's own database: inserted in the transaction that also commits positions
// and state, so that a row is there exactly if its record counts as done. Rows carry only the outputs' own fields;
// they lie in the order in which they were given (rowid), and a program that wants a record's position in the row
// puts `context.position` into the output.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LastcallError } from '../../../base/errors.ts';
import type { OpenSink, Sink, SinkContext } from '../../ports.ts';
import { checkTableName, foreignTable, register, registered, tableExists } from '../registry.ts';
import {
  appendValues,
  checkColumns,
  inferColumns,
  SQL_NAMES,
  type SqlColumn,
  type SqlType,
  type SqlValue,
} from './columns.ts';

export interface SqliteOptions<Output> {
  /** Columns and their types. Default: taken from the first outputs; declare them if some are null at first. */
  columns?: { readonly [Field in keyof Output]-?: SqlType };
}

/**
 * Rows of a table in the state database, readable with any SQLite client while the pipeline runs.
 * @param table a letter, then letters, digits and `_`, at most 63
 * @throws LastcallError `usage` for a name or column that cannot be
 */
export function sqlite<Output extends object>(table: string, options: SqliteOptions<Output> = {}): Sink<Output> {
  checkTableName(table);
  const declared = options.columns === undefined ? null : Object.entries<SqlType>(options.columns);
  if (declared)
    checkColumns(
      table,
      declared.map(([name]) => name),
    );
  return {
    kind: 'sqlite',
    identity: `sqlite:${table}`,
    schema: { columns: declared ?? 'of the first outputs' },
    async open({ database }: SinkContext) {
      return new OpenSqlite<Output>(table, declared?.map(([name, type]) => ({ name, type })) ?? null, database);
    },
  };
}

/** Rows per INSERT: the most that fit first, then the rest by ever smaller statements. */
const ROWS_PER_INSERT = [256, 32, 4, 1];
/** SQLITE_MAX_VARIABLE_NUMBER of Node's SQLite. */
const PARAMETERS_MAX = 32_766;

class OpenSqlite<Output extends object> implements OpenSink<Output> {
  readonly unacknowledged = 0;
  readonly #table: string;
  readonly #database: DatabaseSync;
  readonly #declared: readonly SqlColumn[] | null;
  #columns: SqlColumn[] | null;
  /** Whether the table is there: not at all, made in a transaction that may yet be rolled back, or for good. */
  #made: 'no' | 'uncommitted' | 'yes' = 'no';
  #values: SqlValue[] = [];
  #collected = 0;
  #inserts: { rows: number; statement: StatementSync }[] = [];

  constructor(table: string, declared: readonly SqlColumn[] | null, database: DatabaseSync) {
    this.#table = table;
    this.#database = database;
    this.#declared = declared;
    this.#columns = copy(declared);
  }

  get collected(): number {
    return this.#collected;
  }

  async recover(): Promise<void> {
    const stored = registered(this.#database, `sqlite:${this.#table}`) as [string, SqlType][] | null;
    if (stored === null) {
      if (tableExists(this.#database, this.#table)) throw foreignTable(this.#table);
      return;
    }
    if (
      this.#declared &&
      JSON.stringify(this.#declared.map(({ name, type }) => [name, type])) !== JSON.stringify(stored)
    ) {
      throw new LastcallError('state_refused', {
        what: `its columns are ${stored.map((column) => column.join(' ')).join(', ')}, others were declared`,
        on: `table ${this.#table}`,
        todo: 'Declare the same columns, or use another table.',
      });
    }
    this.#columns = stored.map(([name, type]) => ({ name, type }));
    this.#made = 'yes';
  }

  add(output: Output): void {
    this.#columns ??= inferColumns(this.#table, output);
    appendValues(this.#table, this.#columns, output, this.#values);
    this.#collected++;
  }

  commit(): void {
    const columns = this.#columns;
    if (!columns) return;
    if (this.#made === 'no') this.#make(columns);
    const width = columns.length;
    let at = 0;
    for (const { rows, statement } of this.#inserts.length > 0 ? this.#inserts : this.#prepare(width)) {
      const size = rows * width;
      for (; at + size <= this.#values.length; at += size) statement.run(...this.#values.slice(at, at + size));
    }
    this.#values = [];
    this.#collected = 0;
  }

  async published(): Promise<void> {
    if (this.#made === 'uncommitted') this.#made = 'yes';
  }

  discard(): void {
    this.#values = [];
    this.#collected = 0;
    if (this.#made === 'yes') return;
    this.#made = 'no';
    this.#columns = copy(this.#declared);
    this.#inserts = [];
  }

  async close(): Promise<void> {
    this.discard();
  }

  #make(columns: readonly SqlColumn[]): void {
    const unknown = columns.find(({ type }) => type === null);
    if (unknown) {
      throw new LastcallError('failed', {
        what: `field ${unknown.name} is null in all outputs of the first commit, so its type is not known`,
        on: `table ${this.#table}`,
        todo: 'Declare the columns of the sink.',
      });
    }
    const definitions = columns.map(({ name, type }) => `"${name}" ${SQL_NAMES[type!]}`);
    this.#database.exec(`CREATE TABLE "${this.#table}" (${definitions.join(', ')})`);
    register(
      this.#database,
      `sqlite:${this.#table}`,
      columns.map(({ name, type }) => [name, type]),
    );
    this.#made = 'uncommitted';
  }

  #prepare(width: number): { rows: number; statement: StatementSync }[] {
    const row = `(${Array.from({ length: width }, () => '?').join(',')})`;
    this.#inserts = ROWS_PER_INSERT.filter((rows) => rows * width <= PARAMETERS_MAX).map((rows) => ({
      rows,
      statement: this.#database.prepare(
        `INSERT INTO "${this.#table}" VALUES ${Array.from({ length: rows }, () => row).join(',')}`,
      ),
    }));
    return this.#inserts;
  }
}

function copy(columns: readonly SqlColumn[] | null): SqlColumn[] | null {
  return columns?.map((column) => ({ ...column })) ?? null;
}
