// Every system call by which a run changes the disk, in the order of an undisturbed run, as told by strace; each can then
// be made the last thing that a process does.
import { spawnSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Job, type JobOptions } from './job.ts';

/** How SQLite and our own files change the disk. `?`: a call that some processors do not have. */
const CALLS = ['pwrite64', 'fsync', 'fdatasync', 'ftruncate', '?rename', 'renameat2', '?unlink', 'unlinkat', '?link'];

export interface IoStep {
  readonly call: string;
  /** The n-th call of this kind in its threads, from 1. */
  readonly n: number;
  /** The main thread, or one of those that Node and SQLite work with beside it: archives are written there. */
  readonly thread: 'main' | 'other';
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
  let main: string | undefined;
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [, id, call] = /^(\d+)\s+(\w+)\(/.exec(line) ?? [];
    if (id === undefined || call === undefined) continue;
    main ??= id; // the first to do anything
    const thread = id === main ? 'main' : 'other';
    const n = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, n);
    steps.push({ call, n, thread });
  }
  return steps;
}

/** What to start a process through so that its main thread is killed as it begins with this step. */
export function killAt({ call, n }: IoStep): readonly string[] {
  return ['strace', '-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${n}`];
}

/**
 * What to start a process through so that it stops at each step of this kind, in whichever thread, and tells `fifo`. strace
 * counts by thread, and one of many threads cannot be chosen beforehand: so it is told which one to kill there.
 */
export function stopAtEach({ call }: IoStep, fifo: string): readonly string[] {
  return ['strace', '-f', '-o', fifo, '-e', `trace=${call}`, '-e', `inject=${call}:signal=STOP`];
}

/** Lets a process that stops at each step go on until another thread than its main one is at its n-th, and kills it then. */
export async function killOther({ n }: IoStep, fifo: string): Promise<void> {
  let main: number | undefined;
  let others = 0;
  for await (const line of createInterface({ input: createReadStream(fifo) })) {
    const id = Number(/^(\d+)\s+--- SIGSTOP \{/.exec(line)?.[1]);
    if (!(id > 0)) continue;
    main ??= id;
    if (id !== main) others += 1;
    process.kill(main, others === n ? 'SIGKILL' : 'SIGCONT');
  }
}
