// The programs that the rungs are made of, where this machine has them, and the shell scripts beside this file.
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of one of our scripts. */
export function script(name: 'foreground' | 'guardian' | 'init' | 'join'): string {
  return fileURLToPath(new URL(`./${name}.sh`, import.meta.url));
}

/** Where a program is on the PATH, or null. Files without the permission to run, and directories, do not count. */
export function findProgram(name: string, path: string | undefined): string | null {
  for (const directory of (path ?? '').split(delimiter)) {
    const candidate = join(directory || '.', name);
    if (isRunnable(candidate)) return candidate;
  }
  return null;
}

export function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** One of util-linux. Those of BusyBox have the same names and lack the options that matter here. */
export function utilLinux(name: 'setpriv' | 'setsid' | 'unshare', path: string | undefined): string | null {
  const found = findProgram(name, path);
  return found === null || basename(realpathSync(found)).startsWith('busybox') ? null : found;
}

/** Bit of CAP_SYS_ADMIN in capabilities(7). */
const SYS_ADMIN = 21n;

/** Whether this process may make namespaces without making a user namespace first. */
export function maySetUpNamespaces(): boolean {
  try {
    const effective = /^CapEff:\s*([\da-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return effective !== undefined && ((BigInt(`0x${effective}`) >> SYS_ADMIN) & 1n) === 1n;
  } catch {
    return false;
  }
}
