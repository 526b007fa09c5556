// SHA-256, by which content is named and compared.
import { createHash } from 'node:crypto';

import { readFileChunks, systemFiles } from '../base/files/index.ts';
import type { FileLayer } from '../base/files/index.ts';

/** SHA-256, 64 hex digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 and size of a file, read in pieces. @throws LastcallError `not_found` or `io` */
export async function sha256OfFile(
  path: string,
  files: FileLayer = systemFiles,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of readFileChunks(path, files)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
