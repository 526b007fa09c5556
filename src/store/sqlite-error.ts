// What SQLite's result codes (https://sqlite.org/rescode.html) mean to a person, and which of our codes they become.
import { LastcallError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly what: string;
  readonly todo: string;
}

const BUSY: Meaning = {
  code: 'timeout',
  what: 'the database is in use by another process',
  todo: 'Try again; if it stays so, look for a program that holds the file open (lsof).',
};
const DAMAGED: Meaning = {
  code: 'state_refused',
  what: 'the database is damaged',
  todo: 'Keep the file, and start from an archive; `lastcall verify` says which one is good.',
};

/** By primary result code. Others (constraints, wrong SQL) are mistakes of a program and pass unchanged. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  5: BUSY,
  6: BUSY,
  8: {
    code: 'io',
    what: 'the database is read-only',
    todo: 'Give this user write access to the file and its directory.',
  },
  10: { code: 'io', what: 'the device reported an I/O error', todo: 'Look at the disk, then start again.' },
  11: DAMAGED,
  13: { code: 'disk_full', what: 'no space left for the database', todo: 'Free some space, then try again.' },
  14: { code: 'io', what: 'the database cannot be opened', todo: 'Check the path and its permissions.' },
  26: { ...DAMAGED, what: 'this is not a database, or its header is damaged' },
};

/** The error of a failed SQLite call, for people; errors that are not SQLite's, or are a program's mistake, unchanged. */
export function sqliteError(error: unknown, path: string): unknown {
  const meaning = MEANINGS[primaryCode(error)];
  if (!meaning) return error;
  return new LastcallError(meaning.code, { what: meaning.what, on: path, todo: meaning.todo, cause: error });
}

/** SQLite says that the file is damaged, or no database at all. */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && MEANINGS[primaryCode(error)]?.code === 'state_refused';
}

/** The primary result code of node:sqlite's error; 0 for any other. */
function primaryCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}
