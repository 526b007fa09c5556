// Whether an archive is what was written: sizes and hashes of its files, then its database like any other.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError } from '../../base/errors.ts';
import { openSqliteForReading, sha256OfFile } from '../../store/index.ts';
import { inspect } from '../verify/inspect.ts';
import type { Holding } from '../verify/inspect.ts';
import { readManifest } from './manifest.ts';
import type { ArchivedFile, ArchiveManifest } from './manifest.ts';

export interface CheckedArchive {
  readonly path: string;
  readonly manifest: ArchiveManifest;
  readonly holding: Holding;
}

/** All of an archive. @throws LastcallError `state_refused` saying what is wrong with it */
export async function checkArchive(path: string, signal: AbortSignal): Promise<CheckedArchive> {
  const manifest = readManifest(path);
  requireSizes(path, manifest.files);
  for (const { name, sha256 } of manifest.files) {
    signal.throwIfAborted();
    const found = await sha256OfFile(join(path, name));
    if (found.sha256 !== sha256) throw refused(join(path, name), 'its SHA-256 is not the one it was written with');
  }
  const database = openSqliteForReading(join(path, manifest.files[0]?.name ?? ''));
  try {
    const { damage, holding } = inspect(database, { epoch: manifest.epoch, hash: manifest.hash }, 'deep');
    if (damage !== null || holding === null) throw refused(path, damage ?? 'it holds no epoch');
    if (holding.row.hash !== manifest.hash) throw refused(path, 'its manifest describes another epoch');
    return { path, manifest, holding };
  } finally {
    database.close();
  }
}

/** @throws LastcallError `state_refused` if a file is missing or has another size */
export function requireSizes(archive: string, files: readonly ArchivedFile[]): void {
  for (const { name, bytes } of files) {
    const path = join(archive, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) throw refused(path, 'the file is missing');
    if (size !== bytes) throw refused(path, `${bytes} bytes were written, and it has ${size}`);
  }
}

function refused(on: string, what: string): LastcallError {
  return new LastcallError('state_refused', { what, on, todo: 'Use another archive.' });
}
