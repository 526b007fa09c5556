// The run that nobody disturbs: what every other one has to end like, bit for bit.
import { auditRun, type Fingerprint } from './audit.ts';
import { databaseOf, Job, type JobOptions } from './job.ts';
import type { RunResult } from './lives.ts';

export interface Undisturbed extends Fingerprint {
  /** From ready to the exit. */
  readonly workMs: number;
}

export async function liveUndisturbed(options: JobOptions): Promise<Undisturbed> {
  const job = new Job(options);
  await job.ready;
  const readyAtMs = performance.now();
  const { code, complaint } = await job.ended;
  const workMs = performance.now() - readyAtMs;
  if (code !== 0) throw new Error(`the undisturbed run ended with ${code}: ${complaint}`);
  return { ...auditRun(databaseOf(options.stateDir), options.records), workMs };
}

/** The result with what each of its violations was of. */
export function named(result: RunResult, name: string): RunResult {
  return { ...result, violations: result.violations.map((violation) => `${name}: ${violation}`) };
}

/** Takes `items` in turn, at most `jobs` at once, until all are done or `take` says to stop. */
export async function inTurn<Item>(
  items: Iterable<Item>,
  jobs: number,
  take: (item: Item) => Promise<'go on' | 'stop'>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  let stopped = false;
  const work = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true && !stopped; next = left.next()) {
      if ((await take(next.value)) === 'stop') stopped = true;
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}
