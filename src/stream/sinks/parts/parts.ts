// Outputs in files, exactly once: an epoch's outputs are appended and fsynced before its transaction, which records how
// far the file counts. Files are rolled between epochs; only complete ones carry their final names, and those never
// change again.
import { resolve } from 'node:path';
import { AppendFile, systemFiles, type FileLayer } from '../../../base/files/index.ts';
import { LastcallError } from '../../../base/errors.ts';
import { checkOptions, checkText, type OptionNames } from '../../../base/given.ts';
import type { OpenSink, SinkContext } from '../../ports.ts';
import { PartFolder } from './folder.ts';
import { readManifest, writePart, type Part } from './manifest.ts';

export interface PartOptions {
  /** A part is complete when it has at least so many bytes. Default 64 MiB. */
  partBytes?: number;
  /** … or so many records, if that comes first. Default: no limit. */
  partRecords?: number;
  /** Names the sink where its directory may change: part of its identity. Default: the directory as written. */
  name?: string;
}

/** Names of the options above. */
export const PART_OPTIONS: OptionNames<PartOptions> = { partBytes: true, partRecords: true, name: true };

const PART_BYTES = 64 * 1024 * 1024;

/** How outputs become text. */
export interface PartFormat<Output> {
  readonly extension: string;
  /** With its line end. @throws LastcallError `failed` if the output cannot be written */
  line(output: Output): string;
  /** What every part starts with. */
  header(): string;
  recover(): void;
  /** Within the transaction. */
  store(): void;
  committed(): void;
  rolledBack(): void;
}

export interface PartRules {
  readonly directory: string;
  readonly partBytes: number;
  readonly partRecords: number;
}

/**
 * @param kind of the sink, for people
 * @param known names of all options that this kind has
 * @throws LastcallError `usage`
 */
export function partRules(
  kind: string,
  directory: string,
  options: PartOptions,
  known: OptionNames<PartOptions>,
): PartRules {
  checkText(kind, directory, 'the path of a directory');
  checkOptions(`${kind}, ${directory}`, options, known);
  const { partBytes = PART_BYTES, partRecords = Number.MAX_SAFE_INTEGER } = options;
  for (const [field, value] of Object.entries({ partBytes, partRecords })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new LastcallError('usage', {
      what: `${field} is ${value}`,
      on: directory,
      todo: 'Give a whole number from 1.',
    });
  }
  return { directory: resolve(directory), partBytes, partRecords };
}

const NOTHING: Part = { number: 0, bytes: 0, records: 0, isClosed: true };

export class OpenParts<Output> implements OpenSink<Output> {
  readonly unacknowledged = 0;
  readonly #identity: string;
  readonly #rules: PartRules;
  readonly #format: PartFormat<Output>;
  readonly #context: SinkContext;
  readonly #folder: PartFolder;
  readonly #files: FileLayer;
  #lines: string[] = [];
  /** As committed. */
  #part = NOTHING;
  /** As it will be when the transaction is committed. */
  #prepared: Part | null = null;
  #file: AppendFile | null = null;
  #hasEnded = false;

  /** @param files where parts are written; tests put a simulated disk there */
  constructor(
    identity: string,
    rules: PartRules,
    format: PartFormat<Output>,
    context: SinkContext,
    files: FileLayer = systemFiles,
  ) {
    this.#identity = identity;
    this.#rules = rules;
    this.#format = format;
    this.#context = context;
    this.#files = files;
    this.#folder = new PartFolder(rules.directory, format.extension, files);
  }

  get collected(): number {
    return this.#lines.length;
  }

  async recover(): Promise<void> {
    const { database } = this.#context;
    this.#format.recover();
    await this.#folder.claim(database, this.#identity);
    const manifest = readManifest(database, this.#identity);
    this.#file = await this.#folder.restore(manifest);
    this.#part = manifest.at(-1) ?? NOTHING;
  }

  add(output: Output): void {
    this.#lines.push(this.#format.line(output));
  }

  /** No more outputs will come: the open part is completed with the next epoch. */
  ended(): boolean {
    this.#hasEnded = true;
    return !this.#part.isClosed;
  }

  async prepare(): Promise<void> {
    this.#prepared = null;
    const completes = this.#hasEnded && !this.#part.isClosed;
    if (this.#lines.length === 0 && !completes) return;
    const { number, bytes, records } = this.#part.isClosed ? { ...NOTHING, number: this.#part.number + 1 } : this.#part;
    this.#file ??= await AppendFile.open(this.#folder.openPath(number), this.#files);
    const file = this.#file;
    // What an epoch left that was rolled back.
    if (file.length > bytes) await file.cutBack(bytes);
    const text = this.#lines.join('');
    await file.append(Buffer.from(bytes === 0 ? this.#format.header() + text : text));
    await file.sync();
    const total = records + this.#lines.length;
    const isFull = file.length >= this.#rules.partBytes || total >= this.#rules.partRecords;
    this.#prepared = { number, bytes: file.length, records: total, isClosed: isFull || this.#hasEnded };
  }

  commit(): void {
    if (!this.#prepared) return;
    this.#format.store();
    writePart(this.#context.database, this.#identity, this.#prepared);
    this.#lines = [];
  }

  async published(): Promise<void> {
    this.#format.committed();
    if (!this.#prepared) return;
    this.#part = this.#prepared;
    this.#prepared = null;
    if (!this.#part.isClosed) return;
    await this.#file?.close();
    this.#file = null;
    await this.#folder.finish(this.#part.number);
  }

  discard(): void {
    this.#lines = [];
    this.#prepared = null;
    this.#format.rolledBack();
  }

  async close(): Promise<void> {
    this.discard();
    await this.#file?.close();
    this.#file = null;
  }
}
