// Signals to processes that are still the ones that were seen: a number alone may belong to somebody else by now.
import { keyOf, type ProcessRow, readProcess } from '../watch/process-table.ts';

/** @returns whether it was sent */
export function signalProcess(seen: ProcessRow, name: NodeJS.Signals): boolean {
  const now = readProcess(seen.pid);
  if (now === null || now.isZombie || keyOf(now) !== keyOf(seen)) return false;
  return send(seen.pid, name);
}

/** To the whole group of a process, if it leads one; else to it alone. */
export function signalGroup(leader: ProcessRow, name: NodeJS.Signals): boolean {
  const now = readProcess(leader.pid);
  if (now === null || keyOf(now) !== keyOf(leader)) return false;
  return send(now.group === now.pid ? -now.pid : now.pid, name);
}

function send(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
