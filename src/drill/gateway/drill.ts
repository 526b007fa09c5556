// The drill of the gateway: real processes, real load, one fault after the other, and the books compared after each.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../base/random.ts';
import { processesNaming } from '../stream/leaks.ts';
import { pick } from '../sim/lifecycle/draw.ts';
import { ask, drawKind, type Seen } from './clients.ts';
import { FAULTS, type Fault } from './faults.ts';
import { actedOnTwice, startAll, stopAll, type DrilledGateway } from './processes.ts';

export interface DrillOptions {
  readonly trials: number;
  readonly seed: number;
  readonly progress: (text: string) => void;
}

export interface DrillResult {
  readonly drill: 'gateway';
  readonly trials: number;
  readonly seed: number;
  readonly requests: number;
  readonly faults: number;
  readonly faultsOnWorkInFlight: number;
  /** Repeatable requests that were not answered. */
  readonly lost: number;
  /** Requests that must not be repeated and were acted on twice. */
  readonly doubled: number;
  readonly leaked: number;
  readonly cut: number;
  readonly refused: number;
  readonly violations: readonly string[];
  readonly bound95: number;
  readonly ok: boolean;
}

interface Totals {
  readonly arrived: number;
  readonly waiting: number;
  readonly inFlight: number;
  readonly settled: number;
  readonly refused: number;
  readonly left: number;
}

const REQUESTS = 24;
const QUIET_MS_MAX = 30_000;
const VIOLATIONS_MAX = 50;

export async function drillGateway({ trials, seed, progress }: DrillOptions): Promise<DrillResult> {
  const directory = await mkdtemp(join(tmpdir(), 'lastcall-drill-gateway-'));
  const violations: string[] = [];
  const seen: Seen[] = [];
  let busy = 0;
  let doubled = 0;
  try {
    const gateway = await startAll(directory);
    await untilReady(gateway);
    for (let trial = 0; trial < trials; trial++) {
      const random = new SeededRandom(seed * 1_000_003 + trial);
      const fault = pick(random, FAULTS);
      const { results, wasBusy } = await runTrial(gateway, fault, random, trial);
      if (wasBusy) busy += 1;
      seen.push(...results);
      violations.push(...judge(results, fault).map((what) => `trial ${trial}, ${fault.name}: ${what}`));
      violations.push(
        ...(await compareBooks(gateway, seen.length)).map((what) => `trial ${trial}, ${fault.name}: ${what}`),
      );
      if (violations.length >= VIOLATIONS_MAX) break;
      if ((trial + 1) % 50 === 0) progress(`${trial + 1} of ${trials} trials, ${violations.length} violations`);
    }
    const code = await stopAll(gateway);
    if (code !== 0) violations.push(`the gateway ended with ${code}`);
    const posts = new Set(seen.filter(({ kind }) => kind === 'post').map(({ id }) => id));
    const twice = actedOnTwice(gateway.members).filter((id) => posts.has(id));
    doubled = twice.length;
    violations.push(...twice.slice(0, 5).map((id) => `${id} was acted on twice`));
    const leaked = processesNaming(directory);
    return summarise({ trials, seed, seen, busy, doubled, leaked, violations });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runTrial(
  gateway: DrilledGateway,
  fault: Fault,
  random: SeededRandom,
  trial: number,
): Promise<{ results: Seen[]; wasBusy: boolean }> {
  const stop = new AbortController();
  const clients = Array.from({ length: REQUESTS }, async (_, index) => {
    const own = new SeededRandom(random.below(2 ** 31));
    await pauseFor(own.below(60));
    return ask(gateway.url, `t${trial}-${index}`, drawKind(own), own, stop.signal);
  });
  await pauseFor(random.below(60));
  const { inFlight } = await totalsOf(gateway);
  await fault.run(gateway, random);
  const results = await Promise.all(clients);
  await fault.undo(gateway);
  await untilReady(gateway);
  return { results, wasBusy: inFlight > 0 };
}

function judge(results: readonly Seen[], { breaks }: Fault): string[] {
  return results.flatMap(({ id, kind, end, detail }) => {
    if (end === 'answered') return [];
    if (end === 'silent') return [`${kind} ${id} ended without a word: ${detail}`];
    if (kind === 'get') return [`${id} can be repeated and was not answered: ${detail}`];
    if (kind === 'post' && breaks !== 'unrepeatable') return [`upload ${id} was not answered: ${detail}`];
    if (kind === 'stream' && breaks === 'nothing') return [`stream ${id} was cut: ${detail}`];
    return [];
  });
}

async function totalsOf({ control }: DrilledGateway): Promise<Totals> {
  return (await control.send('GET', '/v1/totals')) as Totals;
}

/** Clients, gateway: the same number of requests, and none of them still somewhere. */
async function compareBooks(gateway: DrilledGateway, sent: number): Promise<string[]> {
  const totals = await totalsOf(gateway);
  const { arrived, waiting, inFlight, settled, refused, left } = totals;
  const wrong: string[] = [];
  if (arrived !== sent) wrong.push(`clients sent ${sent}, the gateway has ${arrived}`);
  if (arrived !== waiting + inFlight + settled + refused + left)
    wrong.push(`the books do not add up: ${JSON.stringify(totals)}`);
  if (inFlight + waiting > 0) wrong.push(`${inFlight} in flight and ${waiting} waiting when everybody has an answer`);
  return wrong;
}

/** Everybody ready, nothing in flight. */
async function untilReady(gateway: DrilledGateway): Promise<void> {
  const endAtMs = performance.now() + QUIET_MS_MAX;
  for (;;) {
    const { instances } = (await gateway.control.send('GET', '/v1/instances')) as {
      instances: { state: string; inFlight: number }[];
    };
    if (instances.every(({ state, inFlight }) => state === 'ready' && inFlight === 0)) return;
    if (performance.now() > endAtMs)
      throw new Error(`not quiet after ${QUIET_MS_MAX} ms: ${JSON.stringify(instances)}`);
    await pauseFor(10);
  }
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function summarise(made: {
  readonly trials: number;
  readonly seed: number;
  readonly seen: readonly Seen[];
  readonly busy: number;
  readonly doubled: number;
  readonly leaked: number;
  readonly violations: readonly string[];
}): DrillResult {
  const { trials, seed, seen, busy, doubled, leaked, violations } = made;
  const count = (is: (one: Seen) => boolean) => seen.filter(is).length;
  return {
    drill: 'gateway',
    trials,
    seed,
    requests: seen.length,
    faults: trials,
    faultsOnWorkInFlight: busy,
    lost: count(({ kind, end }) => kind === 'get' && end !== 'answered'),
    doubled,
    leaked,
    cut: count(({ end }) => end === 'said'),
    refused: count(({ end }) => end === 'refused'),
    violations,
    bound95: Number((3 / Math.max(1, trials)).toPrecision(3)),
    ok: violations.length === 0 && leaked === 0 && busy > 0,
  };
}
