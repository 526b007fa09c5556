// Removing and listing, where what is not there is nothing to complain about.
import { dirname } from 'node:path';

import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { codeOf, io, runAsync, syncDirectorySteps } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';

/** Removes a file, durably. @returns false if it was not there @throws LastcallError `io` */
export async function removeFileDurably(path: string, files: FileLayer = systemFiles): Promise<boolean> {
  try {
    return await runAsync(files, removeSteps(path));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The names in a directory, sorted; none if it is not there. @throws LastcallError `io` */
export async function listIfThere(path: string, files: FileLayer = systemFiles): Promise<readonly string[]> {
  try {
    return [...(await runAsync(files, io.list(path)))].sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw fileError(error, path);
  }
}

function* removeSteps(path: string): Steps<boolean> {
  try {
    yield* io.unlink(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  yield* syncDirectorySteps(dirname(path));
  return true;
}
