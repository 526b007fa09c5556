// One row group open for reading in order, by any number of rows at a time. Of each selected column the page at hand is in
// memory, and values are decoded as they are read.
import { parquetRead, type FileMetaData } from 'hyparquet';
import { assert } from '../../../base/assert.ts';
import { ChunkReader } from './chunk.ts';
import { compressorsFor, decoderOf, rangeOf, type RowGroup } from './decoding.ts';
import type { ByteReader } from './file.ts';
import type { ColumnPlan } from './schema.ts';
import type { Values } from './values.ts';
import { ChunkWindow } from './window.ts';

/** What every row group of one open file shares. */
export interface GroupContext {
  readonly bytes: ByteReader;
  readonly metadata: FileMetaData;
  readonly plans: readonly ColumnPlan[];
  readonly intern: (values: string[]) => void;
}

interface ColumnCursor {
  skip(count: number): Promise<void>;
  read(count: number): Promise<Values>;
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

  async skipTo(row: number): Promise<void> {
    assert(row >= this.#row, 'a row group is read forwards');
    for (const cursor of this.#cursors) await cursor.skip(row - this.#row);
    this.#row = row;
  }

  /** Columns in the order of the plans. */
  async read(count: number): Promise<Values[]> {
    const columns: Values[] = [];
    for (const cursor of this.#cursors) columns.push(await cursor.read(count));
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
  const window = new ChunkWindow(context.bytes, from, to);
  await window.load(0, 1); // the beginning is read now, perhaps ahead of its time
  return new ChunkReader(window, {
    decoder: await decoderOf(context.metadata, plan, chunk),
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
  const leaves = groups[index]!.columns.flatMap(({ meta_data: data }) => data ?? []);
  const codecs = leaves.filter(({ path_in_schema: path }) => path[0] === plan.name).map(({ codec }) => codec);
  await parquetRead({
    file: { byteLength: 0, slice: async (from, to) => (await context.bytes.read(from, to!)).buffer },
    metadata: context.metadata,
    columns: [plan.name],
    compressors: await compressorsFor(codecs),
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

  async skip(count: number): Promise<void> {
    this.#next += count;
  }

  async read(count: number): Promise<unknown[]> {
    this.#next += count;
    return this.#values.slice(this.#next - count, this.#next);
  }
}
