// What `processBatch` sees: a run of records as columns, cut out of a batch without copying where columns are typed arrays.
import type { RecordBatch } from '../../pipeline.ts';
import type { Batch, Column } from '../../ports.ts';
import type { Cursor } from './cursor.ts';

/** The records `from` … `to` − 1; `cursor` has been pointed at the batch. */
export function recordBatch(batch: Batch, from: number, to: number, cursor: Cursor): RecordBatch<unknown> {
  const columns =
    batch.columns === undefined
      ? columnsOfRows(batch.rows.slice(from, to))
      : cutColumns(batch, batch.columns, from, to);
  return {
    length: to - from,
    columns,
    record: (index) => cursor.at(from + index)!,
    positionAfter: (index) => batch.positionAfter(from + index),
  };
}

type Columns = Readonly<Record<string, Column>>;

function cutColumns(batch: Batch, columns: Columns, from: number, to: number): Columns {
  if (from === 0 && to === batch.length) return columns;
  return Object.fromEntries(Object.entries(columns).map(([field, column]) => [field, cutColumn(column, from, to)]));
}

function cutColumn(column: Column, from: number, to: number): Column {
  if (ArrayBuffer.isView(column) && 'subarray' in column) return (column as unknown as Uint8Array).subarray(from, to);
  return Array.prototype.slice.call(column, from, to);
}

/** Rows may lack fields, so which columns there are is not known: each is made when it is first asked for. */
function columnsOfRows(rows: readonly unknown[]): Columns {
  return new Proxy<Record<string, Column>>(
    {},
    {
      get: (made, field: string) => (made[field] ??= rows.map((row) => (row as Record<string, unknown>)[field])),
    },
  );
}
