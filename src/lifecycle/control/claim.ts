// Listening on a path that a dead process may have left behind. bind(2) refuses a path that exists, whoever made it, so
// an address in use is asked: nobody answers, it is stale and replaced; somebody does, it is refused.
import { createHash } from 'node:crypto';
import { chmod, lstat, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';

import { systemClock } from '../../base/clock.ts';
import { LastcallError, messageOf } from '../../base/errors.ts';

/** How long somebody else may take to claim the same path. */
const LOCK_MS_MAX = 1_000;

/**
 * Listens on a unix socket that only this user can connect to (0600).
 * @throws LastcallError `fenced` if a live process serves it, `io` if it cannot be had
 */
export async function listenOnSocket(server: Server, path: string, unit: string): Promise<void> {
  try {
    await alone(path, async () => {
      await listenInstead(server, path, unit);
      await chmod(path, 0o600);
    });
  } catch (error) {
    throw error instanceof LastcallError ? error : cannotServe(path, messageOf(error), error);
  }
}

async function listenInstead(server: Server, path: string, unit: string): Promise<void> {
  try {
    return await listen(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  }
  if (await answers(path)) throw ownedByAnother(path, unit);
  if (!(await lstat(path)).isSocket()) throw cannotServe(path, 'a file that is no socket is in the way', undefined);
  await rm(path, { force: true });
  await listen(server, path);
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

/**
 * Between finding a socket stale and removing it somebody else may have replaced it, and between bind(2) and listen(2) a
 * new one looks stale; so only one process at a time claims a path. The lock is an address without a file (unix(7),
 * "abstract"), which the kernel frees with its process. Where there is none (macOS), or somebody sits on it, the step is
 * taken without: it only matters to starts within the same millisecond.
 */
async function alone(path: string, step: () => Promise<void>): Promise<void> {
  const address = `\0lastcall-${createHash('sha256').update(path).digest('hex')}`;
  const lock = createServer();
  if (process.platform === 'linux') {
    const endAtMs = systemClock.monotonicMs() + LOCK_MS_MAX;
    for (;;) {
      const taken = await listen(lock, address).catch((error: NodeJS.ErrnoException) => error);
      if (taken?.code !== 'EADDRINUSE' || systemClock.monotonicMs() > endAtMs) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  try {
    await step();
  } finally {
    if (lock.listening) await new Promise((resolve) => lock.close(resolve));
  }
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
