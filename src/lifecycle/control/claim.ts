// Listening on a path that a dead process may have left behind. bind(2) refuses a path that exists, whoever made it, so
// an address in use is asked: nobody answers, it is stale and replaced; somebody does, it is refused.
import { randomBytes } from 'node:crypto';
import { chmod, lstat, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';

import { LastcallError, messageOf } from '../../base/errors.ts';

/** Several starts may find the same stale socket; each loses at most a few rounds. */
const ATTEMPTS_MAX = 5;

/**
 * Listens on a unix socket that only this user can connect to (0600).
 * @throws LastcallError `fenced` if a live process serves it, `io` if it cannot be had
 */
export async function listenOnSocket(server: Server, path: string, unit: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    try {
      await listen(server, path);
      await chmod(path, 0o600);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cannotServe(path, messageOf(error), error);
    }
    if (await answers(path)) throw ownedByAnother(path, unit);
    await removeStale(path, unit);
  }
  throw cannotServe(path, 'others keep taking it', undefined);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      server.off('error', settle).off('listening', settle);
      if (error) reject(error);
      else resolve();
    };
    server.once('error', settle).once('listening', settle).listen(path);
  });
}

/** Whether a process listens there: also a busy or a stopped one, whose queue of connections is full. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

/** Moved away before it is deleted: if somebody took the path over meanwhile, it is theirs and put back. */
async function removeStale(path: string, unit: string): Promise<void> {
  const stat = await lstat(path).catch(() => null);
  if (!stat) return;
  if (!stat.isSocket()) throw cannotServe(path, 'a file that is no socket is in the way', undefined);
  // No longer than any socket's own name, so that it can be connected to.
  const moved = join(dirname(path), `.${randomBytes(3).toString('hex').slice(0, 5)}`);
  try {
    await rename(path, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw cannotServe(path, messageOf(error), error);
  }
  if (await answers(moved)) {
    await rename(moved, path);
    throw ownedByAnother(path, unit);
  }
  await rm(moved, { force: true });
}

function ownedByAnother(path: string, unit: string): LastcallError {
  return new LastcallError('fenced', {
    what: `another running process is the unit ${unit} already`,
    on: path,
    todo: `Stop it (lastcall stop ${unit}), give this one another name, or another --state-dir.`,
  });
}

function cannotServe(path: string, why: string, cause: unknown): LastcallError {
  return new LastcallError('io', {
    what: `the control socket cannot be served: ${why}`,
    on: path,
    todo: 'Choose another --state-dir, or run without control.',
    cause,
  });
}
