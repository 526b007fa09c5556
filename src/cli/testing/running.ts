// A `lastcall` command that goes on running, for tests that signal it and wait for what it says.
import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../lifecycle/testing/until.ts';

const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));

export class RunningCommand {
  readonly #child: ChildProcess;
  #out = '';
  #err = '';
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  /** Killed after the test if it still runs. */
  constructor(
    test: TestContext,
    words: readonly string[],
    { environment = {} }: { readonly environment?: Readonly<Record<string, string>> } = {},
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(LASTCALL_|XDG_|NODE_)/.test(name));
    this.#child = spawn(process.execPath, [BIN, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...Object.fromEntries(inherited), LASTCALL_GRACE: '20s', ...environment },
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
    test.after(async () => {
      this.#child.kill('SIGKILL');
      await this.ended;
    });
  }

  get stdout(): string {
    return this.#out;
  }

  get stderr(): string {
    return this.#err;
  }

  /** Settles when the pattern stands on one of both. */
  async says(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.#out) || pattern.test(this.#err), `${pattern} in:\n${this.#out}\n${this.#err}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}
