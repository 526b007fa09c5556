// The table of processes as Linux shows it in /proc. What has gone by the time it is looked at is null, never an error;
// where there is no /proc (macOS) the table is empty, and whoever asks has to say that nothing is known (invariant 9).
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** What is used of proc(5)'s /proc/PID/stat. */
export interface ProcessStat {
  readonly pid: number;
  /** `R`, `S`, `D`, `Z`, … A process in Z (zombie) or X (dead) has ended: only its number is still there. */
  readonly state: string;
  readonly parent: number;
  /** Process group. */
  readonly group: number;
  readonly session: number;
  /** In ticks since boot; with the number it names one process for ever. */
  readonly startTime: string;
}

/** Numbers of all processes of this PID namespace, ended ones that nobody collected included. */
export function processIds(): readonly number[] {
  try {
    // An entry that begins with a digit is a process.
    return readdirSync('/proc').flatMap((name) => (name.charCodeAt(0) <= 57 ? Number(name) : []));
  } catch {
    return [];
  }
}

/** null if there is no such process. */
export function processStat(pid: number): ProcessStat | null {
  const stat = readProcess(pid, 'stat');
  if (stat === null) return null;
  // Field 2, the name, may hold anything, also spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group, session] = fields;
  const startTime = fields[19];
  if (startTime === undefined) return null;
  return { pid, state, parent: Number(parent), group: Number(group), session: Number(session), startTime };
}

export function hasEnded(stat: ProcessStat | null): boolean {
  return stat === null || stat.state === 'Z' || stat.state === 'X';
}

/** Its words, separated by spaces; its name in brackets where there are none; empty if it is gone. */
export function commandLineOf(pid: number): string {
  const words = readProcess(pid, 'cmdline')?.replaceAll('\0', ' ').trim();
  if (words) return words;
  const name = readProcess(pid, 'comm')?.trim();
  return name ? `[${name}]` : '';
}

/** In the place of what may not be looked at. */
export const UNREADABLE = Symbol('unreadable');

/**
 * A variable of its environment as it was given at its start; UNREADABLE where we may not look; null if it has none of
 * that name, or is gone. Asked of every process of a machine, so it is read without a detour.
 */
export function variableOf(pid: number, name: string): string | typeof UNREADABLE | null {
  try {
    const environment = readWhole(`/proc/${pid}/environ`);
    const at = positionOf(environment, `${name}=`);
    if (at < 0) return null;
    const end = environment.indexOf(0, at);
    return environment.toString('utf8', at + name.length + 1, end < 0 ? environment.length : end);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM' ? UNREADABLE : null;
  }
}

/** Of a name at the beginning or after a zero. */
function positionOf(environment: Buffer, prefix: string): number {
  let at = environment.indexOf(prefix, 0, 'latin1');
  while (at > 0 && environment[at - 1] !== 0) at = environment.indexOf(prefix, at + 1, 'latin1');
  return at;
}

let buffer: Buffer | undefined;

/** Valid until the next call. */
function readWhole(path: string): Buffer {
  buffer ??= Buffer.allocUnsafeSlow(64 * 1024);
  const file = openSync(path, 'r');
  try {
    for (let length = 0; ;) {
      if (length === buffer.length) buffer = Buffer.concat([buffer, buffer]);
      const count = readSync(file, buffer, length, buffer.length - length, null);
      if (count === 0) return buffer.subarray(0, length);
      length += count;
    }
  } finally {
    closeSync(file);
  }
}

/** The user that it runs as; null if it is gone. */
export function userOf(pid: number): number | null {
  const uid = /^Uid:\s+(\d+)/m.exec(readProcess(pid, 'status') ?? '')?.[1];
  return uid === undefined ? null : Number(uid);
}

function readProcess(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return null;
  }
}
