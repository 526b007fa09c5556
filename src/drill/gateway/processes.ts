// The processes of the drill: the gateway by its command, and model servers that can be killed and come back at the same
// port.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { controlOf, type ControlClient } from '../../lifecycle/control/client.ts';

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'lastcall.js');
const SERVER = join(import.meta.dirname, '..', '..', 'gateway', 'testing', 'model-server.ts');
const START_MS_MAX = 120_000;

export interface Member {
  readonly name: string;
  readonly version: string;
  readonly journal: string;
  port: number;
  child: ChildProcess | null;
}

export interface DrilledGateway {
  readonly child: ChildProcess;
  readonly control: ControlClient;
  readonly url: string;
  readonly members: readonly Member[];
  readonly directory: string;
}

/** Two instances of v1, two of v2. */
export async function startAll(directory: string): Promise<DrilledGateway> {
  const members: Member[] = ['v1', 'v1', 'v2', 'v2'].map((version, index) => ({
    name: `${version}-${index}`,
    version,
    journal: join(directory, `${version}-${index}.journal`),
    port: 0,
    child: null,
  }));
  for (const { journal } of members) writeFileSync(journal, '');
  await Promise.all(members.map((member) => startMember(member)));
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, configuration(members), { mode: 0o600 });
  const child = spawn(process.execPath, [BIN, 'gateway', file, '--state-dir', directory, '--grace', '20s'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LASTCALL_CONFIG: '' },
  });
  const port = await listeningPort(child);
  return { child, control: await controlOf(directory, 'gateway'), url: `http://127.0.0.1:${port}`, members, directory };
}

function configuration(members: readonly Member[]): string {
  const of = (version: string) =>
    members
      .filter((member) => member.version === version)
      .map(({ name, port }) => `{ url: 'http://127.0.0.1:${port}', name: ${name} }`);
  return `
listen: 127.0.0.1:0
admin: 127.0.0.1:0
models:
  churn:
    versions:
      v1: { instances: [${of('v1').join(', ')}] }
      v2: { instances: [${of('v2').join(', ')}] }
    weights: { v1: 50, v2: 50 }
    split: { user: { header: X-User } }
    health: { path: /health, every: 100ms, down: 2, up: 1 }
    drain: { requests: 10s, streams: 300ms, sessions: 0s }
routes: [{ model: churn }]
`;
}

export async function startMember(member: Member): Promise<void> {
  const args = [SERVER, member.version, String(member.port), member.journal];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  member.port = (JSON.parse(line) as { port: number }).port;
  member.child = child;
}

export async function killMember(member: Member): Promise<void> {
  const { child } = member;
  if (child === null) return;
  member.child = null;
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** @returns the exit code of the gateway */
export async function stopAll({ child, members }: DrilledGateway): Promise<number | null> {
  const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve([child.exitCode]);
  child.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  await Promise.all(members.map((member) => killMember(member)));
  return code;
}

/** Ids of requests that more than one server acted on, or one of them twice. */
export function actedOnTwice(members: readonly Member[]): string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const { journal } of members) {
    for (const id of readFileSync(journal, 'utf8').split('\n')) {
      if (id === '') continue;
      if (seen.has(id)) twice.push(id);
      seen.add(id);
    }
  }
  return twice;
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const told: string[] = [];
    const fail = () => reject(new Error(`the gateway did not start:\n${told.slice(-10).join('\n')}`));
    const timer = setTimeout(fail, START_MS_MAX);
    child.once('exit', fail);
    createInterface({ input: child.stderr! }).on('line', (line) => {
      told.push(line);
      if (told.length > 100) told.shift();
      if (!line.includes('"listening"')) return;
      clearTimeout(timer);
      child.off('exit', fail);
      resolve((JSON.parse(line) as { port: number }).port);
    });
  });
}
