// How a pipeline is doing, as a snapshot: for `status`, metrics and progress bars.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricFamily } from '../../../lifecycle/index.ts';
import { RateMeter } from '../../core/rate.ts';
import type { Position } from '../../ports.ts';
import type { ModelStamp } from './chain.ts';
import { modelStamps } from './model-stamps.ts';
import type { OpenPipeline } from './open.ts';
import { DATABASE } from './place.ts';

export interface PipelineProgress {
  /** Records committed since the pipeline first began, and how many of them were set aside as dead letters. */
  readonly records: number;
  readonly outputs: number;
  readonly deadLetters: number;
  /** Records in the source; null if that is not known. */
  readonly recordsTotal: number | null;
  /** Records not committed yet: `recordsTotal − records`. */
  readonly lag: number | null;
  /** Committed records a second, over the last 5 s. */
  readonly recordsPerSecond: number;
  /** Until the end of the source at this rate; null if that cannot be told. */
  readonly etaMs: number | null;
  /** Place that is committed, by partition. */
  readonly positions: readonly Position[];
  /** Records read and not committed. */
  readonly uncommitted: number;
  readonly epoch: number;
  /** Since the last commit, and how long it took. */
  readonly checkpointAgeMs: number;
  readonly commitMs: number;
  /** The database with its log, bytes. */
  readonly stateBytes: number;
  /** Since the newest archive (or the start); null without archives. */
  readonly archiveAgeMs: number | null;
  /** Checkpoints that had to be passed over at the start. */
  readonly stepsBack: number;
  readonly models: Readonly<Record<string, ModelStamp>>;
  /** Models and parts that are stopped alone, such as `part:audit`. */
  readonly stopped: readonly string[];
  /** Records that wait for the step (`step`) and for parts; empty where nothing can be stopped alone. */
  readonly parked: Readonly<Record<string, number>>;
}

export class ProgressMeter {
  readonly #open: OpenPipeline;
  readonly #directory: string;
  readonly #rate: RateMeter;
  readonly #clock: OpenPipeline['clock'];

  constructor(open: OpenPipeline, directory: string) {
    this.#open = open;
    this.#directory = directory;
    this.#clock = open.clock;
    this.#rate = new RateMeter(this.#clock.monotonicMs(), open.epochs.committed.row.records);
    open.epochs.onCommit(() => this.#rate.see(this.#clock.monotonicMs(), open.epochs.committed.row.records));
  }

  snapshot(): PipelineProgress {
    const { epochs, engine, archivist, state } = this.#open;
    const nowMs = this.#clock.monotonicMs();
    const { records, outputs, dead, epoch } = epochs.committed.row;
    const recordsTotal = totalOf(state.source);
    const lag = recordsTotal === null ? null : recordsTotal - records;
    const recordsPerSecond = this.#rate.at(nowMs);
    return {
      records,
      outputs,
      deadLetters: dead,
      recordsTotal,
      lag,
      recordsPerSecond,
      etaMs: lag === null || recordsPerSecond === 0 ? null : (lag / recordsPerSecond) * 1_000,
      positions: epochs.progress.map(({ position }) => position),
      uncommitted: engine.uncommitted,
      epoch,
      checkpointAgeMs: nowMs - epochs.committedAtMs,
      commitMs: epochs.commitMs,
      stateBytes: sizeOf(join(this.#directory, DATABASE)) + sizeOf(join(this.#directory, `${DATABASE}-wal`)),
      archiveAgeMs: archivist === null ? null : this.#clock.wallMs() - archivist.newestAtMs,
      stepsBack: state.restored?.stepsBack ?? 0,
      models: modelStamps(state.slots),
      stopped: state.branches?.stopped ?? [],
      parked: state.branches?.parked ?? {},
    };
  }
}

/** The metrics of contracts.md that a checkpointing unit has, and the pipeline's own. */
export function metricsOf(progress: PipelineProgress): MetricFamily[] {
  const gauge = (name: string, help: string, value: number): MetricFamily => {
    return { name: `lastcall_${name}`, help, type: 'gauge', samples: [{ labels: {}, value }] };
  };
  return [
    gauge('checkpoint_age_seconds', 'Time since the last commit.', progress.checkpointAgeMs / 1_000),
    gauge('checkpoint_seconds', 'How long the last commit took.', progress.commitMs / 1_000),
    gauge('checkpoint_bytes', 'Size of the state database with its log.', progress.stateBytes),
    gauge('stream_records_per_second', 'Committed records a second, over the last 5 s.', progress.recordsPerSecond),
    gauge('stream_dead_letters', 'Records set aside because their step failed.', progress.deadLetters),
    gauge('stream_epoch', 'Number of the newest committed epoch.', progress.epoch),
    ...parkedMetric(progress.parked),
    ...(progress.lag === null ? [] : [gauge('stream_lag_records', 'Records not committed yet.', progress.lag)]),
  ];
}

function parkedMetric(parked: PipelineProgress['parked']): MetricFamily[] {
  const samples = Object.entries(parked).map(([branch, value]) => ({ labels: { branch }, value }));
  const help = 'Records that wait for a stopped model or part.';
  return samples.length === 0 ? [] : [{ name: 'lastcall_stream_parked_records', help, type: 'gauge', samples }];
}

function totalOf(source: OpenPipeline['state']['source']): number | null {
  let total = 0;
  for (let partition = 0; partition < source.partitions; partition++) {
    const records = source.recordsIn(partition);
    if (records === null) return null;
    total += records;
  }
  return total;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
