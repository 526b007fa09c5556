// Names of things that are not finished: unique per attempt, recognisable, hidden, and beside their target so that the
// final rename stays on one file system. A crash leaves them behind; the owner of the directory sweeps them.
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { io, runAsync } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';

const PATTERN = /^\..+\.[0-9a-f]{16}\.tmp$/;

/** A new temporary name beside `target`. */
export function temporaryName(target: string): string {
  return join(dirname(target), `.${basename(target)}.${randomBytes(8).toString('hex')}.tmp`);
}

/**
 * Removes what crashed attempts left in `directory`: temporary files, and unfinished directories with all they hold.
 * Only for who holds the directory's lock, since it cannot tell a crashed attempt from one at work.
 * @returns how many were removed
 */
export async function removeLeftovers(directory: string, files: FileLayer = systemFiles): Promise<number> {
  try {
    return await runAsync(files, removeLeftoversSteps(directory));
  } catch (error) {
    throw fileError(error, directory);
  }
}

function* removeLeftoversSteps(directory: string): Steps<number> {
  const names = (yield* io.list(directory)).filter((name) => PATTERN.test(name));
  for (const name of names) yield* removeTree(join(directory, name));
  return names.length;
}

/** Removes a file, or a directory with all that it holds. Links are removed, not followed. */
export function* removeTree(path: string): Steps<void> {
  try {
    yield* io.unlink(path);
    return;
  } catch (error) {
    const stat = yield* io.stat(path);
    if (stat === null) return;
    if (stat.kind !== 'directory') throw error;
  }
  for (const name of yield* io.list(path)) yield* removeTree(join(path, name));
  yield* io.rmdir(path);
}
