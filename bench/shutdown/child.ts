// A server process of the benchmark: started, signalled, and timed from the signal to its exit.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Running {
  readonly port: number;
  /** Sends SIGTERM and resolves to the milliseconds until the process was gone. */
  terminate(): Promise<number>;
  /** Sends SIGTERM and resolves to the moment of the exit, `performance.now()`. */
  exitMoment(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function start(server: string, stateDir: string): Promise<Running> {
  const script = fileURLToPath(new URL(`./servers/${server}.ts`, import.meta.url));
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LASTCALL_STATE_DIR: stateDir, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
  });
  const port = await listeningPort(child, server);
  const exited = once(child, 'exit').then(() => performance.now());
  const exitMoment = () => {
    child.kill('SIGTERM');
    return exited;
  };
  return {
    port,
    exitMoment,
    async terminate() {
      const sentMs = performance.now();
      return (await exitMoment()) - sentMs;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function listeningPort(child: ChildProcess, server: string): Promise<number> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const match = /^listening (\d+)$/.exec(line);
    if (match) return Number(match[1]);
  }
  throw new Error(`${server} ended before it listened`);
}
