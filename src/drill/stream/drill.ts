// The kill drill of the stream engine: SIGKILL at random moments, then at steps of the disk one after the other, and each
// time the run that was cut must end where an undisturbed run ends, bit for bit.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../base/random.ts';
import { auditRun, type Fingerprint } from './audit.ts';
import { countIoSteps, killAt, whyNoIoFaults, type IoStep } from './io-steps.ts';
import { databaseOf, Job } from './job.ts';
import { processesNaming } from './leaks.ts';
import { liveToTheEnd, type RunResult } from './lives.ts';

export interface DrillOptions {
  /** Kills at random moments. */
  readonly trials: number;
  /** Kills at steps of the disk, spread evenly over all of them; Infinity = each. */
  readonly ioSteps: number;
  readonly seed: number;
  readonly records: number;
  /** Told now and then. */
  readonly progress: (text: string) => void;
}

export interface DrillResult {
  readonly drill: 'stream';
  readonly trials: number;
  readonly seed: number;
  readonly faults: number;
  readonly faultsOnWorkInFlight: number;
  readonly lost: number;
  readonly doubled: number;
  readonly leaked: number;
  readonly violations: readonly string[];
  /** Upper end of the 95 % interval of the rate of failure: 3 / faults, if none was seen. */
  readonly bound95: number;
  readonly ioStepsOfRun: number;
  /** Why the disk's steps were left out, or null. */
  readonly ioSkipped: string | null;
  readonly ok: boolean;
}

export async function drillStream(options: DrillOptions): Promise<DrillResult> {
  const directory = await mkdtemp(join(tmpdir(), 'lastcall-drill-'));
  const results: RunResult[] = [];
  try {
    const undisturbed = await liveUndisturbed(join(directory, 'undisturbed'), options.records);
    let run = 0;
    let killed = 0;
    while (killed < options.trials) {
      const random = new SeededRandom(options.seed + run);
      const most = options.trials - killed;
      const result = await randomKills(join(directory, `run-${run}`), options, undisturbed, random, most);
      results.push(named(result, `run ${run} (seed ${options.seed + run})`));
      killed += result.faults;
      run += 1;
      options.progress(`${killed} of ${options.trials} kills at random moments, ${run} runs`);
      if (result.violations.length > 0) break;
    }
    const io = await killsAtIoSteps(join(directory, 'io'), options, undisturbed);
    results.push(...io.results);
    return summarise(options, results, { ...io, leaked: processesNaming(directory) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Undisturbed extends Fingerprint {
  /** From ready to the exit. */
  readonly workMs: number;
}

async function liveUndisturbed(stateDir: string, records: number): Promise<Undisturbed> {
  const job = new Job({ stateDir, records });
  await job.ready;
  const readyAtMs = performance.now();
  const { code, complaint } = await job.ended;
  const workMs = performance.now() - readyAtMs;
  if (code !== 0) throw new Error(`the undisturbed run ended with ${code}: ${complaint}`);
  return { ...auditRun(databaseOf(stateDir), records), workMs };
}

/** One run with kills anywhere in a life, from before it is ready to its end; at most `most` of them. */
async function randomKills(
  stateDir: string,
  { records }: DrillOptions,
  undisturbed: Undisturbed,
  random: SeededRandom,
  most: number,
): Promise<RunResult> {
  const result = await liveToTheEnd({
    stateDir,
    records,
    undisturbed,
    disturb: async (job, life) => {
      if (life >= most) return;
      const early = random.next() < 0.2;
      if (!early) await job.ready;
      const cut = new AbortController();
      void job.ended.then(() => cut.abort());
      await sleep(random.next() * undisturbed.workMs, undefined, { signal: cut.signal }).catch(() => {});
      job.kill();
    },
  });
  await rm(stateDir, { recursive: true, force: true });
  return result;
}

async function killsAtIoSteps(
  directory: string,
  { records, ioSteps, progress }: DrillOptions,
  undisturbed: Fingerprint,
): Promise<{ results: RunResult[]; steps: number; skipped: string | null }> {
  const skipped = ioSteps > 0 ? whyNoIoFaults() : 'none was asked for';
  if (skipped !== null) return { results: [], steps: 0, skipped };
  await mkdir(directory, { recursive: true });
  const steps = await countIoSteps({ stateDir: directory, records });
  const chosen = spreadOver(steps, ioSteps);
  const results: RunResult[] = [];
  for (const [index, step] of chosen.entries()) {
    const stateDir = join(directory, String(index));
    const result = await liveToTheEnd({
      stateDir,
      records,
      undisturbed,
      disturb: async () => {},
      throughOf: (life) => (life === 0 ? killAt(step) : []),
    });
    results.push(named(result, `${step.call} ${step.n}`));
    await rm(stateDir, { recursive: true, force: true });
    if ((index + 1) % 10 === 0) progress(`${index + 1} of ${chosen.length} steps of the disk`);
  }
  return { results, steps: steps.length, skipped: null };
}

function spreadOver(steps: readonly IoStep[], most: number): readonly IoStep[] {
  if (steps.length <= most) return steps;
  return Array.from({ length: most }, (_, index) => steps[Math.floor(((index + 0.5) * steps.length) / most)]!);
}

function named(result: RunResult, name: string): RunResult {
  return { ...result, violations: result.violations.map((violation) => `${name}: ${violation}`) };
}

function summarise(
  { trials, seed }: DrillOptions,
  results: readonly RunResult[],
  end: { readonly steps: number; readonly skipped: string | null; readonly leaked: number },
): DrillResult {
  const sum = (pick: (result: RunResult) => number) => results.reduce((total, result) => total + pick(result), 0);
  const faults = sum((result) => result.faults);
  const violations = results.flatMap((result) => result.violations);
  const faultsOnWorkInFlight = sum((result) => result.faultsOnWorkInFlight);
  return {
    drill: 'stream',
    trials,
    seed,
    faults,
    faultsOnWorkInFlight,
    lost: sum((result) => result.lost),
    doubled: sum((result) => result.doubled),
    leaked: end.leaked,
    violations,
    bound95: Number((3 / Math.max(1, faults)).toPrecision(3)),
    ioStepsOfRun: end.steps,
    ioSkipped: end.skipped,
    ok: violations.length === 0 && end.leaked === 0 && faults >= trials && faultsOnWorkInFlight > 0,
  };
}
