// The declarative surface of a stream: what a person writes, typed end to end. `pipeline()` checks it, fills in the
// defaults and erases the types; engines run what it returns.
import type { DurationInput } from '../base/duration.ts';
import { checkOptions, checkText } from '../base/given.ts';
import type { OptionNames } from '../base/given.ts';
import type { Random } from '../base/random.ts';
import type { CallPolicy } from './calls/core.ts';
import { erasedParts } from './parts.ts';
import type { ErasedPart, PipelinePart } from './parts.ts';
import type { ModelDefinition, Position, Sink, Source, StateDefinition } from './ports.ts';
import { none } from './sinks/index.ts';
import { archiveRules, callPolicy, commitRules, onErrorRules } from './pipeline-rules.ts';
import { integer, usage } from './refusals.ts';

/** What a step may use. It is the same object for every record: read it, never keep it. */
export interface Context<State = unknown, Model = unknown> {
  /** Handles of the declared state, by name. Never keep one beyond the call: an undone record replaces them. */
  readonly state: Readonly<State>;
  /** Handles of the declared models, by name. Never keep one beyond the call: a swap replaces them. */
  readonly model: Readonly<Model>;
  /** Version of each model at work, to stamp outputs with. It changes between epochs only. */
  readonly version: { readonly [Name in keyof Model]: string };
  /** Event time of the record, milliseconds since 1970 UTC, from the pipeline's `time`. @throws `usage` without one */
  readonly now: number;
  /** Seeded by the pipeline's `seed`; its state is committed with everything else, so a resume continues it. */
  readonly random: Random;
  /** Partition of the source that the record came from. */
  readonly partition: number;
  /** Place after the record in its partition: together they identify it. */
  readonly position: Position;
  /**
   * A call to the outside: each attempt has a time limit, failures are retried with back-off, calls of one name share a
   * circuit breaker, and an ending cancels what is under way at its drain limit; the record is then read again. A record
   * may be processed more than once before it is committed, so what is called has to be idempotent.
   * @param name one of the pipeline's `calls`, or any other for the default limits
   * @throws LastcallError `dependency` when the attempts are used up or the circuit is open
   */
  readonly call: <Result>(name: string, run: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;
}

/** Limits of the calls of one name. */
export interface CallOptions {
  /** Of one attempt. Default 10s. */
  readonly timeout?: DurationInput;
  /** Attempts after the first. Default 3. */
  readonly retries?: number;
  /** Wait before the first retry, at most; it doubles, and the actual wait is random below it. Default 100ms. */
  readonly backoff?: DurationInput;
}

/** Records of one partition in order, for `processBatch`. Valid during the call only. */
export interface RecordBatch<Row> {
  readonly length: number;
  /** Values of one field by record, 0 … length − 1. Typed arrays where the source has them. */
  readonly columns: { readonly [Field in keyof Row]: ArrayLike<Row[Field]> };
  /** The record at `index`; the object is reused by the next call. */
  record(index: number): Readonly<Row>;
  /** Place after the record at `index`. */
  positionAfter(index: number): Position;
}

/** What a step gives for one record: nothing, one output, or several in order. */
export type Outputs<Output> = Output | readonly Output[] | undefined | void;

/** Outputs of the records of a batch, in an array as long as the batch; nothing if no record has any. */
export type BatchOutputs<Output> = readonly Outputs<Output>[] | undefined | void;

export interface Step<Row, State, Model, Output> {
  /**
   * Called for each record in order; `record` is a view that moves on to the next one (copy what has to live longer).
   * May return a promise: the next record waits for it. The result must depend on nothing but the record, the context
   * and constants, or a resume will not end where an undisturbed run ends.
   */
  process(
    record: Readonly<Row>,
    context: Context<State, Model>,
  ): Outputs<NoInfer<Output>> | Promise<Outputs<NoInfer<Output>>>;
  processBatch?: never;
}

export interface BatchStep<Row, State, Model, Output> {
  /**
   * Called for runs of consecutive records of one partition, of any length from 1: the result must not depend on where
   * they are cut. Returns what `process` would, by record.
   */
  processBatch(
    batch: RecordBatch<Row>,
    context: Omit<Context<State, Model>, 'now' | 'position'>,
  ): BatchOutputs<NoInfer<Output>> | Promise<BatchOutputs<NoInfer<Output>>>;
  process?: never;
}

/** What happens to a record whose step throws. */
export type OnError = 'stop' | { readonly retries: number; readonly then: 'stop' | 'dead-letter' };

export interface ArchiveOptions {
  /** Time between archives while records are committed. Default 10m. */
  readonly every?: DurationInput;
  /** Records between archives. Default: no limit by records. */
  readonly everyRecords?: number;
  /** Newest archives that are kept. Default 3. */
  readonly keep?: number;
  /** Archives older than this are removed, but never the newest verified one. Default 7d. */
  readonly keepFor?: DurationInput;
}

export interface CommitOptions {
  /** Records in an epoch before it is committed, where the controller starts. Default 20,000. */
  readonly records?: number;
  /** Time after which an epoch is committed, and the longest that a commit should take. Default 100ms. */
  readonly every?: DurationInput;
}

export interface PipelineOptions<Row, State, Model, Output, Parts = {}> {
  readonly source: Source<Row>;
  readonly state?: { readonly [Name in keyof State]: StateDefinition<State[Name]> };
  readonly model?: { readonly [Name in keyof Model]: ModelDefinition<Model[Name]> };
  /** Event time of a record, milliseconds since 1970 UTC; what `context.now` is. */
  readonly time?: (record: Readonly<Row>) => number;
  /** Where outputs go; decides what the step may give. Without one the pipeline only learns. */
  readonly sink?: Sink<Output>;
  /** Default `stop`. */
  readonly onError?: OnError;
  /** Seed of `context.random`; a part of the topology. Default 1. */
  readonly seed?: number;
  /** `never`: no archives, so nothing to fall back to. */
  readonly archive?: ArchiveOptions | 'never';
  readonly commit?: CommitOptions;
  /** Limits of `context.call`, by name. */
  readonly calls?: Readonly<Record<string, CallOptions>>;
  /** Branches after `process`, by name, each of which can be stopped alone. */
  readonly parts?: { readonly [Name in keyof Parts]: PipelinePart<Row, State, Model, Parts[Name]> };
  /** Most records that are parked for the step or for one part; then nothing more is read. Default 100,000. */
  readonly parkedMax?: number;
  /** The same in bytes, as they are stored. Default 268,435,456 (256 MiB). */
  readonly parkedBytesMax?: number;
  /** What is written into each epoch to tell which code made it, such as a commit hash. Default ``. */
  readonly codeVersion?: string;
}

/** A checked pipeline without its types, every option resolved. */
export interface Pipeline {
  readonly name: string;
  readonly source: Source<unknown>;
  readonly state: Readonly<Record<string, StateDefinition<unknown>>>;
  readonly model: Readonly<Record<string, ModelDefinition<unknown>>>;
  readonly step: ErasedStep;
  readonly time: ((record: unknown) => number) | null;
  readonly sink: Sink<unknown>;
  readonly onError: { readonly retries: number; readonly then: 'stop' | 'dead-letter' };
  readonly seed: number;
  readonly archive: ArchiveRules | null;
  readonly commit: { readonly records: number; readonly everyMs: number };
  readonly codeVersion: string;
  readonly calls: Readonly<Record<string, CallPolicy>>;
  readonly parts: readonly ErasedPart[];
  readonly parkedMax: number;
  readonly parkedBytesMax: number;
}

export interface ArchiveRules {
  readonly everyMs: number;
  readonly everyRecords: number;
  readonly keep: number;
  readonly keepForMs: number;
}

/** `process` or `processBatch`, with the name that errors give it. */
export type ErasedStep =
  | { readonly name: string; readonly per: 'record'; run: (record: unknown, context: unknown) => unknown }
  | { readonly name: string; readonly per: 'batch'; run: (batch: RecordBatch<unknown>, context: unknown) => unknown };

const OPTIONS: OptionNames<PipelineOptions<never, never, never, never> & { process: 0; processBatch: 0 }> = {
  source: true,
  state: true,
  model: true,
  time: true,
  sink: true,
  onError: true,
  seed: true,
  archive: true,
  commit: true,
  calls: true,
  parts: true,
  parkedMax: true,
  parkedBytesMax: true,
  codeVersion: true,
  process: true,
  processBatch: true,
};
/**
 * Describes a stream: source → step with state and models → sink. Nothing is opened or read before it runs.
 * @param name letters, digits, `.`, `_`, `-`; at most 64; it names the directory of the state
 * @throws LastcallError `usage` that names the field
 */
export function pipeline<Row, Output = unknown, State = {}, Model = {}, Parts = {}>(
  name: string,
  options: PipelineOptions<Row, State, Model, Output, Parts> &
    (Step<Row, State, Model, Output> | BatchStep<Row, State, Model, Output>),
): Pipeline {
  checkText('pipeline', name, 'its name');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw usage(
      'pipeline name',
      `${JSON.stringify(name)} cannot name a directory`,
      'Use letters, digits, ".", "_" and "-", at most 64.',
    );
  }
  checkOptions(name, options, OPTIONS);
  const state = { ...options.state } as Pipeline['state'];
  const model = { ...options.model } as Pipeline['model'];
  for (const shared of Object.keys(model).filter((key) => Object.hasOwn(state, key))) {
    throw usage(`${name}: model.${shared}`, 'a state has the same name', 'Give one of them another name.');
  }
  const step = erasedStep(name, options);
  const own = options.sink as Sink<unknown> | undefined;
  return {
    name,
    source: options.source,
    state,
    model,
    step,
    time: (options.time as Pipeline['time'] | undefined) ?? null,
    sink: own ?? none(),
    onError: onErrorRules(name, options.onError ?? 'stop'),
    seed: integer(`${name}: seed`, options.seed ?? 1, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    archive: options.archive === 'never' ? null : archiveRules(name, options.archive ?? {}),
    commit: commitRules(name, options.commit ?? {}),
    codeVersion: options.codeVersion ?? '',
    calls: Object.fromEntries(
      Object.entries(options.calls ?? {}).map(([call, given]) => [call, callPolicy(name, call, given)]),
    ),
    parts: erasedParts({ name, state, model, per: step.per }, options.parts ?? {}, own),
    parkedMax: integer(`${name}: parkedMax`, options.parkedMax ?? 100_000, 1, 10_000_000),
    parkedBytesMax: integer(`${name}: parkedBytesMax`, options.parkedBytesMax ?? 2 ** 28, 1, 2 ** 40),
  };
}

function erasedStep(name: string, options: { process?: unknown; processBatch?: unknown }): ErasedStep {
  const { process, processBatch } = options;
  if (typeof process === 'function' && processBatch === undefined) {
    return { name: 'process', per: 'record', run: process as (record: unknown, context: unknown) => unknown };
  }
  if (typeof processBatch === 'function' && process === undefined) {
    const run = processBatch as (batch: RecordBatch<unknown>, context: unknown) => unknown;
    return { name: 'processBatch', per: 'batch', run };
  }
  throw usage(name, 'a pipeline has one step', 'Give either process(record, context) or processBatch(batch, context).');
}
