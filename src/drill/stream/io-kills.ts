// Kills at the steps by which a run changes the disk, one after the other: each step of one run is the last thing that some
// life does. A step costs a whole run, so the run is a short one that still does everything: several commits, several
// archives and the removal of the oldest, an ending with its report.
import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillOptions } from './drill.ts';
import { countIoSteps, type IoStep, killAt, killOther, stopAtEach, whyNoIoFaults } from './io-steps.ts';
import { liveToTheEnd, type RunResult } from './lives.ts';
import { inTurn, liveUndisturbed, named } from './undisturbed.ts';

const COMMITS = 6;

export interface IoKills {
  readonly results: readonly RunResult[];
  /** Of an undisturbed run. */
  readonly steps: number;
  /** Why nothing was done, or null. */
  readonly skipped: string | null;
}

export async function killsAtIoSteps(directory: string, options: DrillOptions): Promise<IoKills> {
  const { ioSteps, ioRecords: records, jobs, progress } = options;
  const skipped = ioSteps > 0 ? whyNoIoFaults() : 'none was asked for';
  if (skipped !== null) return { results: [], steps: 0, skipped };
  await mkdir(join(directory, 'counted'), { recursive: true });
  const run = { records, commitEvery: Math.ceil(records / COMMITS) };
  const undisturbed = await liveUndisturbed({ ...run, stateDir: join(directory, 'undisturbed') });
  const steps = await countIoSteps({ ...run, stateDir: join(directory, 'counted') });
  const chosen = spreadOver(steps, ioSteps);
  const results: RunResult[] = [];
  await inTurn(chosen.entries(), jobs, async ([index, step]) => {
    const stateDir = join(directory, String(index));
    const fifo = `${stateDir}.fifo`;
    const isOther = step.thread === 'other';
    if (isOther) execFileSync('mkfifo', [fifo]);
    const result = await liveToTheEnd({
      ...run,
      stateDir,
      undisturbed,
      disturb: async (_job, life) => {
        if (life === 0 && isOther) await killOther(step, fifo);
      },
      throughOf: (life) => (life > 0 ? [] : isOther ? stopAtEach(step, fifo) : killAt(step)),
    });
    results.push(named(result, `${step.thread} ${step.call} ${step.n}`));
    await rm(stateDir, { recursive: true, force: true });
    const kills = results.reduce((sum, { faults }) => sum + faults, 0);
    const broken = results.flatMap(({ violations }) => violations).length;
    if (results.length % 10 === 0)
      progress(`${results.length} of ${chosen.length} steps of the disk, ${kills} kills, ${broken} violations`);
    return 'go on';
  });
  return { results, steps: steps.length, skipped: null };
}

function spreadOver(steps: readonly IoStep[], most: number): readonly IoStep[] {
  if (steps.length <= most) return steps;
  return Array.from({ length: most }, (_, index) => steps[Math.floor(((index + 0.5) * steps.length) / most)]!);
}
