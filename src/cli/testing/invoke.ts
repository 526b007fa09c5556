// Runs the real `lastcall` command as a child process, for tests: with a state directory of its own and nothing of the
// caller's environment that could change what it does.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));
/** Far above what any command here takes; a command that hangs fails its test instead of the run. */
const LIMIT_MS = 60_000;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface InvokeOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export function lastcall(words: readonly string[], options: InvokeOptions = {}): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(LASTCALL_|XDG_|NO_COLOR|FORCE_COLOR|NODE_(?!COMPILE_CACHE$))/.test(name),
  );
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [BIN, ...words],
      {
        cwd: options.cwd,
        env: { ...Object.fromEntries(inherited), ...options.environment },
        timeout: LIMIT_MS,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
  });
}
