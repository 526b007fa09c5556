// Outputs as rows of a table in the pipeline's own database: inserted in the transaction that also commits positions
// and state, so that a row is there exactly if its record counts as done. Rows carry only the outputs' own fields;
// they lie in the order in which they were given (rowid), and a program that wants a record's position in the row
// puts `context.position` into the output.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LastcallError } from '../../../base/errors.ts';
import { checkOptions, type OptionNames } from '../../../base/given.ts';
import type { OpenSink, Sink, SinkContext } from '../../ports.ts';
import { FieldSet, type DeclaredFields } from '../field-set.ts';
import { putValues, type Field, type FieldType, type StoredValue } from '../fields.ts';
import { checkTableName, foreignTable, tableExists } from '../registry.ts';

export interface SqliteOptions<Output> {
  /** Columns and their types. Default: taken from the first outputs; declare them if some are null at first. */
  columns?: { readonly [Name in keyof Output]-?: FieldType };
}

const OPTIONS: OptionNames<SqliteOptions<never>> = { columns: true };

/**
 * Rows of a table in the state database, readable with any SQLite client while the pipeline runs.
 * @param table a letter, then letters, digits and `_`, at most 63
 * @throws LastcallError `usage` for a name that cannot be, `failed` for such a column
 */
export function sqlite<Output extends object>(table: string, options: SqliteOptions<Output> = {}): Sink<Output> {
  checkTableName('sqlite', table);
  checkOptions(`sqlite, table ${table}`, options, OPTIONS);
  const identity = `sqlite:${table}`;
  const declared = (options.columns as DeclaredFields | undefined) ?? null;
  const fields = (): FieldSet => new FieldSet(identity, `table ${table}`, declared);
  refuseRowid(table, declared === null ? [] : Object.keys(declared));
  fields(); // refuses wrong declarations here, where they are written
  return {
    kind: 'sqlite',
    identity,
    schema: { columns: declared && Object.entries(declared) },
    open: async ({ database }: SinkContext) => new OpenSqlite<Output>(table, fields(), database),
  };
}

/** SQLite's affinities: NUMERIC keeps 3 as an integer and 0.5 as a float. */
const SQL_NAMES: Readonly<Record<FieldType, string>> = {
  number: 'NUMERIC',
  integer: 'INTEGER',
  real: 'REAL',
  text: 'TEXT',
  boolean: 'INTEGER',
  blob: 'BLOB',
  json: 'TEXT',
};

/** A column of this name would hide the number by which the rows keep their order. */
function refuseRowid(table: string, names: readonly string[]): void {
  const name = names.find((each) => each.toLowerCase() === 'rowid');
  if (name === undefined) return;
  throw new LastcallError('failed', {
    what: `field ${JSON.stringify(name)} would hide SQLite's own rowid`,
    on: `table ${table}`,
    todo: 'Rename it.',
  });
}

/** Rows that are inserted at once, if their parameters are not too many. */
const CHUNK_ROWS = 256;
/** Rows per INSERT: the most that fit first, then the rest by ever smaller statements. */
const ROWS_PER_INSERT = [CHUNK_ROWS, 32, 4, 1];
/** SQLITE_MAX_VARIABLE_NUMBER of Node's SQLite. */
const PARAMETERS_MAX = 32_766;

class OpenSqlite<Output extends object> implements OpenSink<Output> {
  readonly unacknowledged = 0;
  readonly #table: string;
  readonly #database: DatabaseSync;
  readonly #fields: FieldSet;
  /**
   * Values of the collected rows, each array as one INSERT takes them. Used again in the next epoch: garbage of this size
   * makes V8 enlarge its young generation, and so the process.
   */
  #chunks: StoredValue[][] = [];
  #collected = 0;
  #inserts: { rows: number; statement: StatementSync }[] = [];

  constructor(table: string, fields: FieldSet, database: DatabaseSync) {
    this.#table = table;
    this.#database = database;
    this.#fields = fields;
  }

  get collected(): number {
    return this.#collected;
  }

  async recover(): Promise<void> {
    if (!this.#fields.recover(this.#database) && tableExists(this.#database, this.#table))
      throw foreignTable(this.#table);
  }

  add(output: Output): void {
    const fields = this.#fields.known ?? this.#inferred(output);
    const chunk = (this.#chunks[Math.floor(this.#collected / CHUNK_ROWS)] ??= new Array(CHUNK_ROWS * fields.length));
    putValues(this.#fields.on, fields, output, chunk, (this.#collected % CHUNK_ROWS) * fields.length);
    this.#fields.adopt(fields);
    this.#collected++;
  }

  commit(): void {
    const fields = this.#fields.known;
    if (!fields) return;
    if (this.#fields.store(this.#database) === 'new') this.#createTable(fields);
    const width = fields.length;
    if (this.#inserts.length === 0) this.#prepare(width);
    for (let row = 0; row < this.#collected; row += CHUNK_ROWS) {
      this.#insert(this.#chunks[row / CHUNK_ROWS]!, Math.min(CHUNK_ROWS, this.#collected - row), width);
    }
    this.#chunks.length = Math.ceil(this.#collected / CHUNK_ROWS);
    this.#collected = 0;
  }

  #insert(chunk: StoredValue[], rows: number, width: number): void {
    let row = 0;
    for (const { rows: some, statement } of this.#inserts) {
      for (; row + some <= rows; row += some) {
        if (some === CHUNK_ROWS) statement.run(...chunk);
        else statement.run(...chunk.slice(row * width, (row + some) * width));
      }
    }
  }

  async published(): Promise<void> {
    this.#fields.committed();
  }

  discard(): void {
    this.#chunks = [];
    this.#collected = 0;
    if (this.#fields.rolledBack()) this.#inserts = [];
  }

  async close(): Promise<void> {
    this.discard();
  }

  #inferred(output: Output): Field[] {
    refuseRowid(this.#table, Object.keys(output));
    return this.#fields.infer(output);
  }

  #createTable(fields: readonly Field[]): void {
    const columns = fields.map(({ name, type }) => `"${name}" ${SQL_NAMES[type!]}`);
    this.#database.exec(`CREATE TABLE "${this.#table}" (${columns.join(', ')})`);
  }

  #prepare(width: number): { rows: number; statement: StatementSync }[] {
    const row = `(${Array.from({ length: width }, () => '?').join(',')})`;
    this.#inserts = ROWS_PER_INSERT.filter((rows) => rows * width <= PARAMETERS_MAX).map((rows) => {
      const values = Array.from({ length: rows }, () => row).join(',');
      return { rows, statement: this.#database.prepare(`INSERT INTO "${this.#table}" VALUES ${values}`) };
    });
    return this.#inserts;
  }
}
