// The files of a source in the order in which they are read, with numbers that never change: a position names a file by
// its number, so a file that appears later gets the next number wherever its name would sort. The list is stored in the
// pipeline's database before a position in a new file can be committed.
import { glob } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { LastcallError } from '../../../base/errors.ts';
import { factsOf, prefixHash, PREFIX_BYTES_MAX, type FileFacts } from './identity.ts';

export interface CatalogFile {
  /** 0, 1, … in reading order. */
  readonly number: number;
  path: string;
  /** `device:inode` where it was seen last. */
  inode: string;
  /** First bytes that `prefix` covers. */
  prefixBytes: number;
  prefix: string;
  /** Set when it was left for the next file. */
  finished: Finished | null;
}

export interface Finished {
  /** Offset after its last record. */
  readonly offset: number;
  /** Its size on the disk then. Should it grow later, the rest would be missed. */
  readonly bytes: number;
}

/** Files that one source may have. */
const FILES_MAX = 100_000;

const CREATE = `CREATE TABLE IF NOT EXISTS source_file (
  source TEXT NOT NULL,
  number INTEGER NOT NULL,
  path TEXT NOT NULL,
  inode TEXT NOT NULL,
  prefix_bytes INTEGER NOT NULL,
  prefix TEXT NOT NULL,
  finished_offset INTEGER,
  finished_bytes INTEGER,
  PRIMARY KEY (source, number)
) STRICT, WITHOUT ROWID`;

export class Catalog {
  readonly #source: string;
  readonly #pattern: string;
  readonly #database: DatabaseSync;
  #files: CatalogFile[];
  readonly #byInode = new Map<string, CatalogFile>();
  readonly #byPath = new Map<string, CatalogFile>();
  /** By inode, as it was when its first bytes were compared last: an unchanged file is not read again. */
  readonly #compared = new Map<string, string>();
  readonly #unsaved = new Set<CatalogFile>();
  /** What is stored is of no use any more. */
  #isAnew = false;

  /** @param source identity of the source */
  constructor(source: string, pattern: string, database: DatabaseSync) {
    this.#source = source;
    this.#pattern = pattern;
    this.#database = database;
    this.#files = stored(database, source);
    for (const file of this.#files) this.#index(file);
  }

  get files(): readonly CatalogFile[] {
    return this.#files;
  }

  /**
   * Looks for files that are new or have moved. A file whose inode and first bytes are known is the known one, whatever
   * its name; at the first look after a start also one of the same name and first bytes (it was copied back).
   * @throws LastcallError `state_refused` if a file that was left for the next one has grown
   * @param look `first` after a start, `again` while running, when another inode under a name means rotation
   */
  async refresh(look: 'first' | 'again'): Promise<void> {
    const seen = new Set<CatalogFile>();
    const strangers: FileFacts[] = [];
    for (const facts of await this.#find()) {
      const known = await this.#sameInode(facts);
      if (known) this.#update(known, facts, seen);
      else strangers.push(facts);
    }
    for (const facts of strangers) {
      const copy = look === 'first' ? await this.#sameContent(facts, seen) : undefined;
      if (copy) this.#update(copy, facts, seen);
      else await this.#append(facts);
    }
  }

  /** Numbers all files anew. Only for a reader that starts at the very beginning, when no position names a number. */
  async startAnew(): Promise<void> {
    this.#files = [];
    for (const index of [this.#byInode, this.#byPath, this.#compared, this.#unsaved]) index.clear();
    this.#isAnew = true;
    await this.refresh('first');
  }

  /** Whether the file under its path still begins as it did; its facts if so. */
  async verify(file: CatalogFile): Promise<FileFacts | null> {
    const facts = await factsOf(file.path);
    if (!facts || (await prefixHash(file.path, file.prefixBytes)) !== file.prefix) return null;
    return facts;
  }

  /** Remembers more of the file's first bytes, now that there are more. */
  async extendPrefix(file: CatalogFile): Promise<void> {
    if (file.prefixBytes >= PREFIX_BYTES_MAX) return;
    const facts = await factsOf(file.path);
    if (!facts || facts.inode !== file.inode || facts.sizeBytes <= file.prefixBytes) return;
    const length = Math.min(PREFIX_BYTES_MAX, facts.sizeBytes);
    const hash = await prefixHash(file.path, length);
    if (hash === null || (await prefixHash(file.path, file.prefixBytes)) !== file.prefix) return;
    file.prefixBytes = length;
    file.prefix = hash;
    this.#unsaved.add(file);
  }

  finish(file: CatalogFile, finished: Finished): void {
    if (file.finished?.offset === finished.offset && file.finished.bytes === finished.bytes) return;
    file.finished = finished;
    this.#unsaved.add(file);
  }

  /** Stores what changed. Called before a batch is given out whose positions rely on it. */
  save(): void {
    if (this.#unsaved.size === 0) return;
    this.#database.exec(CREATE);
    if (this.#isAnew) this.#database.prepare('DELETE FROM source_file WHERE source = ?').run(this.#source);
    this.#isAnew = false;
    const upsert = this.#database.prepare('INSERT OR REPLACE INTO source_file VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    for (const file of [...this.#unsaved].sort((a, b) => a.number - b.number)) {
      const { number, path, inode, prefixBytes, prefix, finished } = file;
      const end = [finished?.offset ?? null, finished?.bytes ?? null];
      upsert.run(this.#source, number, path, inode, prefixBytes, prefix, ...end);
    }
    this.#unsaved.clear();
  }

  async #find(): Promise<FileFacts[]> {
    const exact = await factsOf(this.#pattern);
    if (exact) return [{ ...exact, path: resolve(this.#pattern) }];
    const found: FileFacts[] = [];
    for await (const path of glob(this.#pattern)) {
      const facts = await factsOf(resolve(path));
      if (facts) found.push(facts);
      if (found.length > FILES_MAX) {
        throw new LastcallError('usage', {
          what: `more than ${FILES_MAX} files`,
          on: this.#pattern,
          todo: 'Name fewer files, such as those of one day.',
        });
      }
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async #sameInode(facts: FileFacts): Promise<CatalogFile | undefined> {
    const file = this.#byInode.get(facts.inode);
    if (!file || this.#compared.get(facts.inode) === facts.stamp) return file;
    if ((await prefixHash(facts.path, file.prefixBytes)) !== file.prefix) return undefined;
    this.#compared.set(facts.inode, facts.stamp);
    return file;
  }

  async #sameContent(facts: FileFacts, seen: ReadonlySet<CatalogFile>): Promise<CatalogFile | undefined> {
    const file = this.#byPath.get(facts.path);
    if (!file || file.prefixBytes === 0 || seen.has(file)) return undefined;
    return (await prefixHash(facts.path, file.prefixBytes)) === file.prefix ? file : undefined;
  }

  #update(file: CatalogFile, { path, inode, sizeBytes }: FileFacts, seen: Set<CatalogFile>): void {
    seen.add(file);
    if (file.finished && sizeBytes > file.finished.bytes) throw grown(path, file.finished.bytes);
    if (file.path === path && file.inode === inode) return;
    file.path = path;
    file.inode = inode;
    this.#index(file);
    this.#unsaved.add(file);
  }

  #index(file: CatalogFile): void {
    this.#byInode.set(file.inode, file);
    this.#byPath.set(file.path, file);
  }

  async #append({ path, inode, sizeBytes }: FileFacts): Promise<void> {
    const prefixBytes = Math.min(PREFIX_BYTES_MAX, sizeBytes);
    const prefix = await prefixHash(path, prefixBytes);
    if (prefix === null) return; // it shrank or went away meanwhile: the next look will tell
    const file = { number: this.#files.length, path, inode, prefixBytes, prefix, finished: null };
    this.#files.push(file);
    this.#index(file);
    this.#unsaved.add(file);
  }
}

function grown(path: string, bytes: number): LastcallError {
  return new LastcallError('state_refused', {
    what: `the file has grown since it was left for the next one, at ${bytes} bytes`,
    on: path,
    todo: `Move what was added into a new file, and cut this one back to ${bytes} bytes.`,
  });
}

function stored(database: DatabaseSync, source: string): CatalogFile[] {
  const table = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'source_file'`).get();
  if (table === undefined) return [];
  const rows = database.prepare('SELECT * FROM source_file WHERE source = ? ORDER BY number').all(source);
  return rows.map((row) => ({
    number: row['number'] as number,
    path: row['path'] as string,
    inode: row['inode'] as string,
    prefixBytes: row['prefix_bytes'] as number,
    prefix: row['prefix'] as string,
    finished:
      row['finished_offset'] === null
        ? null
        : { offset: row['finished_offset'] as number, bytes: row['finished_bytes'] as number },
  }));
}
