// The files of a member's directory, as its keeper writes them: who keeps it, what was started, how it ended.
import { readFileSync, renameSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Exit } from '../../core/types.ts';

/** A process by number and start time. */
export interface Recorded {
  readonly pid: number;
  readonly startTime: string;
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** null: not there, or not whole yet. */
export function readRecorded(directory: string, name: 'keeper.pid' | 'started'): Recorded | null {
  const [, pid, startTime] = /^(\d+) (\d+)\n/.exec(readText(directory, name) ?? '') ?? [];
  return pid === undefined || startTime === undefined ? null : { pid: Number(pid), startTime };
}

/** null: it has not ended, or its keeper has not said so. */
export function readExit(directory: string): Exit | null {
  const lines = (readText(directory, 'exit') ?? '').split('\n');
  if (lines[4] !== 'end') return null;
  const [code = '', how] = lines[0]!.split(' ');
  const status = Number(code);
  // A shell shows both in the same way. Where its own words do not tell, above 128 it is taken for the signal.
  const signal = status > 128 && how !== 'exit' ? SIGNALS.get(status - 128) : undefined;
  return { code: signal === undefined ? status : null, signal: signal ?? null, reportCode: null };
}

/** Lets whoever comes second know: after this the keeper starts nothing. @returns false if it has begun */
export function revoke(directory: string): boolean {
  try {
    renameSync(join(directory, 'go'), join(directory, 'revoked'));
    return true;
  } catch {
    return readText(directory, 'claimed') === null;
  }
}

export function readText(directory: string, name: string): string | null {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch {
    return null;
  }
}
