// Reading from disk: which files under the given paths are read, within bounds. A folder is walked by the names in
// source/kinds.ts; a file that is named is read whatever it is called.
import { type Dirent, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError } from '../base/errors.ts';
import { kindOf, SKIPPED_FOLDERS } from './source/kinds.ts';
import { Source } from './source/source.ts';

/** Larger files are data or generated; a name that was given is an error then, one that was found is passed over. */
export const FILE_BYTES_MAX = 4 * 2 ** 20;
const FILES_MAX = 50_000;
const DEPTH_MAX = 40;

export interface Walked {
  readonly sources: readonly Source[];
  /** Files that were found and not read, each with the reason. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

/** @throws LastcallError `usage` for a path that cannot be read */
export function readPaths(paths: readonly string[]): Walked {
  const found = new Set<string>();
  const skipped: { path: string; why: string }[] = [];
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) throw unreadable(path, 'there is no such file or folder');
    if (stat.isDirectory()) walk(path, 0, found, skipped);
    else if (!stat.isFile()) throw unreadable(path, 'it is neither a file nor a folder');
    else if (stat.size > FILE_BYTES_MAX) throw unreadable(path, `it is larger than ${FILE_BYTES_MAX / 2 ** 20} MiB`);
    else found.add(path);
  }
  const sources: Source[] = [];
  for (const path of found) {
    try {
      sources.push(sourceOf(path, readFileSync(path)));
    } catch (error) {
      if (paths.includes(path)) throw unreadable(path, error instanceof Error ? error.message : String(error));
      skipped.push({ path, why: 'it cannot be read' });
    }
  }
  return { sources, skipped };
}

/** Bytes → a source; what is no UTF-8 is read with marks in place of the bytes that are wrong. */
export function sourceOf(path: string, bytes: Uint8Array): Source {
  // UTF-16 is what some editors of Windows save.
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (isUtf16) return new Source(normal(path), new TextDecoder('utf-16le').decode(bytes), false);
  try {
    return new Source(normal(path), new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return new Source(normal(path), new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), false);
  }
}

/** Text of a file beside another, for scripts and sources; undefined for what is not there, or is large. */
export function readBeside(path: string): string | undefined {
  try {
    const stat = lstatSync(path);
    return stat.isFile() && stat.size <= BESIDE_BYTES_MAX ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

const BESIDE_BYTES_MAX = 256 * 1024;

function walk(folder: string, depth: number, found: Set<string>, skipped: { path: string; why: string }[]): void {
  if (depth > DEPTH_MAX)
    return void skipped.push({ path: folder, why: `it is nested deeper than ${DEPTH_MAX} folders` });
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return void skipped.push({ path: folder, why: 'it cannot be read' });
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    // Links are not followed: what they lead to has a place of its own, or is outside.
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) walk(path, depth + 1, found, skipped);
    } else if (entry.isFile() && kindOf(normal(path))) {
      if (found.size >= FILES_MAX) return void skipped.push({ path, why: `there are more than ${FILES_MAX} files` });
      const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
      if (size > FILE_BYTES_MAX) skipped.push({ path, why: `it is larger than ${FILE_BYTES_MAX / 2 ** 20} MiB` });
      else found.add(path);
    }
  }
}

function normal(path: string): string {
  return path.startsWith('./') ? path.slice(2) : path;
}

function unreadable(path: string, why: string): LastcallError {
  return new LastcallError('usage', {
    what: `this cannot be read: ${why}`,
    on: path,
    todo: 'Name a file, a folder, or - for stdin.',
  });
}
