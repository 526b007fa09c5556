// A pipeline as a unit: what each stage of an ending means to it (stream.md, "Ending").
//   intake: the source is paused at once     drain: what was read is processed, the outside acknowledges
//   persist: the last epoch, an archive if due     release: everything is closed and the ownership given back
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { durationMs } from '../../../base/duration.ts';
import type { DurationInput } from '../../../base/duration.ts';
import { LastcallError } from '../../../base/errors.ts';
import type { Report } from '../../../lifecycle/report.ts';
import { openStateDir } from '../../../lifecycle/state-dir.ts';
import type { HookContext, Unit, UnitOptions } from '../../../lifecycle/types.ts';
import { unit } from '../../../lifecycle/unit.ts';
import type { Pipeline } from '../../pipeline.ts';
import { LEASE_MS } from './fence.ts';
import { openPipeline } from './open.ts';
import type { OpenPipeline } from './open.ts';

export interface RunOptions extends Omit<UnitOptions, 'kind' | 'workOf' | 'unfinishedWork'> {
  /** How long this process may be silent before another one may take the state over. Default 10s. */
  lease?: DurationInput;
}

export interface RunningPipeline {
  readonly unit: Unit;
  /** Where the state lies: `STATE/pipelines/NAME`. */
  readonly directory: string;
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
  const { lease, ...unitOptions } = options;
  const leaseMs = durationMs(lease ?? LEASE_MS, 'lease');
  const stateDir = requireStateDir(options.stateDir);
  const directory = join(stateDir, 'pipelines', pipeline.name);
  const owner = unit(pipeline.name, {
    ...unitOptions,
    stateDir,
    kind: 'pipeline',
    workOf: 'records',
    unfinishedWork: 'returned',
  });
  const running = new PipelineUnit(pipeline, owner, { directory, leaseMs });
  await running.start();
  return { unit: owner, directory, ended: owner.ended };
}

function requireStateDir(wanted: string | undefined): string {
  const { path, warning } = openStateDir({ wanted: wanted ?? null, environment: process.env });
  if (path !== null) return path;
  throw new LastcallError('io', {
    what: `there is no directory for the state (${warning})`,
    todo: 'Give one with --state-dir.',
  });
}

class PipelineUnit {
  readonly #unit: Unit;
  readonly #opening: Promise<OpenPipeline>;
  /** Null if opening failed. */
  readonly #opened: Promise<OpenPipeline | null>;
  /** Settles when the engine has stopped working, well or not. */
  #loop: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(pipeline: Pipeline, owner: Unit, place: { readonly directory: string; readonly leaseMs: number }) {
    this.#unit = owner;
    // Hooks stand before anything is opened, so that a stop during start-up finds them.
    owner.onIntake('source', async () => (await this.#opened)?.engine.pause());
    owner.onDrain('records', (context) => this.#drain(context));
    owner.onPersist('state', (context) => this.#persist(context));
    owner.onRelease('state', async () => (await this.#opened)?.[Symbol.asyncDispose]());
    this.#opening = openPipeline(pipeline, {
      ...place,
      instance: owner.instance,
      clock: systemClock,
      signal: owner.stopRequested,
      accept: (records) => owner.work.acceptMany(records),
      finished: (records) => owner.work.finishMany(records),
    });
    this.#opened = this.#opening.catch(() => null);
  }

  async start(): Promise<void> {
    try {
      const { engine } = await this.#opening;
      await this.#unit.ready();
      this.#loop = engine.run().then(
        (how) => void (how === 'end' && this.#unit.complete()),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      // A stop that comes while opening ends it, and is no failure.
      if (!this.#unit.stopRequested.aborted) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failed = true;
    void this.#unit.fail(error);
  }

  async #drain({ signal }: HookContext): Promise<void> {
    const open = await this.#opened;
    if (open === null) return;
    const abandon = (): void => open.engine.abandon();
    signal.addEventListener('abort', abandon, { once: true });
    if (signal.aborted) abandon();
    await this.#loop;
    signal.removeEventListener('abort', abandon);
  }

  async #persist({ mode }: HookContext): Promise<void> {
    const open = await this.#opened;
    if (open === null) return;
    await this.#loop;
    if (!this.#failed) await open.engine.commitLast(mode);
    this.#unit.checkpointed(open.checkpoint());
  }
}
