// Who a process is, beyond its number: numbers are reused, so a record of a process carries its start time, the boot,
// the host and the PID namespace that the number belongs to. Without all of them nothing is assumed (invariant 9).
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

import { LastcallError } from './errors.ts';
import { hasEnded, processStat } from './process-table.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own notation; only equality means something. */
  readonly startTime: string;
  /** Changes with every boot of the machine. */
  readonly bootId: string;
  readonly host: string;
  /** The PID namespace, so that containers of one machine are told apart; empty where there are none. */
  readonly pidNamespace: string;
}

const NO_NAMESPACES = '';

/** `unknown`: another host's, another container's, or a process that could not be looked at. */
export type ProcessFate = 'alive' | 'gone' | 'unknown';

/** This process. @throws LastcallError `dependency` if the system does not tell a process's start time */
export function thisProcess(): ProcessIdentity {
  const identity = processIdentity(process.pid);
  if (identity) return identity;
  throw new LastcallError('dependency', {
    what: 'the start time of this process cannot be read',
    todo: 'Mount /proc (Linux), or put ps on the PATH (macOS).',
  });
}

/** The process that has `pid` here and now; null if there is none (a zombie counts as ended). */
export function processIdentity(pid: number): ProcessIdentity | null {
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : psStartTime(pid);
  return startTime === null ? null : { pid, startTime, ...here() };
}

/** What became of a process that was recorded earlier, perhaps elsewhere. */
export function fateOf(recorded: ProcessIdentity): ProcessFate {
  const { bootId, host, pidNamespace } = here();
  if (recorded.bootId === '' || bootId === '') return 'unknown';
  if (recorded.bootId !== bootId) {
    // An earlier boot's processes are gone. But a container's host name is no machine's: it may run on another one now.
    const sameMachine = recorded.host === host && isInitial(recorded.pidNamespace) && isInitial(pidNamespace);
    return sameMachine ? 'gone' : 'unknown';
  }
  if (recorded.pidNamespace !== pidNamespace) return 'unknown';
  return processIdentity(recorded.pid)?.startTime === recorded.startTime ? 'alive' : 'gone';
}

/** `process 4711 on host-3`, for messages. */
export function describeProcess({ pid, host }: ProcessIdentity): string {
  return `process ${pid} on ${host}`;
}

type Place = Pick<ProcessIdentity, 'bootId' | 'host' | 'pidNamespace'>;
let place: Place | undefined;

/** The machine and namespace that this process is in; they do not change while it lives. */
function here(): Place {
  place ??= { bootId: readBootId(), host: hostname(), pidNamespace: readPidNamespace() };
  return place;
}

function linuxStartTime(pid: number): string | null {
  const stat = processStat(pid);
  return stat === null || hasEnded(stat) ? null : stat.startTime;
}

function psStartTime(pid: number): string | null {
  try {
    const [state, ...start] = run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).split(/\s+/);
    return !state || state.startsWith('Z') ? null : start.join(' ');
  } catch {
    return null;
  }
}

function readBootId(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return run('sysctl', ['-n', 'kern.bootsessionuuid']);
  } catch {
    return '';
  }
}

function readPidNamespace(): string {
  try {
    return process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : NO_NAMESPACES;
  } catch {
    return 'unreadable';
  }
}

/** Not in a container: systems without PID namespaces, or Linux's first one, whose number is fixed (PROC_PID_INIT_INO). */
function isInitial(pidNamespace: string): boolean {
  return pidNamespace === NO_NAMESPACES || pidNamespace === 'pid:[4026531836]';
}

function run(command: string, args: readonly string[]): string {
  // Loaded here only: Linux never needs it, and it takes a millisecond.
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  return execFileSync(command, args, {
    encoding: 'utf8',
    timeout: 5_000,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  }).trim();
}
