// A server process of the benchmark: started, signalled, and timed from the signal to its exit.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

export interface Running {
  readonly port: number;
  /** Sends SIGTERM and resolves to the milliseconds until the process was gone. */
  terminate(): Promise<number>;
  /** Sends SIGTERM and resolves to the moment of the exit, `performance.now()`. */
  exitMoment(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param folder where the servers are (install.ts); ours writes its reports there too */
export async function start(server: string, folder: string): Promise<Running> {
  const child = spawn(process.execPath, [join(folder, `${server}.js`)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LASTCALL_STATE_DIR: join(folder, 'state') },
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
