// One row group open for reading in order, by any number of rows at a time. Its bytes (the selected columns,
// compressed) are in memory; values are decoded as they are read.
import { parquetRead, type FileMetaData } from 'hyparquet';
import { assert } from '../../../base/assert.ts';
import { ChunkReader } from './chunk.ts';
import { compressors, decoderOf, rangeOf, type RowGroup } from './decoding.ts';
import type { ByteReader } from './file.ts';
import type { ColumnPlan } from './schema.ts';
import type { Values } from './values.ts';

/** What every row group of one open file shares. */
export interface GroupContext {
  readonly bytes: ByteReader;
  readonly metadata: FileMetaData;
  readonly plans: readonly ColumnPlan[];
  readonly intern: (values: string[]) => void;
}

interface ColumnCursor {
  skip(count: number): void;
  read(count: number): Values;
}

export class GroupReader {
  readonly rows: number;
  readonly #cursors: readonly ColumnCursor[];
  #row = 0;

  private constructor(rows: number, cursors: readonly ColumnCursor[]) {
    this.rows = rows;
    this.#cursors = cursors;
  }

  static async open(context: GroupContext, index: number): Promise<GroupReader> {
    const group = context.metadata.row_groups[index];
    assert(group, `row group ${index}`);
    const cursors: ColumnCursor[] = [];
    for (const plan of context.plans) cursors.push(await openColumn(context, group, index, plan));
    return new GroupReader(Number(group.num_rows), cursors);
  }

  /** Rows that were read or skipped. */
  get row(): number {
    return this.#row;
  }

  skipTo(row: number): void {
    assert(row >= this.#row, 'a row group is read forwards');
    for (const cursor of this.#cursors) cursor.skip(row - this.#row);
    this.#row = row;
  }

  /** Columns in the order of the plans. */
  read(count: number): Values[] {
    const columns = this.#cursors.map((cursor) => cursor.read(count));
    this.#row += count;
    return columns;
  }
}

async function openColumn(
  context: GroupContext,
  group: RowGroup,
  index: number,
  plan: ColumnPlan,
): Promise<ColumnCursor> {
  if (plan.nested) return new NestedColumn(await readNested(context, index, plan));
  const chunk = group.columns.find(({ meta_data: data }) => data?.path_in_schema.join('.') === plan.name)?.meta_data;
  if (!chunk) throw new Error('no such column chunk in this row group');
  const { from, to } = rangeOf(chunk);
  return new ChunkReader(await context.bytes.read(from, to), {
    decoder: decoderOf(context.metadata, plan, chunk),
    kind: plan.kind,
    optional: plan.node.element.repetition_type === 'OPTIONAL',
    rows: Number(group.num_rows),
    intern: context.intern,
  });
}

/** Lists, maps and structs, assembled by hyparquet for the whole row group. */
async function readNested(context: GroupContext, index: number, plan: ColumnPlan): Promise<unknown[]> {
  const groups = context.metadata.row_groups;
  const rowStart = groups.slice(0, index).reduce((sum, group) => sum + Number(group.num_rows), 0);
  const values: unknown[] = [];
  await parquetRead({
    file: { byteLength: 0, slice: async (from, to) => (await context.bytes.read(from, to!)).buffer },
    metadata: context.metadata,
    columns: [plan.name],
    compressors,
    rowStart,
    rowEnd: rowStart + Number(groups[index]!.num_rows),
    rowFormat: 'array',
    onComplete: (rows) => {
      for (const [value] of rows) values.push(value ?? null);
    },
  });
  return values;
}

class NestedColumn implements ColumnCursor {
  readonly #values: unknown[];
  #next = 0;

  constructor(values: unknown[]) {
    this.#values = values;
  }

  skip(count: number): void {
    this.#next += count;
  }

  read(count: number): unknown[] {
    this.#next += count;
    return this.#values.slice(this.#next - count, this.#next);
  }
}
