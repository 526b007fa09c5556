// Faults made of mounts that only the target sees: a disk that is full, and a resolver that does not answer. The target is
// started through a launcher in a mount namespace of its own, and with it everything that was mounted goes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault, Launch } from './fault.ts';

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const LAUNCHER = fileURLToPath(new URL(`./mount-and-run.${EXTENSION}`, import.meta.url));
const DISK_BYTES = 1024 * 1024;
/** An address of this machine on which nobody answers DNS (RFC 5737 addresses would leave it). */
const NOBODY = '127.0.0.254';

/** As root in a mount namespace; else in a user namespace of one's own. */
function namespace(): readonly [string, ...string[]] {
  return process.getuid?.() === 0
    ? ['unshare', '--mount', '--']
    : ['unshare', '--user', '--map-root-user', '--mount', '--'];
}

function impossible(): string | null {
  const [program, ...args] = [...namespace(), 'mount', '-t', 'tmpfs', 'none', '/mnt'];
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? null : `no leave to mount in a namespace (${stderr?.trim() || 'unshare failed'})`;
}

function launch(...words: readonly string[]): Launch {
  return {
    through: [...namespace(), process.execPath, '--disable-warning=ExperimentalWarning', LAUNCHER, ...words, '--'],
    environment: {},
  };
}

export const diskFull: Fault = {
  needs: { command: true, programs: ['unshare', 'mount'] },
  impossible,
  launch(directory) {
    const disk = join(directory, 'disk');
    mkdirSync(disk, { recursive: true });
    return launch('tmpfs', disk, String(DISK_BYTES));
  },
  begin({ target, directory }) {
    for (const { pid } of target.processes()) {
      // The same place, through the eyes of a process that has it mounted.
      const disk = join(`/proc/${pid}/root`, directory, 'disk');
      try {
        if (statfsSync(disk).blocks * 4_096 > 2 * DISK_BYTES) continue;
        fill(join(disk, '.filled-by-the-drill'));
        return () => {};
      } catch {
        continue; // the launcher, or gone
      }
    }
    return () => {};
  },
};

function fill(path: string): void {
  for (let size = DISK_BYTES; size >= 1; size = Math.floor(size / 2)) {
    try {
      writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // As far as it went; smaller pieces fill the rest.
    }
  }
}

export const noDns: Fault = {
  needs: { command: true, programs: ['unshare', 'mount'] },
  impossible,
  launch(directory) {
    const file = join(directory, 'resolv.conf');
    const original = spawnSync('cat', ['/etc/resolv.conf'], { encoding: 'utf8' }).stdout ?? '';
    writeFileSync(file, original);
    return launch('bind', file, '/etc/resolv.conf');
  },
  begin({ directory }) {
    writeFileSync(join(directory, 'resolv.conf'), `nameserver ${NOBODY}\noptions timeout:1 attempts:1\n`);
    return () => {};
  },
};
