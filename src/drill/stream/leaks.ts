// Processes that a drill left behind: their command line still names its directory.
import { readdirSync, readFileSync } from 'node:fs';

/** How many processes of this machine name `directory`, beside this one. Linux; elsewhere 0 is not known and so NaN. */
export function processesNaming(directory: string): number {
  if (process.platform !== 'linux') return Number.NaN;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => commandLine(pid).includes(directory)).length;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // gone in the meantime
  }
}
