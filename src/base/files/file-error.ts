// What the system's error codes mean to a person, and which of our codes they become.
import { LastcallError, messageOf } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { codeOf } from './steps.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly what: string;
  readonly todo: string;
}

const ELSEWHERE = 'choose another directory with --state-dir';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: { code: 'disk_full', what: 'no space left on the device', todo: `Free some space, or ${ELSEWHERE}.` },
  EDQUOT: { code: 'disk_full', what: 'the disk quota is used up', todo: `Free some space, or ${ELSEWHERE}.` },
  EIO: { code: 'io', what: 'the device reported an I/O error', todo: `Look at the disk's health, or ${ELSEWHERE}.` },
  EROFS: { code: 'io', what: 'the file system is read-only', todo: `Mount it for writing, or ${ELSEWHERE}.` },
  EACCES: { code: 'io', what: 'permission denied', todo: `Give this user access, or ${ELSEWHERE}.` },
  EPERM: { code: 'io', what: 'operation not permitted', todo: `Give this user access, or ${ELSEWHERE}.` },
  EMFILE: { code: 'io', what: 'too many open files in this process', todo: 'Raise the limit (ulimit -n).' },
  ENFILE: {
    code: 'io',
    what: 'too many open files on this machine',
    todo: 'Close some programs, or raise fs.file-max.',
  },
  ENOENT: { code: 'not_found', what: 'no such file or directory', todo: 'Check the path.' },
  ENOTDIR: { code: 'io', what: 'a part of the path is not a directory', todo: 'Check the path.' },
  EEXIST: { code: 'io', what: 'it is there already', todo: 'Choose another name, or remove it.' },
  ENOTEMPTY: { code: 'io', what: 'it is there already and not empty', todo: 'Choose another name, or remove it.' },
};

/**
 * The error of a failed file operation, for people. Errors of ours and errors without a system code pass unchanged.
 * @param path the thing that the caller wanted to change, rather than a temporary name
 */
export function fileError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (error instanceof LastcallError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  const meaning = MEANINGS[code] ?? { code: 'io', what: messageOf(error), todo: 'Look at the cause, then try again.' };
  return new LastcallError(meaning.code, { what: meaning.what, on: path, todo: meaning.todo, cause: error });
}
