// Whether a failure to read says something of the thing that was read. Then another copy may be good, and a start goes on
// to the next archive. A lack of memory, file descriptors or space says nothing of the thing: every copy would fail.
import { LastcallError } from '../../base/errors.ts';

const SYSTEM = new Set(['EIO', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ENOENT', 'ELOOP', 'ENXIO', 'EUCLEAN']);
/** SQLite's IOERR of reading, looking at and finding a file (https://sqlite.org/rescode.html). */
const SQLITE = new Set([10, 266, 522, 1_802, 3_338, 7_178, 8_202, 8_458]);
const SQLITE_CANTOPEN = 14;

/** Why the thing cannot be read, a clause; null if the error is of another kind. */
export function whyUnreadable(error: unknown): string | null {
  if (!(error instanceof LastcallError)) return isUnreadable(error) ? (error as Error).message : null;
  if (error.code === 'not_found') return error.what;
  return error.code === 'io' && isUnreadable(error.cause) ? error.what : null;
}

function isUnreadable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return SQLITE.has(errcode) || (errcode & 0xff) === SQLITE_CANTOPEN;
  return typeof code === 'string' && SYSTEM.has(code);
}
