// The kill drill of the scheduler: SIGKILL at each of its steps in turn (before and after each commit and each effect), with
// twenty jobs about; then at further steps of the lives that follow. In the end every job is over as it should be, none has
// run twice at once or worked twice, nothing is left, and everything is free.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SeededRandom, type Random } from '../../base/random.ts';
import { sweep, signalRef } from '../../supervise/index.ts';
import { endsOf, jobsOf } from './jobs.ts';

export interface DrillOptions {
  readonly trials: number;
  readonly seed: number;
  readonly progress: (text: string) => void;
}

export interface DrillResult {
  readonly drill: 'scheduler';
  readonly trials: number;
  readonly seed: number;
  readonly faults: number;
  readonly faultsOnWorkInFlight: number;
  readonly lost: number;
  readonly doubled: number;
  readonly leaked: number;
  readonly violations: readonly string[];
  readonly bound95: number;
  /** Steps of an undisturbed run, over which the trials are spread. */
  readonly steps: number;
  readonly ok: boolean;
}

interface EndedJob {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

interface Life {
  readonly killed: boolean;
  readonly store: string | null;
  readonly jobs: readonly EndedJob[];
  readonly steps: number;
  readonly complaint: string;
}

interface Trial {
  faults: number;
  inFlight: number;
  lost: number;
  doubled: number;
  leaked: number;
  violations: string[];
}

const PROGRAM = join(import.meta.dirname, 'program.ts');
/** A life that has not come to its end by then is stuck. */
const LIFE_MS_MAX = 120_000;
const KILLS_MAX = 3;

export async function drillScheduler({ trials, seed, progress }: DrillOptions): Promise<DrillResult> {
  const directory = await mkdtemp(join(tmpdir(), 'lastcall-drill-'));
  const results: Trial[] = [];
  try {
    const undisturbed = await oneTrial(join(directory, 'undisturbed'), null, 0);
    results.push({ ...undisturbed.trial, violations: named('undisturbed', undisturbed.trial.violations) });
    const { steps } = undisturbed;
    for (let index = 0; index < trials && results.every(({ violations }) => violations.length === 0); index++) {
      const step = 1 + Math.floor(((index + 0.5) * steps) / trials);
      const random = new SeededRandom(seed + index);
      const { trial } = await oneTrial(join(directory, String(index)), random, step);
      results.push({
        ...trial,
        violations: named(`trial ${index} (seed ${seed + index}, step ${step})`, trial.violations),
      });
      if ((index + 1) % 10 === 0) progress(`${index + 1} of ${trials} trials`);
    }
    return summary(results, trials, seed, steps);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @param random null: nobody is killed */
async function oneTrial(
  directory: string,
  random: Random | null,
  first: number,
): Promise<{ trial: Trial; steps: number }> {
  const ledger = join(directory, 'ledger');
  await mkdir(ledger, { recursive: true });
  const trial: Trial = { faults: 0, inFlight: 0, lost: 0, doubled: 0, leaked: 0, violations: [] };
  let store: string | null = null;
  for (let kills = 0; ; kills++) {
    const more = random !== null && (kills === 0 || (kills < KILLS_MAX && random.next() < 0.5));
    const step = !more ? 0 : kills === 0 ? first : 1 + random.below(first + 20);
    const life = await live(join(directory, 'state'), ledger, step);
    store ??= life.store;
    if (life.killed) {
      trial.faults += 1;
      if (life.store !== null) trial.inFlight += 1;
      continue;
    }
    if (life.complaint !== '') trial.violations.push(life.complaint);
    await audit(trial, life, ledger);
    trial.leaked += store === null ? 0 : leftovers(store, trial);
    await rm(directory, { recursive: true, force: true });
    return { trial, steps: life.steps };
  }
}

function live(state: string, ledger: string, step: number): Promise<Life> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, state, ledger, String(step)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const jobs: EndedJob[] = [];
    let store: string | null = null;
    let steps = 0;
    let complaint = '';
    let stuck = false;
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
      if (word === 'store') store = rest;
      if (word === 'job') jobs.push(JSON.parse(rest) as EndedJob);
      if (word === 'steps') steps = Number(rest);
    });
    const timer = setTimeout(() => {
      stuck = true;
      child.kill('SIGKILL');
    }, LIFE_MS_MAX);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const killed = signal === 'SIGKILL' && !stuck;
      const wrong = stuck ? 'it did not come to an end' : `it ended with ${signal ?? code}: ${complaint}`;
      resolve({ killed, store, jobs, steps, complaint: killed || code === 0 ? '' : wrong });
    });
  });
}

async function audit(trial: Trial, { jobs }: Life, ledger: string): Promise<void> {
  const text = await readFile(join(ledger, 'ledger'), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.split(' '));
  const wanted = jobsOf(ledger).length;
  if (jobs.length !== wanted) {
    trial.lost += wanted - jobs.length;
    trial.violations.push(`${jobs.length} of ${wanted} jobs are known`);
  }
  for (const { id, name, state } of jobs) {
    if (!endsOf(name).includes(state)) trial.violations.push(`${name} is ${state}`);
    const words = lines.filter(([job]) => job === id).map(([, word]) => word);
    const done = words.filter((word) => word === 'done').length;
    if (done > 1) {
      trial.doubled += 1;
      trial.violations.push(`${name} did its work ${done} times`);
    }
    if (state === 'completed' && done === 0) {
      trial.lost += 1;
      trial.violations.push(`${name} is completed and has not done its work`);
    }
    for (const word of words) if (word?.startsWith('overlap')) trial.violations.push(`${name}: ${word}`);
  }
}

function leftovers(store: string, trial: Trial): number {
  const { found } = sweep((cookie) => cookie.storeId === store);
  for (const process of found) {
    trial.violations.push(`left: ${process.command}`);
    signalRef(process, 'SIGKILL');
  }
  return found.length;
}

function named(name: string, violations: readonly string[]): string[] {
  return violations.map((violation) => `${name}: ${violation}`);
}

function summary(results: readonly Trial[], trials: number, seed: number, steps: number): DrillResult {
  const sum = (pick: (trial: Trial) => number) => results.reduce((total, trial) => total + pick(trial), 0);
  const faults = sum((trial) => trial.faults);
  const violations = results.flatMap((trial) => trial.violations);
  const faultsOnWorkInFlight = sum((trial) => trial.inFlight);
  return {
    drill: 'scheduler',
    trials,
    seed,
    faults,
    faultsOnWorkInFlight,
    lost: sum((trial) => trial.lost),
    doubled: sum((trial) => trial.doubled),
    leaked: sum((trial) => trial.leaked),
    violations,
    bound95: Number((3 / Math.max(1, faults)).toPrecision(3)),
    steps,
    ok: violations.length === 0 && faults >= trials && faultsOnWorkInFlight > 0,
  };
}
