// One run, disturbed: lives that are cut one after the other until one reaches the end by itself. After each cut the state
// is verified in depth, and must be usable: whatever was cut, a start finds something to go on with.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { verifyState } from '../../stream/index.ts';
import { auditRun, differences, type Fingerprint } from './audit.ts';
import { databaseOf, Job, type JobOptions } from './job.ts';

/** A run that is not over after so many cuts makes no progress. */
const LIVES_MAX = 200;

export interface RunResult {
  readonly faults: number;
  /** Cuts of a process that was at work on records. */
  readonly faultsOnWorkInFlight: number;
  readonly lost: number;
  readonly doubled: number;
  /** Sentences about what must not be. */
  readonly violations: readonly string[];
}

/** Cuts the given life, or lets it go on. Called once its process has been started. */
export type Disturb = (job: Job, life: number) => Promise<void>;

export interface RunOptions extends JobOptions {
  readonly undisturbed: Fingerprint;
  /** `null` for a life that nobody disturbs. */
  readonly disturb: Disturb;
  /** For one life: what it is started through. */
  readonly throughOf?: (life: number) => readonly string[];
}

export async function liveToTheEnd(options: RunOptions): Promise<RunResult> {
  const { stateDir, records, undisturbed } = options;
  const database = databaseOf(stateDir);
  let faults = 0;
  let faultsOnWorkInFlight = 0;
  const violations: string[] = [];
  for (let life = 0; ; life++) {
    if (life === LIVES_MAX) {
      violations.push(`not over after ${LIVES_MAX} lives`);
      break;
    }
    const job = new Job({ ...options, through: options.throughOf?.(life) ?? [] });
    await options.disturb(job, life);
    const end = await job.ended;
    if (end.code === 0) break;
    if (end.signal !== 'SIGKILL' && end.code !== 137) {
      violations.push(`a life ended with ${end.signal ?? end.code}: ${end.complaint}`);
      break;
    }
    faults += 1;
    if (end.wasReady) faultsOnWorkInFlight += 1;
    if (!existsSync(database)) continue; // cut before there was anything to verify
    const verdict = await verifyState(dirname(database), { depth: 'deep' });
    if (!verdict.usable && verdict.fallback === null) {
      const failed = verdict.checks.filter((check) => check.result !== 'ok').map((check) => JSON.stringify(check));
      violations.push(`after life ${life} nothing can be resumed from: ${failed.join('; ')}`);
      break;
    }
  }
  if (violations.length > 0) return { faults, faultsOnWorkInFlight, lost: 0, doubled: 0, violations };
  const audit = auditRun(database, records);
  violations.push(...differences(audit, undisturbed));
  return { faults, faultsOnWorkInFlight, lost: audit.lost, doubled: audit.doubled, violations };
}
