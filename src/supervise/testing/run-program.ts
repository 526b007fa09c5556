// Runs the real `lastcall run` as a process with a state directory of its own, for tests: what it and its command print,
// signals to it, its report, and what is left of the command afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../lifecycle/index.ts';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { sweep } from '../ownership/sweep.ts';

export const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));
/** What Lastcall, Kubernetes, systemd or npm may have put into the environment of the tests. */
const LOUD = /^(LASTCALL_|KUBERNETES_|XDG_|NODE_|npm_|SYSTEMD_|NOTIFY_|WATCHDOG_|container$)/;
const RUNS_MS_MAX = 60_000;

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Of an earlier run, for another of the same name. */
  readonly stateDir?: string;
  /** Started through this command, such as `unshare`. */
  readonly through?: readonly string[];
  /** Output is taken only once `read` is called. */
  readonly slowReader?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class RunProgram {
  readonly stateDir: string;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;

  /** @param words after `lastcall run` */
  constructor(t: TestContext, words: readonly string[], options: RunOptions = {}) {
    this.stateDir = options.stateDir ?? newDirectory(t);
    const kept = Object.entries(process.env).filter(([name]) => !LOUD.test(name));
    // In a container ten seconds would be assumed, which a busy machine may need for itself.
    const env = {
      ...Object.fromEntries(kept),
      LASTCALL_STATE_DIR: this.stateDir,
      LASTCALL_GRACE: '60s',
      ...options.environment,
    };
    const [program = '', ...args] = [...(options.through ?? []), process.execPath, BIN, 'run', ...words];
    this.child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    if (!options.slowReader) this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), RUNS_MS_MAX);
    timer.unref();
    t.after(async () => {
      clearTimeout(timer);
      this.child.kill('SIGKILL');
      await this.ended;
      await until(() => this.left().length === 0, `the end of ${this.left().join(', ')}`);
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Lines of its log, as far as they are JSON. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    return this.stderr.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Record<string, unknown>];
      } catch {
        return [];
      }
    });
  }

  async says(text: string): Promise<void> {
    await this.#until(() => this.stdout.includes(text), `say ${text}`);
  }

  async logs(
    event: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const matches = (line: Readonly<Record<string, unknown>>) =>
      line['event'] === event && Object.entries(fields).every(([name, value]) => line[name] === value);
    await this.#until(() => this.log.some(matches), `log ${event}`);
    return this.log.find(matches)!;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** The only report that was left. */
  report(): Report {
    const reports = this.reports();
    if (reports.length !== 1) throw new Error(`${reports.length} reports instead of one:\n${this.stderr}`);
    return reports[0]!;
  }

  /** Oldest first. */
  reports(): Report[] {
    const directory = join(this.stateDir, 'reports');
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return names.toSorted().map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Report);
  }

  /** Command lines of everything that carries a cookie of this state directory. */
  left(): readonly string[] {
    const id = this.#storeId();
    return id === null ? [] : sweep((cookie) => cookie.storeId === id).found.map(({ command }) => command);
  }

  #storeId(): string | null {
    try {
      return readFileSync(join(this.stateDir, 'store-id'), 'utf8').trim();
    } catch {
      return null;
    }
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const over = () => this.child.exitCode !== null || this.child.signalCode !== null;
    await until(() => holds() || over(), `it did not ${what}:\n${this.stdout}\n${this.stderr}`);
    await until(() => holds() || this.child.stdout?.readableEnded !== false, 'the end of its output');
    if (!holds()) throw new Error(`it ended and did not ${what}:\n${this.stdout}\n${this.stderr}`);
  }
}
