// Starts a service on a free loopback port, as an owned process: whatever happens to us, it does not stay.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnOwned } from '../owned/own.ts';
import type { Installation } from './install.ts';
import type { Server } from './types.ts';

export interface Running {
  readonly port: number;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Settles when the process has ended, asked or not. */
  readonly ended: Promise<void>;
  /** Ends it and removes its data. It is killed: its data are thrown away, so there is nothing to save. */
  stop(): Promise<void>;
}

/** A port may be taken between our look and the server's bind. */
const ATTEMPTS = 3;

const POLL_MS = 50;

/** It ended before it answered; perhaps its port was taken. */
class EndedEarly extends Error {}

/** @throws Error with the end of what the server printed, if it does not answer */
export async function start(name: string, installation: Installation, server: Server): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    const run = await mkdtemp(join(tmpdir(), `${name}-`));
    try {
      return await startIn(run, name, installation, server);
    } catch (error) {
      await rm(run, { recursive: true, force: true });
      if (attempt === ATTEMPTS || !(error instanceof EndedEarly)) throw error;
    }
  }
}

async function startIn(run: string, name: string, installation: Installation, server: Server): Promise<Running> {
  const { folder, env } = installation;
  const port = await freePort();
  const place = { folder, env, run, port };
  const { program, args } = await server.command(place);
  let output = '';
  const owned = spawnOwned(program, args, {
    cwd: run,
    env,
    output: (chunk) => (output = (output + chunk.toString()).slice(-4_000)),
  });
  let over = false;
  const ended = owned.ended
    .catch((error: unknown) => void (output += String(error))) // it did not even start
    .then(async () => {
      over = true;
      await rm(run, { recursive: true, force: true });
    });
  const stop = async (): Promise<void> => {
    owned.kill();
    await ended;
  };
  const endMs = performance.now() + server.readyMsMax;
  while (!(await server.ready(place).catch(() => false))) {
    if (over) throw new EndedEarly(`${name} ended; the last it printed:\n${output}`);
    if (performance.now() > endMs) {
      await stop();
      throw new Error(`${name} did not answer; the last it printed:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return { port, address: `127.0.0.1:${port}`, ended, stop };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
