// The directory of a sink's part files: it belongs to one state, and on a start it is brought to what that state says.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  AppendFile, claimFile, ensureDirectory, readFileIfThere, syncDirectory, type FileLayer,
} from '../../../base/files/index.ts'; // prettier-ignore
import { LastcallError } from '../../../base/errors.ts';
import { transaction } from '../../../store/index.ts';
import { register, registered } from '../registry.ts';
import type { Part } from './manifest.ts';

/** Says whose directory it is: the id that the state's database has for this sink. */
const MARKER = '.lastcall-sink';

export class PartFolder {
  readonly path: string;
  readonly #extension: string;
  readonly #files: FileLayer;

  /** @param extension `jsonl`, `csv` */
  constructor(path: string, extension: string, files: FileLayer) {
    this.path = path;
    this.#extension = extension;
    this.#files = files;
  }

  /** The file of a part while outputs are added to it. */
  openPath(number: number): string {
    return `${this.closedPath(number)}.open`;
  }

  /** The name under which a part is complete. */
  closedPath(number: number): string {
    return join(this.path, `part-${String(number).padStart(8, '0')}.${this.#extension}`);
  }

  /**
   * Creates the directory, or makes sure that it is this sink's.
   * @throws LastcallError `state_refused` if another state's parts are in it
   */
  async claim(database: DatabaseSync, sink: string): Promise<void> {
    await ensureDirectory(this.path, this.#files);
    const key = `${sink}#directory`;
    const known = registered(database, key) as string | null;
    const id = known ?? randomBytes(16).toString('hex');
    const marker = await readFileIfThere(join(this.path, MARKER), this.#files);
    if (marker === null && known === null && (await this.#numbers()).length > 0)
      throw foreign(this.path, 'has part files');
    // The database knows the id before the directory does: after a crash in between, the claim is made again.
    if (known === null) transaction(database, () => register(database, key, id));
    if (marker === null && (await claimFile(join(this.path, MARKER), id, this.#files))) return;
    const owner = await readFileIfThere(join(this.path, MARKER), this.#files);
    if (Buffer.from(owner ?? []).toString('utf8') !== id) throw foreign(this.path, 'belongs to another state');
  }

  /**
   * Removes and cuts back what was not committed, and finishes what was. Returns the file of the part that is open.
   * @throws LastcallError `state_refused` if committed outputs are gone
   */
  async restore(manifest: readonly Part[]): Promise<AppendFile | null> {
    const parts = new Map(manifest.map((part) => [part.number, part]));
    for (const number of await this.#numbers()) {
      const part = parts.get(number);
      if (!part) await this.#remove(number);
      else if (part.isClosed) await this.#restoreClosed(part);
    }
    const open = manifest.find(({ isClosed }) => !isClosed);
    if (!open) return null;
    // An older state may have been restored, in which the part was not complete yet.
    if (!(await this.#isThere(this.openPath(open.number))) && (await this.#isThere(this.closedPath(open.number)))) {
      await this.#rename(this.closedPath(open.number), this.openPath(open.number));
    }
    return this.#cutBack(open);
  }

  async #restoreClosed(part: Part): Promise<void> {
    if (await this.#isThere(this.openPath(part.number))) {
      await (await this.#cutBack(part)).close();
      await this.finish(part.number);
    }
    const path = this.closedPath(part.number);
    const found = await this.#files.async.stat(path);
    if (found && found.size !== part.bytes) throw outputsGone(path, part.bytes, found.size);
  }

  /** Gives a part its final name. */
  async finish(number: number): Promise<void> {
    await this.#rename(this.openPath(number), this.closedPath(number));
  }

  async #cutBack(part: Part): Promise<AppendFile> {
    const path = this.openPath(part.number);
    if (!(await this.#isThere(path))) throw outputsGone(path, part.bytes, 0);
    const file = await AppendFile.open(path, this.#files);
    if (file.length >= part.bytes) {
      await file.cutBack(part.bytes);
      return file;
    }
    await file.close();
    throw outputsGone(path, part.bytes, file.length);
  }

  async #remove(number: number): Promise<void> {
    for (const path of [this.openPath(number), this.closedPath(number)]) {
      if (await this.#isThere(path)) await this.#files.async.unlink(path);
    }
    await syncDirectory(this.path, this.#files);
  }

  async #rename(from: string, to: string): Promise<void> {
    await this.#files.async.rename(from, to);
    await syncDirectory(this.path, this.#files);
  }

  async #isThere(path: string): Promise<boolean> {
    return (await this.#files.async.stat(path)) !== null;
  }

  /** Numbers of all part files, open and closed. */
  async #numbers(): Promise<number[]> {
    const numbers = new Set<number>();
    for (const name of await this.#files.async.list(this.path)) {
      const match = /^part-(\d{8,})\.([a-z]+)(?:\.open)?$/.exec(name);
      if (match?.[2] === this.#extension) numbers.add(Number(match[1]));
    }
    return [...numbers].sort((a, b) => a - b);
  }
}

function foreign(path: string, what: string): LastcallError {
  return new LastcallError('state_refused', {
    what: `the directory ${what}, and this sink has no record of it`,
    on: path,
    todo: 'Give each pipeline a directory of its own, or empty it when you start from nothing.',
  });
}

function outputsGone(path: string, committed: number, found: number): LastcallError {
  return new LastcallError('state_refused', {
    what: `${committed} bytes of outputs are committed, ${found} are there`,
    on: path,
    todo: 'Restore the file: only parts without .open in their names may be taken away.',
  });
}
