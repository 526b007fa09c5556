// One temporary folder per run, with a folder for each test file in it. A runner that was killed leaves its folder; the
// next run on the machine removes it, once the process in its name is gone.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Short, since paths of Unix sockets have at most 107 bytes. */
const PREFIX = 'lct-';

export function makeRunFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^lct-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'; // somebody else's process is alive
  }
}
