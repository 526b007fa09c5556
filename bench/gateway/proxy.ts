// A proxy, or the server behind it, as a process of its own, and what the system says of its CPU time and memory.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Ticks of /proc/PID/stat, which Linux fixes at 100 a second. */
const TICK_MS = 10;

export interface Proxy extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** User and system time so far. */
  cpuMs(): number;
  residentBytes(): number;
}

/** @param name a file of proxies/ @param targetPort where it forwards to */
export async function startProxy(name: string, targetPort: number, folder: string): Promise<Proxy> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'proxies', `${name}.ts`)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_TARGET: `http://127.0.0.1:${targetPort}`, LASTCALL_STATE_DIR: join(folder, 'state') },
  });
  const exited = once(child, 'exit');
  const pid = child.pid!;
  let port = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    port = Number(/^listening (\d+)$/.exec(line)?.[1] ?? 0);
    if (port > 0) break;
  }
  if (port === 0) throw new Error(`${name} ended before it listened`);
  return {
    name,
    port,
    cpuMs() {
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    residentBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) * 1_024,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
