// Publishing a directory: it is filled under a temporary name and appears under its own only when all that it holds is
// on the device. Its name is then either absent or complete, at every moment.
import { dirname, join } from 'node:path';

import { LastcallError } from '../errors.ts';
import { DIRECTORY_MODE } from './directory.ts';
import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { io, quietly, runAsync, syncDirectorySteps, withFile } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';
import { removeTree, temporaryName } from './temporary.ts';

/**
 * Creates `target`, whose parent must exist, with what `fill` puts into it. `fill` need not fsync. If anything fails, what
 * was written is removed.
 * @param fill gets the path of a new, private directory to write into
 * @throws LastcallError `disk_full` or `io` (also if `target` exists); what `fill` throws, errors of the system as ours
 */
export async function publishDirectory(
  target: string,
  fill: (attempt: string) => Promise<void>,
  files: FileLayer = systemFiles,
): Promise<void> {
  const attempt = temporaryName(target);
  try {
    await runAsync(files, io.mkdir(attempt, DIRECTORY_MODE));
    try {
      await fill(attempt);
      await runAsync(files, publishSteps(attempt, target));
    } catch (error) {
      await runAsync(files, quietly(removeTree(attempt)));
      throw error;
    }
    await runAsync(files, syncDirectorySteps(dirname(target)));
  } catch (error) {
    throw fileError(error, target);
  }
}

function* publishSteps(attempt: string, target: string): Steps<void> {
  yield* syncTree(attempt);
  // rename replaces an empty directory in silence, so the look comes first; two publishers of one name are excluded
  // by the directory's lock.
  if (yield* io.stat(target)) throw alreadyThere(target);
  yield* io.rename(attempt, target);
}

/** fsyncs every file and directory, the innermost first. */
function* syncTree(path: string): Steps<void> {
  for (const name of yield* io.list(path)) {
    const inner = join(path, name);
    const stat = yield* io.stat(inner);
    if (stat?.kind === 'directory') yield* syncTree(inner);
    else if (stat?.kind === 'file') yield* withFile(inner, 'r', 0, (file) => io.sync(file));
  }
  yield* syncDirectorySteps(path);
}

function alreadyThere(target: string): LastcallError {
  return new LastcallError('io', {
    what: 'it is there already',
    on: target,
    todo: 'Choose another name, or remove it.',
  });
}
