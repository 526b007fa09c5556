// Who listens on a TCP port of this machine, as /proc tells it: an inode in net/tcp, and the process that has it open.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { LastcallError } from '../../base/errors.ts';
import { commandLineOf, processIds } from '../../base/process-table.ts';

/** State "listening" in proc(5)'s net/tcp. */
const LISTEN = '0A';

export interface Holder {
  readonly pid: number;
  readonly command: string;
}

/** null: nobody listens. `unknown`: somebody does, of whom we may not know. */
export function holderOf(port: number): Holder | 'unknown' | null {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return null;
  for (const pid of processIds()) {
    if (!openSockets(pid).some((inode) => inodes.has(inode))) continue;
    return { pid, command: commandLineOf(pid) };
  }
  return 'unknown';
}

/** @throws LastcallError `dependency` that says who has it */
export function refuseTakenPort(port: number): void {
  const holder = holderOf(port);
  if (holder === null) return;
  const who = holder === 'unknown' ? 'a process of another user' : `process ${holder.pid} (${holder.command})`;
  throw new LastcallError('dependency', {
    what: `the port is taken by ${who}`,
    on: `--app-port ${port}`,
    todo: 'End that process, or have the command listen on another port.',
  });
}

/** Lines are `SLOT LOCAL:PORT REMOTE:PORT STATE … INODE …`, numbers in hexadecimal. */
function listeningInodes(table: string, port: number): readonly string[] {
  try {
    const lines = readFileSync(`/proc/net/${table}`, 'latin1').split('\n').slice(1);
    return lines.flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const local = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
      return local === port && fields[3] === LISTEN && fields[9] !== undefined ? [fields[9]] : [];
    });
  } catch {
    return [];
  }
}

function openSockets(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((file) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${file}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
