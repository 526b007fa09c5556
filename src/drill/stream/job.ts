// The job under the drill: the flights pipeline as `lastcall stream run` runs it, in a process of its own that ends when
// the drill does. Small on purpose: a trial is one life of it.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));
const PIPELINE = fileURLToPath(new URL('../../../examples/flights/pipeline.ts', import.meta.url));
const STDERR_LENGTH_MAX = 2_000;

export interface JobOptions {
  readonly stateDir: string;
  readonly records: number;
  /** Records of a commit, whatever the time; undefined: as the pipeline does it. */
  readonly commitEvery?: number;
  /** What the process is started through, such as strace with its arguments. */
  readonly through?: readonly string[];
}

export interface JobEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It had said that it was at work. */
  readonly wasReady: boolean;
  /** What it said last on stderr, for a message. */
  readonly complaint: string;
}

export function databaseOf(stateDir: string): string {
  return join(stateDir, 'pipelines', 'flights', 'state.db');
}

export class Job {
  readonly #process: ChildProcess;
  readonly ended: Promise<JobEnd>;
  readonly ready: Promise<void>;
  #wasReady = false;
  #stderr = '';

  constructor({ stateDir, records, commitEvery, through = [] }: JobOptions) {
    const words = [process.execPath, BIN, 'stream', 'run', PIPELINE, '--json', '--state-dir', stateDir];
    const [command, ...rest] = [...through, ...words];
    this.#process = spawn(command!, rest, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        FLIGHTS_RECORDS: String(records),
        FLIGHTS_ARCHIVE_EVERY: String(Math.ceil(records / 3)),
        ...(commitEvery === undefined ? {} : { FLIGHTS_COMMIT_EVERY: String(commitEvery) }),
      },
    });
    const becameReady = Promise.withResolvers<void>();
    this.ready = becameReady.promise;
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      if (!line.includes('"event":"ready"')) return;
      this.#wasReady = true;
      becameReady.resolve();
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_LENGTH_MAX);
    });
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('close', (code, signal) => {
        becameReady.resolve();
        resolve({ code, signal, wasReady: this.#wasReady, complaint: this.#stderr.trim() });
      });
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
