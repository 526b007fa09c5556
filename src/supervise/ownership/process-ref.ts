// One process, for ever: its number together with its start time, since numbers are used again. Nothing here signals a
// process without having compared the two.
import { commandLineOf, hasEnded, processStat, type ProcessStat } from '../../base/process-table.ts';

export interface ProcessRef {
  readonly pid: number;
  /** As proc(5) has it; only equality means something. */
  readonly startTime: string;
  /** Its command line when it was seen, for people. */
  readonly command: string;
}

/** The process that has this number now; null if there is none (a zombie has ended). */
export function processRef(pid: number): ProcessRef | null {
  const stat = processStat(pid);
  return stat === null || hasEnded(stat) ? null : refOf(stat);
}

export function refOf({ pid, startTime }: ProcessStat): ProcessRef {
  return { pid, startTime, command: commandLineOf(pid) };
}

export function isAlive({ pid, startTime }: ProcessRef): boolean {
  const stat = processStat(pid);
  return stat !== null && !hasEnded(stat) && stat.startTime === startTime;
}

/** @returns false if it has ended, or is not ours to signal */
export function signalRef(ref: ProcessRef, signal: NodeJS.Signals): boolean {
  return isAlive(ref) && sendSignal(ref.pid, signal);
}

/** @param target a process, or as a negative number a process group; the caller knows that it is still the one meant */
export function sendSignal(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}

/** `4711 python train.py (uninterruptible)`, for reports. */
export function describeRef({ pid, command }: ProcessRef): string {
  const stuck = processStat(pid)?.state === 'D' ? ' (uninterruptible)' : '';
  return `${pid} ${command}${stuck}`;
}
