// Whether an archive is what was written: sizes and hashes of its files, then its database like any other.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError } from '../../base/errors.ts';
import { openSqliteForReading } from '../../store/index.ts';
import { inspect } from '../verify/inspect.ts';
import type { Holding } from '../verify/inspect.ts';
import { hashFile } from './hash-file.ts';
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
  for (const file of manifest.files) await checkFile(path, file, signal);
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

async function checkFile(archive: string, { name, bytes, sha256 }: ArchivedFile, signal: AbortSignal): Promise<void> {
  const path = join(archive, name);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw refused(path, 'the file is missing');
  if (size !== bytes) throw refused(path, `${bytes} bytes were written, and it has ${size}`);
  if ((await hashFile(path, signal)).sha256 !== sha256)
    throw refused(path, 'its SHA-256 is not the one it was written with');
}

function refused(on: string, what: string): LastcallError {
  return new LastcallError('state_refused', { what, on, todo: 'Use another archive.' });
}
