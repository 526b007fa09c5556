// What an archive says of itself: `manifest.json` beside the copy of the state. An archive is a directory that holds all
// that a resume needs; its name is its id.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { ModelStamp, Progress } from '../engines/embedded/chain.ts';
import { DATABASE } from '../engines/embedded/place.ts';

export const MANIFEST = 'manifest.json';
export const ARCHIVES = 'archives';

export interface ArchivedFile {
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface ArchiveManifest {
  readonly schema: 'lastcall.archive/1';
  /** `ckpt_…`, also the directory's name. */
  readonly id: string;
  readonly pipeline: string;
  readonly atMs: number;
  readonly epoch: number;
  /** Hash of the epoch's row, and by it of the whole history. */
  readonly hash: string;
  readonly topology: string;
  readonly code: string;
  readonly records: number;
  readonly outputs: number;
  readonly dead: number;
  readonly progress: readonly Progress[];
  readonly models: Readonly<Record<string, ModelStamp>>;
  readonly files: readonly ArchivedFile[];
  /** The archive before this one, or null. */
  readonly parent: string | null;
  /** Whether the copy was read back and verified after it was written. */
  readonly verified: boolean;
}

/** Ids of the archives in a directory, newest first (they sort by time). */
export function archiveIds(archives: string): string[] {
  if (!existsSync(archives)) return [];
  return readdirSync(archives)
    .filter((name) => /^ckpt_[0-9A-Z]{26}$/.test(name))
    .sort()
    .reverse();
}

/** @throws LastcallError `state_refused` if it is not there or not a manifest */
export function readManifest(archive: string): ArchiveManifest {
  try {
    const manifest = JSON.parse(readFileSync(join(archive, MANIFEST), 'utf8')) as ArchiveManifest;
    if (manifest.schema !== 'lastcall.archive/1' || !Array.isArray(manifest.files)) {
      throw new Error('it is not a manifest of an archive');
    }
    // What is checked has to be what is restored, and nothing outside of the archive.
    const names = manifest.files.map(({ name }) => name);
    if (names.length === 1 && names[0] === DATABASE) return manifest;
    throw new Error(`it lists ${JSON.stringify(names)} and not ${DATABASE}`);
  } catch (error) {
    throw new LastcallError('state_refused', {
      what: `its manifest cannot be read: ${messageOf(error)}`,
      on: archive,
      todo: 'Use another archive.',
    });
  }
}
