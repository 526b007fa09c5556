// Finds the directory for reports, sockets and records of running units (contracts.md, "Options"). A read-only root or
// a missing HOME never stops a unit from starting; only a directory that somebody asked for by name has to be usable.
import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ensureDirectorySync } from '../base/files/index.ts';
import { messageOf } from '../base/errors.ts';
import { requireTrusted } from './trusted-directory.ts';
import { RUNNING } from './watchdog/journal.ts';

export interface StateDirRequest {
  /** `--state-dir`, an option or LASTCALL_STATE_DIR. */
  readonly wanted: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface StateDir {
  /** null: there is no place at all, and nothing is kept. */
  readonly path: string | null;
  /** Why it is not where people will look for it. */
  readonly warning: string | null;
}

/** Directory of the reports in a state directory. */
export const REPORTS = 'reports';
/** Directory of the control sockets. */
export const SOCKETS = 'units';

/**
 * @throws LastcallError for the directory asked for: `io` or `disk_full` if it cannot be used, `usage` if it, or one of
 *   ours inside it, is somebody else's or others can write to it
 */
export function openStateDir({ wanted, environment }: StateDirRequest): StateDir {
  if (wanted !== null) {
    prepare(wanted);
    return { path: wanted, warning: null };
  }
  let problem = 'neither XDG_STATE_HOME nor HOME is set';
  for (const candidate of usualPlaces(environment)) {
    try {
      prepare(candidate);
      return { path: candidate, warning: null };
    } catch (error) {
      problem = messageOf(error);
    }
  }
  return openTemporary(problem);
}

/** Where a state directory is by default; the first one that can be used counts. */
function usualPlaces(environment: StateDirRequest['environment']): string[] {
  const { XDG_STATE_HOME: stateHome, HOME: home } = environment;
  const places: string[] = [];
  // A relative XDG path is to be ignored (XDG Base Directory Specification).
  if (stateHome && isAbsolute(stateHome)) places.push(join(stateHome, 'lastcall'));
  if (home && isAbsolute(home)) places.push(join(home, '.local', 'state', 'lastcall'));
  return places;
}

function openTemporary(problem: string): StateDir {
  try {
    const path = privateTemporary();
    prepare(path);
    return { path, warning: `${problem}; reports are in ${path}, which does not outlive a reboot` };
  } catch (error) {
    return { path: null, warning: `${problem}; ${messageOf(error)}; nothing is kept on disk` };
  }
}

/** The same directory for all units of this user; one that somebody else made in its place is not used. */
function privateTemporary(): string {
  const uid = process.getuid?.() ?? 0;
  const shared = join(tmpdir(), `lastcall-${uid}`);
  try {
    mkdirSync(shared, { mode: 0o700 });
    return shared;
  } catch {
    const found = lstatSync(shared, { throwIfNoEntry: false });
    const ours = found?.isDirectory() === true && found.uid === uid && (found.mode & 0o077) === 0;
    return ours ? shared : mkdtempSync(join(tmpdir(), 'lastcall-'));
  }
}

function prepare(path: string): void {
  // From the outside in: what lies in a directory that others cannot write to is not exchanged behind our back.
  for (const directory of [path, join(path, REPORTS), join(path, RUNNING), join(path, SOCKETS)])
    requireTrusted(directory);
  for (const inside of [REPORTS, RUNNING]) ensureDirectorySync(join(path, inside));
  accessSync(join(path, REPORTS), constants.W_OK);
  accessSync(join(path, RUNNING), constants.W_OK);
}
