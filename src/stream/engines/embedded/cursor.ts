// The record that `process` sees of a columnar batch: one object whose getters read the columns at the current row. No
// object is made per record. The getters are generated from the column names, one function each, so that V8 keeps the
// type of each column apart (a shared getter function costs about twice as much per field).
import type { Batch, Column } from '../../ports.ts';

export interface Cursor {
  /** The batch's records from now on. */
  batch(batch: Batch): void;
  /** The record at `index`; for columns the same object each time. */
  at(index: number): unknown;
}

/** A cursor for batches of any source; columns may differ from batch to batch, at the cost of a new object. */
export function createCursor(): Cursor {
  let names = '';
  let columnar: ColumnCursor | null = null;
  let rows: readonly unknown[] | null = null;
  return {
    batch(batch) {
      rows = batch.rows ?? null;
      if (batch.columns === undefined) return;
      const fields = Object.keys(batch.columns);
      const joined = JSON.stringify(fields);
      if (columnar === null || joined !== names) columnar = generate(fields);
      names = joined;
      columnar.columns(batch.columns);
    },
    at(index) {
      return rows === null ? columnar!.at(index) : rows[index];
    },
  };
}

interface ColumnCursor {
  columns(columns: Readonly<Record<string, Column>>): void;
  at(index: number): unknown;
}

/** Names enter the generated code only as JSON string literals, which are JavaScript string literals. */
function generate(fields: readonly string[]): ColumnCursor {
  const columns = fields.map((_, index) => `c${index}`);
  const source = `'use strict';
    let i = 0${columns.map((column) => `, ${column} = null`).join('')};
    const record = Object.freeze({ ${fields.map((field, index) => `get ${JSON.stringify(field)}() { return c${index}[i]; }`).join(',\n')} });
    return {
      columns(all) { ${fields.map((field, index) => `c${index} = all[${JSON.stringify(field)}];`).join(' ')} },
      at(index) { i = index; return record; },
    };`;
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- the point of this file
  return new Function(source)() as ColumnCursor;
}
