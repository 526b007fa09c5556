// A real `lastcall serve` as a child process on declared slots, with a state directory of its own. What it started is gone after
// the test, also when the server was killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../lifecycle/testing/until.ts';
import { signalRef, sweep } from '../../supervise/index.ts';
import { ApiClient, localAdminKey } from '../client.ts';

const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));

export interface ServeAgain {
  /** Default: that of the first start. */
  readonly words?: readonly string[];
}

export class Served {
  readonly stateDir: string;
  readonly #words: readonly string[];
  #child: ChildProcess | null = null;
  #log = '';
  #url = '';

  constructor(t: TestContext, words: readonly string[] = []) {
    this.stateDir = realpathSync(mkdtempSync(join(tmpdir(), 'lastcall-server-')));
    this.#words = words;
    t.after(async () => {
      await this.kill();
      const { found } = sweep((cookie) => cookie.storeId === this.storeId());
      for (const process of found) signalRef(process, 'SIGKILL');
      // Last: whose processes they are stands in there.
      rmSync(this.stateDir, { recursive: true, force: true });
    });
  }

  /** Starts it, again on the same port, and settles when it answers. */
  async start({ words = this.#words }: ServeAgain = {}): Promise<void> {
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    const inherited = Object.entries(process.env).filter(([name]) => !/^(LASTCALL_|XDG_)/.test(name));
    const environment = { ...Object.fromEntries(inherited), LASTCALL_STATE_DIR: this.stateDir, LASTCALL_GRACE: '20s' };
    const child = spawn(process.execPath, [BIN, 'serve', '--slots', '2', '--ports', 'none', '--port', port, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: environment,
    });
    this.#child = child;
    this.#log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    await until(() => child.exitCode !== null || this.#log.includes('"event":"listening"'), 'the server');
    const line = this.#log.split('\n').find((text) => text.includes('"event":"listening"'));
    if (line === undefined) throw new Error(`the server ended: ${this.#log}`);
    this.#url = (JSON.parse(line) as { url: string }).url;
  }

  get url(): string {
    return this.#url;
  }

  get adminKey(): string {
    return localAdminKey(this.stateDir)!;
  }

  client(key = this.adminKey): ApiClient {
    return new ApiClient({ url: this.#url, key });
  }

  /** A request as any program would send it. */
  call(
    method: string,
    path: string,
    options: { key?: string | null; body?: string; headers?: Record<string, string> } = {},
  ) {
    const { key = this.adminKey, body, headers = {} } = options;
    return fetch(this.#url + path, {
      method,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  /** @returns exit code, or the signal */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    const child = this.#child!;
    const ended = new Promise<number | NodeJS.Signals>((resolve) => {
      child.once('exit', (code, by) => resolve(code ?? by!));
    });
    child.kill(signal);
    return await ended;
  }

  async kill(): Promise<void> {
    if (this.#child && this.#child.exitCode === null && this.#child.signalCode === null) await this.end('SIGKILL');
  }

  /** The environment in which commands find this server. */
  get environment(): Record<string, string> {
    return { LASTCALL_STATE_DIR: this.stateDir, LASTCALL_SERVER: this.#url };
  }

  storeId(): string | null {
    for (const name of ['scheduler.db-wal', 'scheduler.db']) {
      try {
        const found = /store_[0-9A-Z]{26}/.exec(readFileSync(join(this.stateDir, name), 'latin1'))?.[0];
        if (found !== undefined) return found;
      } catch {
        // It never came so far.
      }
    }
    return null;
  }
}
