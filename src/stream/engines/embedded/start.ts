// A pipeline as a unit: what each stage of an ending means to it (stream.md, "Ending").
//   intake: the source is paused at once     drain: what was read is processed, the outside acknowledges
//   persist: the last epoch, an archive if due     release: everything is closed and the ownership given back
import { systemClock } from '../../../base/clock.ts';
import { durationMs } from '../../../base/duration.ts';
import type { DurationInput } from '../../../base/duration.ts';
import { LastcallError } from '../../../base/errors.ts';
import { checkOptions } from '../../../base/given.ts';
import type { OptionNames } from '../../../base/given.ts';
import { unit } from '../../../lifecycle/index.ts';
import type { Report, Unit, UnitOptions } from '../../../lifecycle/index.ts';
import { openStateDir } from '../../../lifecycle/state-dir.ts';
import type { Pipeline } from '../../pipeline.ts';
import { LEASE_MS } from './fence.ts';
import { PipelineUnit } from './pipeline-unit.ts';
import { pipelineDirectory } from './place.ts';
import type { PipelineProgress } from './progress.ts';

export interface RunOptions extends Omit<UnitOptions, 'kind' | 'workOf' | 'unfinishedWork' | 'reload'> {
  /** How long this process may be silent before another one may take the state over. Default 10s. */
  lease?: DurationInput;
}

const OPTIONS: OptionNames<RunOptions> = {
  lease: true,
  grace: true,
  announce: true,
  announceCap: true,
  drainCap: true,
  persistExtension: true,
  drainExtension: true,
  stateDir: true,
  healthPort: true,
  healthHost: true,
  control: true,
  reportUrl: true,
  ownsProcess: true,
  log: true,
};

export interface RunningPipeline {
  readonly unit: Unit;
  /** Where the state lies: `STATE/pipelines/NAME`. */
  readonly directory: string;
  /** How it is doing; null while it is being opened, and if that failed. */
  progress(): PipelineProgress | null;
  /** Settles with the report when everything is over. */
  readonly ended: Promise<Report>;
}

/** Runs a pipeline until its source ends or it is stopped. @returns the report; its exit code says how it went */
export async function runPipeline(pipeline: Pipeline, options: RunOptions = {}): Promise<Report> {
  return (await startPipeline(pipeline, options)).ended;
}

/**
 * Starts a pipeline and returns once it is at work, or has failed to get there (`ended` then says why).
 * @throws LastcallError `usage`, `io` for options that cannot be used; everything later is in the report
 */
export async function startPipeline(pipeline: Pipeline, options: RunOptions = {}): Promise<RunningPipeline> {
  checkOptions(`${pipeline.name}: run`, options, OPTIONS);
  const { lease, ...unitOptions } = options;
  const leaseMs = durationMs(lease ?? LEASE_MS, 'lease');
  const stateDir = requireStateDir(options.stateDir);
  const directory = pipelineDirectory(stateDir, pipeline.name);
  const kind = { kind: 'pipeline', workOf: 'records', unfinishedWork: 'returned' } as const;
  const owner = unit(pipeline.name, { ...unitOptions, ...kind, stateDir });
  const running = new PipelineUnit(pipeline, owner, { directory, leaseMs, clock: systemClock });
  await running.start();
  return { unit: owner, directory, progress: () => running.progress(), ended: owner.ended };
}

/** The unit's own directory, found as units find it, so that reports and state lie together. */
function requireStateDir(option: string | undefined): string {
  const environment = process.env;
  const wanted = option ?? (environment['LASTCALL_STATE_DIR'] || null);
  const { path, warning } = openStateDir({ wanted, environment });
  if (path !== null) return path;
  throw new LastcallError('io', {
    what: `there is no directory for the state (${warning})`,
    todo: 'Give one with --state-dir.',
  });
}
