// Finds the program of a command before anything is started, so that a wrong name is one sentence and the exit code that
// shells give it: 127 not found, 126 not runnable.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LastcallError } from '../../base/errors.ts';
import { isRunnable } from '../ownership/programs.ts';

/** @throws LastcallError `command_not_found` or `not_runnable` */
export function checkCommand(program: string, path: string | undefined): void {
  if (program.includes('/')) return checkPath(program, program);
  let found: string | null = null;
  for (const directory of (path ?? '').split(delimiter)) {
    const candidate = join(directory || '.', program);
    if (isRunnable(candidate)) return;
    if (found === null && exists(candidate)) found = candidate;
  }
  if (found !== null) return checkPath(found, program);
  throw new LastcallError('command_not_found', {
    what: 'there is no such command',
    on: program,
    todo: 'Check its name and the PATH; the command comes after --, without a shell.',
  });
}

function checkPath(path: string, named: string): void {
  if (isRunnable(path)) return;
  if (!exists(path)) {
    throw new LastcallError('command_not_found', {
      what: 'there is no such file',
      on: named,
      todo: 'Check the path; it is relative to the working directory.',
    });
  }
  const isDirectory = statSync(path).isDirectory();
  throw new LastcallError('not_runnable', {
    what: isDirectory ? 'this is a directory' : 'this file may not be run',
    on: path,
    todo: isDirectory
      ? 'Name the program in it.'
      : `Give it the permission (chmod +x), or start it by its interpreter.`,
  });
}

function exists(path: string): boolean {
  try {
    accessSync(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
}
