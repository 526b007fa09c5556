// Kills at random moments of a life, from before it is ready to its end: run after run, each resumed until it is over.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../base/random.ts';
import type { DrillOptions } from './drill.ts';
import type { Job } from './job.ts';
import { liveToTheEnd, type RunResult } from './lives.ts';
import { inTurn, liveUndisturbed, named, type Undisturbed } from './undisturbed.ts';

/** Of the kills, before the life is ready. */
const EARLY_SHARE = 0.2;

export async function killsAtRandom(directory: string, options: DrillOptions): Promise<RunResult[]> {
  const { trials, seed, jobs, records, progress } = options;
  if (trials === 0) return [];
  const undisturbed = await liveUndisturbed({ stateDir: join(directory, 'undisturbed'), records });
  const results: RunResult[] = [];
  let killed = 0;
  /** Kills of runs that are not over, which may miss. */
  let open = 0;
  await inTurn(numbers(), jobs, async (run) => {
    let own = 0;
    const stateDir = join(directory, `run-${run}`);
    const random = new SeededRandom(seed + run);
    const result = await liveToTheEnd({
      stateDir,
      records,
      undisturbed,
      disturb: async (job) => {
        if (killed + open >= trials) return;
        own += 1;
        open += 1;
        await killAtRandom(job, random, undisturbed);
      },
    });
    await rm(stateDir, { recursive: true, force: true });
    results.push(named(result, `run ${run} (seed ${seed + run})`));
    open -= own;
    killed += result.faults;
    progress(`${killed} of ${trials} kills at random moments, ${results.length} runs`);
    return killed >= trials || result.violations.length > 0 ? 'stop' : 'go on';
  });
  return results;
}

function* numbers(): Generator<number> {
  for (let number = 0; ; number++) yield number;
}

async function killAtRandom(job: Job, random: SeededRandom, { workMs }: Undisturbed): Promise<void> {
  const early = random.next() < EARLY_SHARE;
  if (!early) await job.ready;
  const cut = new AbortController();
  void job.ended.then(() => cut.abort());
  await sleep(random.next() * workMs, undefined, { signal: cut.signal }).catch(() => {});
  job.kill();
}
