// The Parquet source. A partition is a run of whole row groups; a position is [row group, rows of it that are done],
// both counted over the file. Reading goes strictly forwards, one row group after the other, and never decodes more
// than was asked for, so a run that is killed again and again still gets ahead.
import { assert } from '../../../base/assert.ts';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { checkOptions, checkText, type OptionNames } from '../../../base/given.ts';
import type { Batch, OpenSource, Position, ReadResult, Source } from '../../ports.ts';
import { ByteReader, damaged, readFooter, type Footer } from './file.ts';
import { GroupReader, type GroupContext } from './group.ts';
import { interner } from './intern.ts';
import { cutRanges, type Range } from './partitions.ts';
import {
  holdsNull,
  planColumns,
  type ColumnPlan,
  type ColumnType,
  type ColumnValue,
  type RequestedColumns,
} from './schema.ts';

export interface ParquetOptions {
  /** Runs of row groups that are read side by side; at most as many as there are row groups. Default 1. */
  partitions?: number;
}

const OPTIONS: OptionNames<ParquetOptions & { columns: unknown }> = { partitions: true, columns: true };

/** Rows of the columns that were declared with their types. */
export type ParquetRow<Columns extends Readonly<Record<string, ColumnType>>> = {
  [Name in keyof Columns]: ColumnValue<Columns[Name]>;
};

/**
 * Records of a Parquet file, as columns. Give columns with their types, and the rows are typed and checked:
 * `parquet('flights.parquet', { columns: { origin: 'string', delay: 'number?' } })`; or names only, with the row type
 * as type argument: `parquet<Flight>('flights.parquet', { columns: ['origin', 'delay'] })`; without columns: all.
 *
 * The identity is a fingerprint of the content (size and footer), not the path: the file may be moved or copied, and
 * other content under the same name is another source.
 */
export function parquet<const Columns extends Readonly<Record<string, ColumnType>>>(
  file: string,
  options: ParquetOptions & { columns: Columns },
): Source<ParquetRow<Columns>>;
export function parquet<Row extends object = Record<string, unknown>>(
  file: string,
  options?: ParquetOptions & { columns?: readonly (keyof Row & string)[] },
): Source<Row>;
export function parquet(
  file: string,
  options: ParquetOptions & { columns?: readonly string[] | Readonly<Record<string, ColumnType>> } = {},
): Source<unknown> {
  checkText('parquet', file, 'the path of a file');
  checkOptions(`parquet, ${file}`, options, OPTIONS);
  const requested = requestedColumns(options.columns);
  const partitions = options.partitions ?? 1;
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new LastcallError('usage', {
      what: `${partitions} partitions`,
      on: file,
      todo: 'Give a whole number from 1.',
    });
  }
  let footer: Footer | null = null;
  const getFooter = (): Footer => (footer ??= readFooter(file));
  return {
    kind: 'parquet',
    get identity() {
      return `parquet:${getFooter().fingerprint}`;
    },
    schema: { columns: requested === null ? 'all' : [...requested], partitions },
    async open() {
      const { metadata } = getFooter();
      const plans = planColumns(file, metadata, requested);
      const ranges = cutRanges(
        file,
        metadata.row_groups.map((group) => Number(group.num_rows)),
        partitions,
      );
      return new OpenParquet(file, getFooter(), plans, ranges, await ByteReader.open(file));
    },
  };
}

function requestedColumns(
  columns: readonly string[] | Readonly<Record<string, ColumnType>> | undefined,
): RequestedColumns | null {
  if (columns === undefined) return null;
  if (Array.isArray(columns)) return new Map(columns.map((name: string) => [name, null]));
  return new Map(Object.entries(columns as Readonly<Record<string, ColumnType>>));
}

/** The row group that a partition is at, and the next one, the beginning of which is read ahead. */
interface Cursor {
  index: number;
  group: GroupReader | null;
  ahead: { index: number; group: Promise<GroupReader> } | null;
}

class OpenParquet implements OpenSource {
  readonly partitions: number;
  readonly #path: string;
  readonly #footer: Footer;
  readonly #context: GroupContext;
  readonly #ranges: readonly Range[];
  readonly #cursors: Cursor[];

  constructor(path: string, footer: Footer, plans: readonly ColumnPlan[], ranges: readonly Range[], bytes: ByteReader) {
    this.#path = path;
    this.#footer = footer;
    this.partitions = ranges.length;
    this.#context = { bytes, metadata: footer.metadata, plans, intern: interner() };
    this.#ranges = ranges;
    this.#cursors = this.#ranges.map(() => ({ index: -1, group: null, ahead: null }));
  }

  recordsIn(partition: number): number {
    return this.#ranges[partition]!.rows;
  }

  async holds(partition: number, position: Position): Promise<boolean> {
    const range = this.#ranges[partition];
    if (!range || !this.#isWithin(range, position)) return false;
    try {
      return readFooter(this.#path).fingerprint === this.#footer.fingerprint;
    } catch {
      return false;
    }
  }

  async read(partition: number, after: Position, recordsMax: number, signal: AbortSignal): Promise<ReadResult> {
    signal.throwIfAborted();
    const range = this.#ranges[partition];
    assert(range && this.#isWithin(range, after), `partition ${partition} has no position [${after.join(', ')}]`);
    const place = this.#nextRow(range, after);
    if (!place) return 'end';
    const [index, row] = place;
    try {
      const group = await this.#groupAt(partition, index, row);
      const count = Math.min(Math.max(1, recordsMax), group.rows - row);
      return this.#batch(partition, after, index, row, count, await group.read(count));
    } catch (error) {
      this.#cursors[partition]!.group = null; // half a read leaves columns at different rows
      if (error instanceof LastcallError) throw error;
      throw damaged(`${this.#path}, row group ${index}`, messageOf(error));
    }
  }

  /** A file does not grow: nothing is ever to be waited for. */
  async more(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.allSettled(this.#cursors.flatMap((cursor) => cursor.ahead?.group ?? []));
    await this.#context.bytes.close();
  }

  #rowsOf(index: number): number {
    return Number(this.#footer.metadata.row_groups[index]!.num_rows);
  }

  #isWithin(range: Range, position: Position): boolean {
    if (position.length === 0) return true;
    const [index, row] = position;
    if (position.length !== 2 || index === undefined || row === undefined) return false;
    return index >= range.from && index < range.to && row >= 0 && row <= this.#rowsOf(index);
  }

  #nextRow(range: Range, after: Position): [index: number, row: number] | null {
    let [index = range.from, row = 0] = after;
    while (index < range.to) {
      if (row < this.#rowsOf(index)) return [index, row];
      index++;
      row = 0;
    }
    return null;
  }

  async #groupAt(partition: number, index: number, row: number): Promise<GroupReader> {
    const cursor = this.#cursors[partition]!;
    if (!cursor.group || cursor.index !== index || cursor.group.row > row) {
      const ahead = cursor.ahead?.index === index ? cursor.ahead.group : null;
      cursor.ahead = null;
      cursor.group = await (ahead ?? GroupReader.open(this.#context, index));
      cursor.index = index;
      cursor.ahead = this.#readAhead(partition, index + 1);
    }
    await cursor.group.skipTo(row);
    return cursor.group;
  }

  #readAhead(partition: number, index: number): Cursor['ahead'] {
    if (index >= this.#ranges[partition]!.to) return null;
    if (this.#context.plans.some(({ nested }) => nested)) return null; // they are decoded whole: one at a time
    const opening = GroupReader.open(this.#context, index);
    opening.catch(() => {}); // it is reported when this row group is read
    return { index, group: opening };
  }

  #batch(
    partition: number,
    after: Position,
    index: number,
    row: number,
    count: number,
    values: readonly ArrayLike<unknown>[],
  ): Batch {
    const columns: Record<string, ArrayLike<unknown>> = {};
    for (const [at, { name, kind, required }] of this.#context.plans.entries()) {
      const column = values[at]!;
      if (required && Array.isArray(column) && column.includes(null))
        throw holdsNull(`${this.#path}, row group ${index}`, name, kind);
      columns[name] = column;
    }
    return { partition, length: count, after, columns, positionAfter: (at) => [index, row + at + 1] };
  }
}
