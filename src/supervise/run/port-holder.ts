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
  const inodes = new Set(listening().flatMap((one) => (one.port === port ? [one.inode] : [])));
  if (inodes.size === 0) return null;
  for (const pid of processIds()) {
    if (!openSockets(pid).some((inode) => inodes.has(inode))) continue;
    return { pid, command: commandLineOf(pid) };
  }
  return 'unknown';
}

/** @param option what asked for it @throws LastcallError `dependency` that says who has it */
export function refuseTakenPort(port: number, option: '--app-port' | '--listen'): void {
  const holder = holderOf(port);
  if (holder === null) return;
  const who = holder === 'unknown' ? 'a process of another user' : `process ${holder.pid} (${holder.command})`;
  throw new LastcallError('dependency', {
    what: `the port is taken by ${who}`,
    on: `${option} ${port}`,
    todo: `End that process, or ${option === '--listen' ? 'listen' : 'have the command listen'} on another port.`,
  });
}

/** TCP ports that a process listens on, lowest first. */
export function listeningPorts(pid: number): readonly number[] {
  const inodes = new Set(openSockets(pid));
  const ports = listening().flatMap(({ inode, port }) => (inodes.has(inode) ? [port] : []));
  return [...new Set(ports)].toSorted((one, other) => one - other);
}

interface Listening {
  readonly port: number;
  readonly inode: string;
}

/** Lines are `SLOT LOCAL:PORT REMOTE:PORT STATE … INODE …`, numbers in hexadecimal. */
function listening(): readonly Listening[] {
  return ['tcp', 'tcp6'].flatMap((table) => {
    try {
      const lines = readFileSync(`/proc/net/${table}`, 'latin1').split('\n').slice(1);
      return lines.flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
        return fields[3] === LISTEN && fields[9] !== undefined ? [{ port, inode: fields[9] }] : [];
      });
    } catch {
      return [];
    }
  });
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
