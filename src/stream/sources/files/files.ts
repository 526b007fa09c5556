// A run of text files, read one after the other as one partition. A position is [number of the file, offset after the
// record], the offset being one of the uncompressed content.
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { LastcallError } from '../../../base/errors.ts';
import type { Batch, OpenSource, Position, ReadResult } from '../../ports.ts';
import { BadRecord } from '../bad-record.ts';
import { openBytes } from './bytes.ts';
import type { Catalog, CatalogFile } from './catalog.ts';
import { FileCursor, type Cut } from './cursor.ts';
import { factsOf } from './identity.ts';
import { skip, type FileFormat, type RawRecord } from './format.ts';
import { DirectoryWatch } from './watch.ts';

export interface FilesOptions {
  readonly pattern: string;
  /** The format of a file; null if what decides it (a header) is not all there. */
  readonly formatOf: (path: string) => Promise<FileFormat | null>;
  readonly follow: boolean;
  readonly pollMs: number;
  readonly recordBytesMax: number;
}

/** The file being read, and which position its cursor continues. */
interface Current {
  readonly file: CatalogFile;
  readonly format: FileFormat;
  readonly cursor: FileCursor;
  offset: number;
}

export class OpenFiles implements OpenSource {
  readonly partitions = 1;
  readonly #catalog: Catalog;
  readonly #options: FilesOptions;
  /** Files below this number were there at the start with later ones behind them: nobody is writing them. */
  readonly #settled: number;
  readonly #watch: DirectoryWatch | null;
  #current: Current | null = null;
  /** A file that was read to its end while a later one was there, and since when. */
  #quiet: { number: number; readTo: number; sinceMs: number } | null = null;

  constructor(catalog: Catalog, options: FilesOptions) {
    this.#catalog = catalog;
    this.#options = options;
    this.#settled = catalog.files.length - 1;
    this.#watch = options.follow ? new DirectoryWatch(options.pollMs) : null;
    this.#watch?.add(dirname(options.pattern));
  }

  get endless(): boolean {
    return this.#options.follow;
  }

  recordsIn(): null {
    return null;
  }

  async holds(partition: number, position: Position): Promise<boolean> {
    const [number, offset] = position;
    if (partition !== 0) return false;
    if (number === undefined || offset === undefined) return true;
    const file = this.#catalog.files[number];
    if (!file) return false;
    if (!(await this.#allVerify(number + 1))) return false;
    if (file.finished?.offset === offset) return true;
    return (await this.#catalog.verify(file)) !== null && holdsOffset(file.path, offset);
  }

  async read(_partition: number, after: Position, recordsMax: number, signal: AbortSignal): Promise<ReadResult> {
    let [number = 0, offset = 0] = after;
    if (after.length === 0 && !(await this.#allVerify(0))) await this.#catalog.startAnew();
    for (;;) {
      signal.throwIfAborted();
      const file = this.#catalog.files[number] ?? (await this.#lookFor(number));
      if (!file) return this.#options.follow ? 'idle' : 'end';
      if (file.finished?.offset !== offset) {
        const result = await this.#readFile(file, offset, after, recordsMax, signal);
        if (result !== 'end') return result;
        if (!this.#catalog.files[number + 1] && !(await this.#lookFor(number + 1))) {
          return this.#options.follow ? 'idle' : 'end';
        }
        this.#catalog.finish(file, { offset, bytes: await this.#sizeOf(file) });
        await this.#leave();
      }
      number++;
      offset = 0;
    }
  }

  async more(signal: AbortSignal): Promise<void> {
    await this.#watch?.change(signal);
  }

  async close(): Promise<void> {
    this.#watch?.close();
    await this.#leave();
  }

  async #allVerify(from: number): Promise<boolean> {
    for (const file of this.#catalog.files.slice(from)) if (!(await this.#catalog.verify(file))) return false;
    return true;
  }

  async #lookFor(number: number): Promise<CatalogFile | undefined> {
    await this.#catalog.refresh('again');
    return this.#catalog.files[number];
  }

  /** `end`: nothing more is to be expected of this file. */
  async #readFile(
    file: CatalogFile,
    offset: number,
    after: Position,
    recordsMax: number,
    signal: AbortSignal,
  ): Promise<ReadResult> {
    const current = await this.#at(file, offset);
    if (!current) return (await this.#mayGrow(file, null)) ? 'idle' : 'end';
    const { cursor } = current;
    for (;;) {
      const batch = this.#batch(current, cursor.cut(recordsMax, false), after);
      if (batch) return await this.#given(current, batch);
      signal.throwIfAborted();
      if (await cursor.fill()) continue;
      if (await this.#mayGrow(file, cursor)) return 'idle';
      const last = this.#batch(current, cursor.cut(recordsMax, true), after);
      return last ? this.#given(current, last) : 'end';
    }
  }

  /** The cursor that goes on at `offset`; null if the file has no header yet. */
  async #at(file: CatalogFile, offset: number): Promise<Current | null> {
    if (this.#current?.file === file && this.#current.offset === offset) return this.#current;
    await this.#leave();
    if (!(await this.#catalog.verify(file))) throw changed(file.path);
    const format = await this.#options.formatOf(file.path);
    if (!format) return null;
    const bytes = await openBytes(file.path, offset);
    const cursor = new FileCursor(bytes, format, { name: basename(file.path), offset }, this.#options.recordBytesMax);
    this.#watch?.add(dirname(file.path));
    this.#current = { file, format, cursor, offset };
    return this.#current;
  }

  /** On the disk; of a plain file what was read of it, so that what comes in this moment counts as growth. */
  async #sizeOf(file: CatalogFile): Promise<number> {
    const cursor = this.#current?.cursor;
    return cursor?.bytes.grows === true ? cursor.readTo : ((await factsOf(file.path))?.sizeBytes ?? 0);
  }

  async #leave(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    await current?.cursor.bytes.close();
  }

  /** Whether to wait for more of a file whose end was reached. */
  async #mayGrow(file: CatalogFile, cursor: FileCursor | null): Promise<boolean> {
    if (!this.#options.follow || file.number < this.#settled || cursor?.bytes.grows === false) return false;
    await this.#catalog.refresh('again');
    if (file.number === this.#catalog.files.length - 1) return true;
    // A later file is there. The writer may still have lines of its own for this one, so it has to stay quiet once.
    const readTo = cursor?.readTo ?? 0;
    const nowMs = systemClock.monotonicMs();
    if (this.#quiet?.number !== file.number || this.#quiet.readTo !== readTo) {
      this.#quiet = { number: file.number, readTo, sinceMs: nowMs };
    }
    return nowMs - this.#quiet.sinceMs < this.#options.pollMs;
  }

  /** null if there is no record among what was cut. */
  #batch(current: Current, { records, ends }: Cut, after: Position): Batch | null {
    const raw = records.filter((record): record is RawRecord => !(record instanceof BadRecord));
    const decoded = current.format.decode(raw, basename(current.file.path)).values();
    const rows: unknown[] = [];
    const offsets: number[] = [];
    for (const [index, record] of records.entries()) {
      const row: unknown = record instanceof BadRecord ? record : decoded.next().value;
      if (row === skip) continue;
      rows.push(row);
      offsets.push(ends[index]!);
    }
    const { number } = current.file;
    if (rows.length === 0) return null;
    return { partition: 0, length: rows.length, after, rows, positionAfter: (index) => [number, offsets[index]!] };
  }

  /** What a position in this batch relies on is stored before anybody sees one. */
  async #given(current: Current, batch: Batch): Promise<Batch> {
    current.offset = batch.positionAfter(batch.length - 1)[1]!;
    await this.#catalog.extendPrefix(current.file);
    this.#catalog.save();
    return batch;
  }
}

function changed(path: string): LastcallError {
  return new LastcallError('state_refused', {
    what: 'the file is gone, or begins otherwise than when it was seen first',
    on: path,
    todo: 'Restore it: what was not read of it yet would be missed.',
  });
}

/** Whether the content goes as far as `offset`, and a record may end there. */
async function holdsOffset(path: string, offset: number): Promise<boolean> {
  let handle: FileHandle | null = null;
  try {
    const bytes = await openBytes(path, offset);
    await bytes.close();
    if (!bytes.grows || offset === 0) return true;
    handle = await open(path, 'r');
    const before = Buffer.alloc(1);
    await handle.read(before, 0, 1, offset - 1);
    return before[0] === 0x0a || (await handle.stat()).size === offset;
  } catch (error) {
    if (error instanceof LastcallError) return false;
    throw error;
  } finally {
    await handle?.close();
  }
}
