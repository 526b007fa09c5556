// SHA-256 of a file, read in pieces so that nothing else waits for long. Never for a database that this process has open
// (store/sqlite.ts says why).
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ArchivedFile } from './manifest.ts';

const CHUNK_BYTES = 2 ** 20;

/** @throws what reading throws; when aborted */
export async function hashFile(path: string, signal: AbortSignal): Promise<Omit<ArchivedFile, 'name'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
