// Outputs as one blob of columns per epoch, in a table of the pipeline's own database and in the transaction of the
// epoch: several times cheaper than rows, to be read with `readColumns` (or after layout.ts from any language).
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { checkOptions, type OptionNames } from '../../../base/given.ts';
import type { Column, OpenSink, Sink, SinkContext } from '../../ports.ts';
import { FieldSet, type DeclaredFields } from '../field-set.ts';
import type { FieldType } from '../fields.ts';
import { checkTableName, foreignTable, tableExists } from '../registry.ts';
import { ColumnBuilder } from './builder.ts';
import { decodeBlob, encodeBlob } from './layout.ts';

export interface ColumnsOptions<Output> {
  /** Columns and their types. Default: taken from the first outputs; declare them if some are null at first. */
  columns?: { readonly [Name in keyof Output]-?: FieldType };
}

const OPTIONS: OptionNames<ColumnsOptions<never>> = { columns: true };

/**
 * One blob of columns per epoch in a table of the state database.
 * @param table a letter, then letters, digits and `_`, at most 63
 * @throws LastcallError `usage` for a name that cannot be, `failed` for such a column
 */
export function columns<Output extends object>(table: string, options: ColumnsOptions<Output> = {}): Sink<Output> {
  checkTableName('columns', table);
  checkOptions(`columns, table ${table}`, options, OPTIONS);
  const identity = `columns:${table}`;
  const declared = (options.columns as DeclaredFields | undefined) ?? null;
  const fields = (): FieldSet => new FieldSet(identity, `table ${table}`, declared);
  fields(); // refuses wrong declarations here, where they are written
  return {
    kind: 'columns',
    identity,
    schema: { columns: declared && Object.entries(declared) },
    open: async ({ database }: SinkContext) => new OpenColumns<Output>(table, fields(), database),
  };
}

class OpenColumns<Output extends object> implements OpenSink<Output> {
  readonly unacknowledged = 0;
  readonly #table: string;
  readonly #database: DatabaseSync;
  readonly #fields: FieldSet;
  #builder: ColumnBuilder | null = null;
  #insert: StatementSync | null = null;

  constructor(table: string, fields: FieldSet, database: DatabaseSync) {
    this.#table = table;
    this.#database = database;
    this.#fields = fields;
  }

  get collected(): number {
    return this.#builder?.rows ?? 0;
  }

  async recover(): Promise<void> {
    if (!this.#fields.recover(this.#database) && tableExists(this.#database, this.#table))
      throw foreignTable(this.#table);
  }

  add(output: Output): void {
    if (this.#builder) return this.#builder.add(output);
    const fields = this.#fields.known ?? this.#fields.infer(output);
    const builder = new ColumnBuilder(this.#fields.on, fields);
    builder.add(output);
    this.#fields.adopt(fields);
    this.#builder = builder;
  }

  commit(epoch: number): void {
    const builder = this.#builder;
    if (!builder || builder.rows === 0) return;
    if (this.#fields.store(this.#database) === 'new') {
      this.#database.exec(
        `CREATE TABLE "${this.#table}" (epoch INTEGER PRIMARY KEY, rows INTEGER NOT NULL, data BLOB NOT NULL) STRICT`,
      );
    }
    this.#insert ??= this.#database.prepare(`INSERT INTO "${this.#table}" VALUES (?, ?, ?)`);
    this.#insert.run(epoch, builder.rows, encodeBlob(builder.rows, builder.columns()));
    builder.clear();
  }

  async published(): Promise<void> {
    this.#fields.committed();
  }

  discard(): void {
    this.#builder?.clear();
    if (!this.#fields.rolledBack()) return;
    this.#builder = null;
    this.#insert = null;
  }

  async close(): Promise<void> {
    this.discard();
  }
}

/** The outputs of one epoch. */
export interface ColumnBatch {
  readonly epoch: number;
  readonly rows: number;
  /** Float64Array, Int32Array or BigInt64Array for numbers without null, plain arrays for all else. */
  readonly columns: Readonly<Record<string, Column>>;
}

/**
 * Outputs of a `columns` sink, epoch by epoch in order; works on a database that is open for reading, too.
 * @param after epochs up to this one are left out
 * @throws LastcallError `not_found` if there is no such table, `state_refused` if a blob is damaged
 */
export function* readColumns(database: DatabaseSync, table: string, after = 0): Generator<ColumnBatch> {
  checkTableName('readColumns', table);
  if (!tableExists(database, table)) {
    throw new LastcallError('not_found', { what: 'there is no such table', on: table, todo: 'Check the name.' });
  }
  const next = database.prepare(`SELECT epoch, data FROM "${table}" WHERE epoch > ? ORDER BY epoch LIMIT 1`);
  for (let epoch = after; ;) {
    const row = next.get(epoch);
    if (!row) return;
    epoch = row['epoch'] as number;
    try {
      yield { epoch, ...decodeBlob(row['data'] as Uint8Array) };
    } catch (error) {
      throw new LastcallError('state_refused', {
        what: `the outputs of epoch ${epoch} cannot be read: ${messageOf(error)}`,
        on: table,
        todo: 'Restore the state from an archive.',
      });
    }
  }
}
