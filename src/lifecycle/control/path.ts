// Where a unit's control socket is. The address of a unix socket holds about a hundred bytes, a state directory may be
// longer: then the socket lies under the runtime directory by a hashed name, and `STATE/units/NAME.sock` is a symbolic
// link to it, so that whoever knows the state directory finds every unit.
import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

import { LastcallError } from '../../base/errors.ts';
import { fileError } from '../../base/files/index.ts';
import { SOCKETS } from '../state-dir.ts';

/** Longest address that binds, in bytes: sun_path of unix(7) holds 108 with its final zero, 104 on macOS. */
const SOCKET_PATH_BYTES_MAX = process.platform === 'darwin' ? 103 : 107;

const SUFFIX = '.sock';

export interface SocketPlace {
  /** What to listen on and to connect to. */
  readonly path: string;
  /** Name in the state directory that has to point to it; null if `path` is that name. */
  readonly link: string | null;
}

/** Where the socket of unit `name` belongs; creates the directories (0700). @throws LastcallError `io` */
export async function prepareSocketPlace(stateDir: string, name: string): Promise<SocketPlace> {
  const named = namedPath(stateDir, name);
  try {
    await mkdir(dirname(named), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, dirname(named));
  }
  if (Buffer.byteLength(named) <= SOCKET_PATH_BYTES_MAX) return { path: named, link: null };
  const hash = createHash('sha256').update(named).digest('hex').slice(0, 32);
  const directory = await privateRuntimeDirectory();
  return { path: join(directory, `${hash}${SUFFIX}`), link: named };
}

/** Makes the name in the state directory point to the socket, whatever it pointed to before. */
export async function linkSocket(place: SocketPlace): Promise<void> {
  if (place.link === null) return;
  const attempt = `${place.link}.${process.pid}.new`;
  await rm(attempt, { force: true });
  await symlink(place.path, attempt);
  await rename(attempt, place.link);
}

/** Removes the name, if it still points to this socket. */
export async function unlinkSocket(place: SocketPlace): Promise<void> {
  if (place.link === null) return;
  const target = await readlink(place.link).catch(() => null);
  if (target === place.path) await rm(place.link, { force: true });
}

/** The address of a unit's socket, whether or not somebody listens there. */
export async function findSocket(stateDir: string, name: string): Promise<string> {
  const named = namedPath(stateDir, name);
  return readlink(named).catch(() => named);
}

export interface FoundUnit {
  readonly name: string;
  readonly path: string;
}

/** Every unit that left a socket in this state directory, running or not, by name. */
export async function findUnits(stateDir: string): Promise<readonly FoundUnit[]> {
  const entries = await readdir(join(stateDir, SOCKETS)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = entries
    .filter((entry) => entry.endsWith(SUFFIX))
    .map((entry) => decode(entry.slice(0, -SUFFIX.length)));
  return Promise.all(names.toSorted().map(async (name) => ({ name, path: await findSocket(stateDir, name) })));
}

function namedPath(stateDir: string, name: string): string {
  return join(stateDir, SOCKETS, `${encodeURIComponent(name)}${SUFFIX}`);
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** Others may write into the parent (/tmp), so what is there already has to be ours alone. */
async function privateRuntimeDirectory(): Promise<string> {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const { uid } = userInfo();
  const directory = runtime ? join(runtime, 'lastcall') : join(tmpdir(), `lastcall-${uid}`);
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const stat = await lstat(directory);
  if (!stat.isDirectory() || stat.uid !== uid) {
    throw new LastcallError('io', {
      what: 'this is not a directory of ours, so the control socket is not put there',
      on: directory,
      todo: 'Remove it, set XDG_RUNTIME_DIR to a private directory, or choose a shorter --state-dir.',
    });
  }
  await chmod(directory, 0o700);
  return directory;
}
