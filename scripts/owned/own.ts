// Starts a command of which nothing is left afterwards: not when it ends, not when it is killed, and not when this
// program is killed itself. Tests and services run this way. owner.sh is the part that lives on the other side.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Containment, containment } from './containment.ts';
import { findMarked, type Found } from './sweep.ts';

/** Environment variable that marks what we started. */
const MARK = 'OWNED_BY_RUN';

const OWNER = join(import.meta.dirname, 'owner.sh');

/** How long something may take to disappear: by itself after the command ended, and again after it was killed. */
const GONE_MS_MAX = 2_000;

export interface OwnedOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Called with each piece of what it prints. */
  output: (chunk: Buffer, from: 'stdout' | 'stderr') => void;
  /** For tests; by default the best that this machine can do. */
  containment?: Containment;
}

export interface OwnedEnd {
  /** Exit code, 128 + n for a signal. */
  code: number;
  /** Command lines of processes that the command left behind; they have been killed. */
  left: string[];
}

export interface OwnedProcess {
  readonly ended: Promise<OwnedEnd>;
  /** Kills the command and everything that it started. */
  kill(): void;
}

export function spawnOwned(command: string, args: readonly string[], options: OwnedOptions): OwnedProcess {
  const { kind, prefix } = options.containment ?? containment();
  const mark = randomUUID();
  const [program = '', ...rest] = [...prefix, '/bin/sh', OWNER, kind, command, ...args];
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { ...options.env, [MARK]: mark },
    detached: true, // a group of its own; a terminal's Ctrl+C comes to us alone
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [, stdout, stderr, lifeline, reports] = child.stdio;
  stdout?.on('data', (chunk: Buffer) => options.output(chunk, 'stdout'));
  stderr?.on('data', (chunk: Buffer) => options.output(chunk, 'stderr'));
  lifeline?.on('error', () => {}); // its reader was killed, as it should be
  const kill = (): void => {
    lifeline?.destroy();
    if (child.pid === undefined) return; // it never started
    if (kind === 'group') killQuietly(-child.pid);
    else if (child.exitCode === null && child.signalCode === null) killQuietly(child.pid);
  };
  return { ended: waitForEnd(child, reports as Readable, kind, mark, kill), kill };
}

async function waitForEnd(
  child: ChildProcess,
  reports: Readable,
  kind: Containment['kind'],
  mark: string,
  kill: () => void,
): Promise<OwnedEnd> {
  let report = '';
  reports.on('data', (chunk: Buffer) => (report += chunk.toString()));
  const closed = new Promise((resolve) => child.once('close', resolve));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(status ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  const swept = kind === 'group' ? await sweep(mark) : [];
  kill(); // the rest of the group, if there is one
  await closed;
  return { code, left: [...report.split('\n').filter(Boolean).map(withoutPid), ...swept] };
}

/** Names what carries the mark and does not go by itself, and kills it. */
async function sweep(mark: string): Promise<string[]> {
  const left = await remaining(mark, () => {});
  const immortal = left.length > 0 ? await remaining(mark, ({ pid }) => killQuietly(pid)) : [];
  if (immortal.length > 0) throw new Error(`cannot kill ${immortal.map(({ commandLine }) => commandLine).join(', ')}`);
  return left.map(({ commandLine }) => commandLine);
}

/** What carries the mark once nothing does or the time is up; `act` is called on each, again and again. */
async function remaining(mark: string, act: (found: Found) => void): Promise<Found[]> {
  const endMs = performance.now() + GONE_MS_MAX;
  for (;;) {
    const found = findMarked(MARK, mark);
    if (found.length === 0 || performance.now() > endMs) return found;
    found.forEach(act);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function withoutPid(line: string): string {
  return line.replace(/^\d+ /, '').trim();
}
