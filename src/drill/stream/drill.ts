// The kill drill of the stream engine: SIGKILL at random moments, then at steps of the disk one after the other, and each
// time the run that was cut must end where an undisturbed run ends, bit for bit.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IoKills, killsAtIoSteps } from './io-kills.ts';
import { processesNaming } from './leaks.ts';
import type { RunResult } from './lives.ts';
import { killsAtRandom } from './random-kills.ts';

export interface DrillOptions {
  /** Kills at random moments. */
  readonly trials: number;
  /** Kills at steps of the disk, spread evenly over all of them; Infinity = each. */
  readonly ioSteps: number;
  readonly seed: number;
  /** Of a run that is killed at random moments. */
  readonly records: number;
  /** Of a run that is killed at a step of the disk. */
  readonly ioRecords: number;
  /** Runs at once. */
  readonly jobs: number;
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
  try {
    const random = await killsAtRandom(join(directory, 'random'), options);
    const io = await killsAtIoSteps(join(directory, 'io'), options);
    return summarise(options, [...random, ...io.results], { ...io, leaked: processesNaming(directory) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function summarise(
  { trials, seed }: DrillOptions,
  results: readonly RunResult[],
  end: Pick<IoKills, 'steps' | 'skipped'> & { readonly leaked: number },
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
