// `npm run services -- start|stop|list NAME…`: services by hand. `start` installs what is missing, holds the servers in
// the foreground and ends them with itself; `stop` ends such a holder from elsewhere.
import { fateOf } from '../../src/base/process-identity.ts';
import { findInstalled, install } from './install.ts';
import { readRecords, writeRecord } from './records.ts';
import { type Running, start } from './start.ts';
import { findService, SERVICES } from './table.ts';
import type { Service } from './types.ts';

const USAGE = 'usage: npm run services -- start|stop NAME…\n       npm run services -- list\n';

/** How long `stop` waits for a holder to be gone. */
const STOP_MS_MAX = 20_000;

/** How often to look whether the program that started us is still there. */
const PARENT_MS = 1_000;

async function main([verb, ...names]: readonly string[]): Promise<number> {
  if (verb === 'list' && names.length === 0) return list();
  if (names.length === 0) return usage();
  if (verb === 'start') return await hold(names);
  if (verb === 'stop') return await stop(names);
  return usage();
}

function usage(): number {
  process.stderr.write(USAGE);
  return 2;
}

function list(): number {
  const records = readRecords();
  for (const service of SERVICES) {
    const installed = findInstalled(service)?.version ?? `not installed${reason(service.source.impossible())}`;
    const running = records
      .filter((record) => record.service === service.name)
      .map(({ address }) => `running on ${address}`);
    process.stdout.write(`${service.name.padEnd(12)} ${[installed, ...running].join(', ')}\n`);
  }
  return 0;
}

function reason(impossible: string | undefined): string {
  return impossible === undefined ? '' : ` and not possible here: ${impossible}`;
}

async function hold(names: readonly string[]): Promise<number> {
  const asked = new Promise<'asked'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('asked'));
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || resolve('asked'), PARENT_MS).unref(); // npm was killed: so are we
  });
  const held: Held[] = [];
  try {
    const up = Promise.all(names.map(findService).map((service) => bringUp(service, held)));
    if ((await Promise.race([asked, up])) === 'asked' || held.length === 0) return 0;
    process.stderr.write('Ctrl+C ends them.\n');
    const fallen = await Promise.race([asked, ...held.map(({ name, running }) => running.ended.then(() => name))]);
    if (fallen === 'asked') return 0;
    throw new Error(`${fallen} ended by itself`);
  } finally {
    await Promise.all(held.map(({ running }) => running.stop()));
    for (const { forget } of held) forget();
  }
}

interface Held {
  name: string;
  running: Running;
  forget: () => void;
}

async function bringUp(service: Service, held: Held[]): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${service.name}: ${text}\n`);
  const installation = await install(service, say);
  say(`${installation.version} in ${installation.binaries.join(', ')}`);
  if (!service.server) return;
  const running = await start(service.name, installation, service.server);
  held.push({ name: service.name, running, forget: writeRecord(service.name, running.address) });
  process.stdout.write(`${service.name} ${running.address}\n`);
}

async function stop(names: readonly string[]): Promise<number> {
  const wanted = new Set(names.map((name) => findService(name).name));
  const records = readRecords().filter((record) => wanted.has(record.service));
  if (records.length === 0) process.stderr.write('none of them is running\n');
  for (const { holder } of records) process.kill(holder.pid, 'SIGTERM');
  const endMs = performance.now() + STOP_MS_MAX;
  while (records.some(({ holder }) => fateOf(holder) === 'alive')) {
    if (performance.now() > endMs) throw new Error('a holder did not end');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return 0;
}

let code = 1;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`services: ${error instanceof Error ? error.message : String(error)}\n`);
}
// An installation that is still under way ends with us, half done, and is redone the next time.
process.exit(code);
