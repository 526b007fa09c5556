// Immutable blobs in a directory, named by their content: `ab/cdef…` is the SHA-256 in hex. A blob is complete and
// durable when `put` returns, and is verified each time it is read, so damage is noticed before it is used (invariant 7).
import { join } from 'node:path';

import { LastcallError } from '../base/errors.ts';
import {
  ensureDirectory,
  listIfThere,
  readFileIfThere,
  removeFileDurably,
  removeLeftovers,
  syncDirectory,
  systemFiles,
  writeFileDurably,
} from '../base/files/index.ts';
import type { FileLayer } from '../base/files/index.ts';
import { sha256, sha256OfFile } from './checksum.ts';

/** What became of a blob. */
export type BlobState = 'good' | 'damaged' | 'missing';

export class BlobStore {
  readonly directory: string;
  readonly #files: FileLayer;

  /** @param directory created when the first blob is put */
  constructor(directory: string, files: FileLayer = systemFiles) {
    this.directory = directory;
    this.#files = files;
  }

  /**
   * Keeps `bytes` and returns their hash. What is there already is verified, and written again if it is damaged.
   * @throws LastcallError `disk_full` or `io`
   */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    const shard = this.#shard(hash);
    await ensureDirectory(shard, this.#files);
    // A good one may stem from a process that was killed before it could fsync the name.
    if ((await this.verify(hash)) === 'good') await syncDirectory(shard, this.#files);
    else await writeFileDurably(this.#path(hash), bytes, { files: this.#files });
    return hash;
  }

  /** @throws LastcallError `not_found`; `state_refused` if the content is not what its name says; `io` */
  async get(hash: string): Promise<Uint8Array> {
    const path = this.#path(hash);
    const bytes = await readFileIfThere(path, this.#files);
    if (!bytes)
      throw new LastcallError('not_found', { what: 'there is no such blob', on: path, todo: 'Check the hash.' });
    if (sha256(bytes) === hash) return bytes;
    throw new LastcallError('state_refused', {
      what: 'the blob is damaged: its content does not have the hash that its name says',
      on: path,
      todo: 'Keep the file for inspection, and use an older checkpoint; put the same content again to repair it.',
    });
  }

  /** Reads the blob in pieces and compares. @throws LastcallError `io` if it cannot be read at all */
  async verify(hash: string): Promise<BlobState> {
    try {
      return (await sha256OfFile(this.#path(hash), this.#files)).sha256 === hash ? 'good' : 'damaged';
    } catch (error) {
      if (error instanceof LastcallError && error.code === 'not_found') return 'missing';
      throw error;
    }
  }

  /** The hashes of all blobs, sorted. */
  async list(): Promise<string[]> {
    const hashes: string[] = [];
    for (const shard of (await listIfThere(this.directory, this.#files)).filter(isShard)) {
      const names = await listIfThere(join(this.directory, shard), this.#files);
      hashes.push(...names.map((name) => shard + name).filter(isHash));
    }
    return hashes.sort();
  }

  /** Forgets a blob, durably; nothing happens if it is not there. */
  async delete(hash: string): Promise<void> {
    await removeFileDurably(this.#path(hash), this.#files);
  }

  /** Removes what crashed writes left. Only for who holds the directory's lock. @returns how many were removed */
  async sweep(): Promise<number> {
    let removed = 0;
    for (const shard of (await listIfThere(this.directory, this.#files)).filter(isShard)) {
      removed += await removeLeftovers(join(this.directory, shard), this.#files);
    }
    return removed;
  }

  #shard(hash: string): string {
    return join(this.directory, hash.slice(0, 2));
  }

  /** The check keeps names such as `../…` from ever becoming a path. */
  #path(hash: string): string {
    if (isHash(hash)) return join(this.#shard(hash), hash.slice(2));
    throw new LastcallError('usage', {
      what: `${JSON.stringify(hash)} is not a SHA-256`,
      todo: 'Give the 64 hex digits that put returned.',
    });
  }
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function isShard(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}
