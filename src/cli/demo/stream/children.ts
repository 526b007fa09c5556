// The processes of a demo. Each is a `lastcall` of its own: in a process group of its own, so that a Ctrl+C reaches only
// the demo, and with an IPC channel, so that it ends when the demo is gone, however that went.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LastcallError } from '../../../base/errors.ts';
import type { Report } from '../../../lifecycle/index.ts';

const BIN = fileURLToPath(new URL('../../../../bin/lastcall.js', import.meta.url));
/** What is kept of a child's stderr, for the message if it fails. */
const STDERR_LENGTH_MAX = 4_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Monotonic milliseconds. */
  readonly atMs: number;
}

/** One line of a child's stdout. */
export type Line = Readonly<Record<string, unknown>>;

export class Child {
  readonly #process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Settles when the child says that it is at work; rejects if it ends before. */
  readonly ready: Promise<void>;
  /** JSON lines of stdout that are no progress. */
  readonly lines: Line[] = [];
  #stderr = '';
  #hasEnded = false;

  constructor(words: readonly string[], environment: Readonly<Record<string, string>>, directory: string) {
    this.#process = spawn(process.execPath, [BIN, ...words], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // No settings of the user: a port of theirs can be had by one run only, and a budget would change the endings.
      cwd: directory,
      env: { ...withoutSettings(process.env), ...environment },
    });
    const becameReady = Promise.withResolvers<void>();
    this.ready = becameReady.promise;
    this.ready.catch(() => {}); // heard of by whoever waits for it; nobody has to
    createInterface({ input: this.#process.stdout! }).on('line', (text) => {
      const line = parse(text);
      this.lines.push(line);
      if (line['event'] === 'ready') becameReady.resolve();
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_LENGTH_MAX);
    });
    this.ended = new Promise((resolve) => {
      // `close` comes after all output was read, `exit` when the process is gone.
      let atMs = 0;
      this.#process.once('exit', () => (atMs = performance.now()));
      this.#process.once('error', (error) => (this.#stderr += error.message));
      this.#process.once('close', (code, signal) => {
        this.#hasEnded = true;
        becameReady.reject(this.failure());
        resolve({ code, signal, atMs });
      });
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the process is still there, as the system sees it. */
  get isAlive(): boolean {
    if (this.#hasEnded || this.#process.pid === undefined) return false;
    try {
      return process.kill(this.#process.pid, 0);
    } catch {
      return false;
    }
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#process.kill(signal);
  }

  /** Of the ending, if the child came to write one. */
  report(): Report | null {
    const last = this.lines.findLast((line) => line['event'] === 'ended' && 'report' in line);
    return (last?.['report'] as Report | undefined) ?? null;
  }

  /** The error for a run that failed where nothing was done to it. */
  failure(): LastcallError {
    const said = this.report()?.error ?? messageIn(this.#stderr.trim());
    return new LastcallError('failed', {
      what: `a run failed where nothing was done to it: ${said === '' ? 'it ended without a word' : said}`,
      todo: 'Run it alone to see why: lastcall stream run examples/flights/pipeline.ts',
    });
  }
}

/** What a command with --json says on stderr when it fails; other text as it is. */
function messageIn(stderr: string): string {
  const { error } = parse(stderr.split('\n').at(-1) ?? '') as { error?: { what?: unknown } };
  return typeof error?.what === 'string' ? error.what : stderr;
}

/** All children of one demo. */
export class Children {
  readonly #all: Child[] = [];
  readonly #directory: string;
  #isEnding = false;

  /** @param directory where they run; no lastcall.yaml is to be found there or above */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws Error once the end has begun: such a child would be left behind */
  start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Child {
    if (this.#isEnding) throw new Error('the demo is ending');
    const child = new Child(words, environment, this.#directory);
    this.#all.push(child);
    return child;
  }

  /** Children that are still there. */
  get alive(): number {
    return this.#all.filter((child) => child.isAlive).length;
  }

  /** Ends all by their stages, and kills them when `signal` is aborted. Settles when none is left. */
  async end(signal: AbortSignal): Promise<void> {
    this.#isEnding = true;
    const kill = (): void => this.#each('SIGKILL');
    if (signal.aborted) kill();
    signal.addEventListener('abort', kill, { once: true });
    this.#each('SIGTERM');
    await Promise.all(this.#all.map((child) => child.ended));
    signal.removeEventListener('abort', kill);
  }

  #each(signal: 'SIGTERM' | 'SIGKILL'): void {
    for (const child of this.#all) if (!child.hasEnded) child.kill(signal);
  }
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(LASTCALL|FLIGHTS)_/.test(name)));
}

function parse(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return { event: 'text', text };
  }
}
