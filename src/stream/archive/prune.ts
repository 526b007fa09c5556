// Removes archives that need not be kept (core/retention.ts). An archive loses its manifest first, so that a half removed
// one is no archive any more.
import { rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expired } from '../core/retention.ts';
import type { Archived, Retention } from '../core/retention.ts';
import { ARCHIVES, archiveIds, MANIFEST, readManifest } from './manifest.ts';

/** @returns the ids that were removed */
export async function pruneArchives(directory: string, retention: Retention, nowMs: number): Promise<string[]> {
  const archives = join(directory, ARCHIVES);
  const known = archiveIds(archives).map((id) => archivedAs(join(archives, id), id));
  const gone = expired(known, retention, nowMs);
  for (const id of gone) {
    await unlink(join(archives, id, MANIFEST)).catch(() => {});
    await rm(join(archives, id), { recursive: true, force: true });
  }
  return gone;
}

/** One without a readable manifest is as old as can be: it goes as soon as there are enough others. */
function archivedAs(path: string, id: string): Archived {
  try {
    const { atMs, verified } = readManifest(path);
    return { id, atMs, verified };
  } catch {
    return { id, atMs: 0, verified: false };
  }
}
