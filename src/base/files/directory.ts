// Directories that survive power loss: private, and with their names on the device before anything is put into them.
import { dirname, resolve } from 'node:path';

import { LastcallError } from '../errors.ts';
import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { codeOf, io, runAsync, runSync, syncDirectorySteps } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';

/** Permissions of directories that we create. */
export const DIRECTORY_MODE = 0o700;

/**
 * Creates `path` and the missing ones above it (0700), and fsyncs every directory on the way up. That is done for
 * existing ones too, since an earlier process may have died between its mkdir and its fsync.
 * @throws LastcallError `disk_full` or `io`
 */
export async function ensureDirectory(path: string, files: FileLayer = systemFiles): Promise<void> {
  try {
    await runAsync(files, ensureDirectorySteps(resolve(path)));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The same, blocking. */
export function ensureDirectorySync(path: string, files: FileLayer = systemFiles): void {
  try {
    runSync(files, ensureDirectorySteps(resolve(path)));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Makes the names in a directory durable. @throws LastcallError `io` */
export async function syncDirectory(path: string, files: FileLayer = systemFiles): Promise<void> {
  try {
    await runAsync(files, syncDirectorySteps(path));
  } catch (error) {
    throw fileError(error, path);
  }
}

export function* ensureDirectorySteps(path: string): Steps<void> {
  const missing: string[] = [];
  let existing = path;
  for (;;) {
    const stat = yield* io.stat(existing);
    if (stat?.kind === 'directory') break;
    if (stat) throw notADirectory(existing);
    missing.push(existing);
    existing = dirname(existing);
  }
  for (const directory of missing.reverse()) {
    try {
      yield* io.mkdir(directory, DIRECTORY_MODE);
    } catch (error) {
      // Somebody else may have created it since; what matters is that it is there.
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
  yield* syncAncestors(path, existing);
}

/** Bottom up from `path`; above `existing`, directories that we may not open are somebody else's concern. */
function* syncAncestors(path: string, existing: string): Steps<void> {
  let below = path;
  while (dirname(below) !== below) {
    const parent = dirname(below);
    try {
      yield* syncDirectorySteps(parent);
    } catch (error) {
      const foreign = parent.length <= existing.length && (codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM');
      if (!foreign) throw error;
    }
    below = parent;
  }
}

function notADirectory(path: string): LastcallError {
  return new LastcallError('io', {
    what: 'this is not a directory',
    on: path,
    todo: 'Remove it, or choose another directory with --state-dir.',
  });
}
