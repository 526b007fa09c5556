// Runs a small program of ours as a real process and reads what it says line by line, for tests that kill it.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Program extends AsyncDisposable {
  readonly process: ChildProcess;
  /** The next line of its standard output; null when there will be none. */
  line(): Promise<string | null>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface ProgramOptions {
  /** What the program is started through, such as `unshare`, with its arguments. Default: nothing. */
  through?: readonly string[];
  /** Options of node. */
  nodeOptions?: readonly string[];
}

/** Starts `testing/NAME.ts` of this folder with `args`. Leaving `await using` kills it. */
export function startProgram(name: string, args: readonly string[], options: ProgramOptions = {}): Program {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const node = [process.execPath, ...(options.nodeOptions ?? []), script, ...args];
  const [command, ...rest] = [...(options.through ?? []), ...node];
  const child = spawn(command!, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    process: child,
    line: async () => {
      const next = await lines.next();
      return next.done === true ? null : next.value;
    },
    ended,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
