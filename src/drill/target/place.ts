// What a target is given for one trial: free ports, a scratch directory, a temporary directory of its own, and what
// stands for them in a command.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Place {
  /** `{dir}`: kept over a restart within the trial. */
  readonly directory: string;
  /** Its TMPDIR. */
  readonly temporary: string;
  readonly values: Readonly<Record<string, string>>;
  remove(): void;
}

/** @param upstreamPort of the proxy, or null */
export async function makePlace(upstreamPort: number | null): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), 'lastcall-drill-'));
  const directory = join(root, 'dir');
  const temporary = join(root, 'tmp');
  mkdirSync(directory);
  mkdirSync(temporary);
  const [port, health] = await freePorts(2);
  const upstream = upstreamPort === null ? {} : { upstream: `127.0.0.1:${upstreamPort}` };
  return {
    directory,
    temporary,
    values: { port: String(port), health: String(health), dir: directory, ...upstream },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** `{port}` and the like; braces around anything else stay. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** Files below a directory, at most a thousand, as paths within it. */
export function filesIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((it) => !it.isDirectory())
      .slice(0, 1_000)
      .map((it) => join(it.parentPath, it.name).slice(directory.length + 1));
  } catch {
    return [];
  }
}

/** Ports that nobody listens on now. They are held together, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
