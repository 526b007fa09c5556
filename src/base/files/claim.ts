// A claim: a file that exactly one of several processes creates, whole. Who comes second learns that it is taken.
import { dirname } from 'node:path';

import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { codeOf, io, quietly, runAsync, runSync, syncDirectorySteps } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';
import { temporaryName } from './temporary.ts';
import { bytesOf, writeNewFileSteps } from './write-file.ts';

/**
 * Creates `path` (0600) with `content` if it is not there: written beside, fsynced, linked to its name, directory fsynced.
 * @returns false if somebody else has it; their content is whole, since a name appears only with all of it
 * @throws LastcallError `disk_full` or `io`
 */
export async function claimFile(
  path: string,
  content: string | Uint8Array,
  files: FileLayer = systemFiles,
): Promise<boolean> {
  try {
    return await runAsync(files, claimSteps(path, bytesOf(content)));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The same, blocking. */
export function claimFileSync(path: string, content: string | Uint8Array, files: FileLayer = systemFiles): boolean {
  try {
    return runSync(files, claimSteps(path, bytesOf(content)));
  } catch (error) {
    throw fileError(error, path);
  }
}

function* claimSteps(path: string, bytes: Uint8Array): Steps<boolean> {
  const temporary = temporaryName(path);
  let won = true;
  try {
    yield* writeNewFileSteps(temporary, bytes, 0o600);
    yield* io.link(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') {
      yield* quietly(io.unlink(temporary));
      throw error;
    }
    won = false;
  }
  yield* quietly(io.unlink(temporary));
  yield* syncDirectorySteps(dirname(path));
  return won;
}
