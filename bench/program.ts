// A program that is measured as a whole process: pinned to one core where that can be had, timed from its start to its
// exit, with the CPU seconds and the peak memory that it tells of itself at the end (`BENCH_USAGE`).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { quantile } from './measure.ts';

/** What a program writes into the file that BENCH_USAGE names. */
export interface Usage {
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** A run that came to a good end; without usage if the program told none. */
export interface Run extends Partial<Usage> {
  readonly wallMs: number;
  readonly stdout: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** A folder of this run's own. */
  readonly folder: string;
  readonly started?: (pid: number) => void;
}

/** Endings are not what is measured here, and a container's budget of 9 s would be too short on a busy machine. */
const GRACE = '60s';
const STDERR_LENGTH_MAX = 4_000;

/** `taskset -c N` where it works, else nothing: then a program may use every core. */
export const PINNED: readonly string[] = pinning();

function pinning(): string[] {
  const words = ['taskset', '-c', String(cpus().length - 1)];
  return spawnSync(words[0]!, [...words.slice(1), 'true']).status === 0 ? words : [];
}

/** Runs `words` to its end. @throws Error with the end of its stderr if it does not exit 0 */
export async function runProgram(
  words: readonly string[],
  { cwd, env, folder, started }: ProgramOptions,
): Promise<Run> {
  const usagePath = join(folder, 'usage.json');
  rmSync(usagePath, { force: true });
  const [program, ...args] = [...PINNED, ...words];
  const startedMs = performance.now();
  const child = spawn(program!, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, LASTCALL_GRACE: GRACE, ...env, BENCH_USAGE: usagePath },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_LENGTH_MAX)));
  if (child.pid !== undefined) started?.(child.pid);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('exit', resolve);
  });
  const wallMs = performance.now() - startedMs;
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}:\n${stderr}`);
  return { wallMs, stdout, ...(existsSync(usagePath) && (JSON.parse(readFileSync(usagePath, 'utf8')) as Usage)) };
}

/** What runs of subject and peer used beside their time, and how busy the machine was, for `counts`. */
export function countsOf(subject: readonly Run[], peer: readonly Run[]): Record<string, number> {
  const median = (values: (number | undefined)[]): number =>
    quantile(
      values.map((value) => value ?? Number.NaN),
      0.5,
    );
  const cpuMs = (runs: readonly Run[]): number => Math.round(median(runs.map((run) => run.cpuMs)));
  const peakMB = (runs: readonly Run[]): number => Math.round(median(runs.map((run) => run.peakBytes)) / 1e6);
  return {
    subjectCpuMs: cpuMs(subject),
    peerCpuMs: cpuMs(peer),
    subjectPeakMB: peakMB(subject),
    peerPeakMB: peakMB(peer),
    pinned: PINNED.length > 0 ? 1 : 0,
    load: Number(loadavg()[0]!.toFixed(1)),
  };
}
