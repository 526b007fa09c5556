// Runs a few lines of a program that uses the lifecycle as a real process, with a state directory of its own, and lets a
// test wait for what it says, signal it, and read the report that it left. For tests only.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

import type { Report } from '../report.ts';

/** Far above what any program here takes: a test that hangs fails. */
const WAIT_MS_MAX = 60_000;

/** What every program may use beside `unit`. */
const PRELUDE = `
import { writeSync } from 'node:fs';
import { LastcallError, unit } from '${new URL('../index.ts', import.meta.url).href}';
const say = (line) => writeSync(1, line + '\\n');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const never = () => new Promise(() => {});
const live = () => setInterval(() => {}, 1_000);
const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
`;

export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

export interface ProgramOptions {
  /** Added to an environment without anything that Lastcall, Kubernetes, systemd or npm may have put there. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Started through this command, such as `unshare`. */
  readonly through?: readonly string[];
  /** Of an earlier program, for a second start. Default: a new one. */
  readonly stateDir?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Program {
  readonly stateDir: string;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #said: string[] = [];
  readonly #logged: LogLine[] = [];
  readonly #changed = new Set<() => void>();

  /** @param code the lines of an ES module; `unit`, `say`, `sleep`, `never`, `live` and `block` are there */
  constructor(test: TestContext, code: string, options: ProgramOptions = {}) {
    this.stateDir = options.stateDir ?? newDirectory(test);
    const node = [process.execPath, '--input-type=module', '-e', PRELUDE + code];
    const [command, ...args] = [...(options.through ?? []), ...node];
    const environment = { ...neutralEnvironment(), LASTCALL_STATE_DIR: this.stateDir, ...options.environment };
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#said.push(line);
      this.#tell();
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#logged.push(parseLine(line));
      this.#tell();
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    void this.ended.then(() => this.#tell());
    test.after(async () => {
      child.kill('SIGKILL');
      await this.ended;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get said(): readonly string[] {
    return this.#said;
  }

  get log(): readonly LogLine[] {
    return this.#logged;
  }

  /** Settles when the program has said this line. */
  async says(line: string): Promise<void> {
    await this.#until(`say ${line}`, () => this.#said.includes(line));
  }

  /** Settles with the first line of the log with this event, and with these fields. */
  async logs(event: string, fields: Readonly<Record<string, unknown>> = {}): Promise<LogLine> {
    const matches = (line: LogLine) =>
      line.event === event && Object.entries(fields).every(([name, value]) => line[name] === value);
    await this.#until(`log ${event}`, () => this.#logged.some(matches));
    return this.#logged.find(matches)!;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The only report that was left. */
  report(): Report {
    const reports = this.reports();
    if (reports.length !== 1) throw new Error(`${reports.length} reports instead of one; log: ${this.#transcript()}`);
    return reports[0]!;
  }

  /** Oldest first. */
  reports(): Report[] {
    const directory = join(this.stateDir, 'reports');
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Report);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (holds()) resolve();
      else if (this.#child.exitCode !== null && this.#child.stdout?.readableEnded) fail('it ended first');
    };
    const fail = (why: string) => reject(new Error(`the program did not ${what}: ${why}; log: ${this.#transcript()}`));
    const limit = setTimeout(fail, WAIT_MS_MAX, `waited ${WAIT_MS_MAX} ms`);
    this.#changed.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(limit);
      this.#changed.delete(look);
    }
  }

  #transcript(): string {
    return [...this.#said, ...this.#logged.map((line) => JSON.stringify(line))].join('\n');
  }

  #tell(): void {
    for (const look of this.#changed) look();
  }
}

/** Removed when the test is over. */
export function newDirectory(test: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'lastcall-test-'));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function neutralEnvironment(): Record<string, string | undefined> {
  const loud = /^(LASTCALL_|KUBERNETES_|XDG_|NODE_(?!COMPILE_CACHE$)|npm_|SYSTEMD_|NOTIFY_|WATCHDOG_|container$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !loud.test(name)));
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { event: 'text', text: line };
  }
}
