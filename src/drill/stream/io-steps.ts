// Every system call by which a run changes the disk, in the order of an undisturbed run, as told by strace; each can then
// be made the last thing that a process does.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Job, type JobOptions } from './job.ts';

/** How SQLite and our own files change the disk. `?`: a call that some processors do not have. */
const CALLS = ['pwrite64', 'fsync', 'fdatasync', 'ftruncate', '?rename', 'renameat2', '?unlink', 'unlinkat', '?link'];

export interface IoStep {
  readonly call: string;
  /** The n-th call of this kind in the whole process tree, from 1. */
  readonly n: number;
}

/** null where it can be done; otherwise why not. */
export function whyNoIoFaults(): string | null {
  const probe = spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO:when=9', 'true']);
  return probe.status === 0 ? null : 'strace, with leave to trace, is not there';
}

export async function countIoSteps(options: JobOptions): Promise<IoStep[]> {
  const trace = join(options.stateDir, 'trace');
  const through = ['strace', '-f', '-o', trace, '-e', `trace=${CALLS.join(',')}`];
  const { code, complaint } = await new Job({ ...options, through }).ended;
  if (code !== 0) throw new Error(`the run whose steps were to be counted ended with ${code}: ${complaint}`);
  const counts = new Map<string, number>();
  const steps: IoStep[] = [];
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const call = /^\d+\s+(\w+)\(/.exec(line)?.[1];
    if (call === undefined) continue;
    const n = (counts.get(call) ?? 0) + 1;
    counts.set(call, n);
    steps.push({ call, n });
  }
  return steps;
}

/** What to start a process through so that it is killed at this step. */
export function killAt({ call, n }: IoStep): readonly string[] {
  return ['strace', '-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${n}`];
}
