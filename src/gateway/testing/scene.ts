// A gateway in front of real model servers, for tests: the servers are processes, the gateway is a unit of this process
// that does not own it, the file is real.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { startGateway, type RunningGateway } from '../gateway.ts';

const PROGRAM = join(import.meta.dirname, 'model-server.ts');

export interface ModelServer {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  kill(): Promise<void>;
  /** Changes what its health path answers, or breaks it. */
  set(query: string): Promise<void>;
  counts(): Promise<{ requests: number; answered: number; streams: number }>;
}

export async function modelServer(t: TestContext, version: string, port = 0): Promise<ModelServer> {
  const child = spawn(process.execPath, [PROGRAM, version, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const told = JSON.parse(line) as { port: number };
  const url = `http://127.0.0.1:${told.port}`;
  return {
    url,
    port: told.port,
    child,
    async kill() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
    async set(query) {
      await fetch(`${url}/set?${query}`);
    },
    async counts() {
      return (await (await fetch(`${url}/counts`)).json()) as { requests: number; answered: number; streams: number };
    },
  };
}

export interface Scene extends RunningGateway {
  readonly url: string;
  readonly stateDir: string;
  readonly file: string;
  readonly log: Record<string, unknown>[];
  /** Writes the file anew; `reload()` reads it. */
  write(yaml: string): void;
  admin(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
}

export async function gatewayWith(t: TestContext, yaml: string, stateDir = temporaryDirectory(t)): Promise<Scene> {
  const file = join(stateDir, 'gateway.yaml');
  const write = (text: string) =>
    writeFileSync(file, `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\n${text}`, { mode: 0o600 });
  write(yaml);
  const log: Record<string, unknown>[] = [];
  const running = await startGateway({
    config: file,
    stateDir,
    ownsProcess: false,
    control: false,
    announce: 'never',
    grace: '60s',
    log: (line) => log.push(line),
  });
  t.after(() => running.unit.stop({ deadline: '10s' }));
  const { readFileSync } = await import('node:fs');
  const key = readFileSync(join(stateDir, 'gateway', 'gateway', 'admin.key'), 'utf8').trim();
  return {
    ...running,
    url: `http://127.0.0.1:${running.port}`,
    stateDir,
    file,
    log,
    write,
    async admin(method, path, body, given = key) {
      const response = await fetch(`http://127.0.0.1:${running.adminPort}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${given}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}
