// The ports of a pipeline: what the engine needs of sources, state, models and sinks. Each kind of thing lives in a
// folder of its own (sources/, state/, models/, sinks/) and implements one of these; engines/ only ever sees the ports.
import type { DatabaseSync } from 'node:sqlite';
import type { Participant } from '../lifecycle/index.ts';
import type { StopRules } from './parts.ts';

/**
 * A place in one partition of a source, opaque to the engine: a tuple of safe integers, ordered lexicographically
 * (`[rowGroup, row]`, `[file, byte]`, `[offset]`). It names the place *after* a record: everything before it is done.
 */
export type Position = readonly number[];

/** The start of a partition. Sorts before every other position. */
export const START: Position = [];

/** Column of a batch: values of one field, by row. */
export type Column = ArrayLike<unknown>;

/**
 * Consecutive records of one partition. Columnar where the source is (`columns`), else `rows`. A row that could not be
 * read as a record is a `BadRecord` (sources/bad-record.ts): the engine treats it like a record whose step throws.
 */
export type Batch = {
  readonly partition: number;
  readonly length: number;
  /** The position that this batch comes after; continuity is asserted against the committed one. */
  readonly after: Position;
  /** The position after the record at `index` (0 … length − 1): what is committed if the batch is cut there. */
  positionAfter(index: number): Position;
} & (
  | { readonly columns: Readonly<Record<string, Column>>; readonly rows?: never }
  | { readonly rows: readonly unknown[]; readonly columns?: never }
);

/** What a read brought: records; nothing at present (a growing source); or the end, for good. */
export type ReadResult = Batch | 'idle' | 'end';

export interface SourceContext {
  /** The pipeline's state directory, for sources that keep records of their own (HTTP ingest). */
  readonly directory: string;
  /** The database of the engine; tables are named `source_…`. */
  readonly database: DatabaseSync;
}

/** A stream of `Row`s, described but not opened. */
export interface Source<Row> {
  readonly kind: string;
  /** Stable across restarts and moves of the file; part of idempotency keys and of the topology hash. */
  readonly identity: string;
  /** Anything that changes what the records mean (columns, format): part of the topology hash. */
  readonly schema: unknown;
  open(context: SourceContext): Promise<OpenSource>;
  /** Type only: carries `Row` to the pipeline. Never set. */
  readonly row?: Row;
}

export interface OpenSource {
  /** Number of partitions, fixed while open. */
  readonly partitions: number;
  /** Records in a partition if known beforehand, for lag and ETA; null for a growing source. */
  recordsIn(partition: number): number | null;
  /** Whether a read after `position` would bring exactly what came after it before (not truncated, not replaced). */
  holds(partition: number, position: Position): Promise<boolean>;
  /**
   * The next records after `after`, at most `recordsMax`. One read at a time per partition. Must make progress whatever
   * `recordsMax` is. An aborted read rejects or returns what it has.
   */
  read(partition: number, after: Position, recordsMax: number, signal: AbortSignal): Promise<ReadResult>;
  /**
   * For `idle`: settles when more may be there, or the signal aborts. What came after the idle read and before this call
   * counts as well.
   */
  more(signal: AbortSignal): Promise<void>;
  /** More may always come: a stop in mode drain takes the place reached for the end, and reads no further. */
  readonly endless?: boolean;
  /** Called after COMMIT with the committed positions, so that what is below may be forgotten (HTTP ingest, acks). */
  committed?(positions: readonly Position[]): void;
  /** What ends with the unit beside the reading: a server that takes records in. It is given the unit before reading begins. */
  readonly participant?: Participant;
  close(): Promise<void>;
}

/** One durable piece of state: a keyed value, or a block of an array. */
export interface Piece {
  readonly key: Uint8Array | string;
  /** null = deleted. */
  readonly value: Uint8Array | null;
}

/** State of a step, described but not loaded. `Handle` is what `process` gets. */
export interface StateDefinition<Handle> {
  readonly kind: string;
  /** Shape and parameters: part of the topology hash. */
  readonly schema: unknown;
  create(): StateInstance<Handle>;
}

export interface StateInstance<Handle> {
  readonly handle: Handle;
  /** Fills an empty instance from what was committed. Values are verified by the engine before. */
  load(pieces: Iterable<{ key: Uint8Array | string; value: Uint8Array }>): void;
  /** What changed since the last call that was followed by `markCommitted`. The bytes may be views: used at once. */
  changes(): readonly Piece[];
  /** The changes of the last call are durable. */
  markCommitted(): void;
  /** The state as pieces, whole: for archives of other engines, and for hashes. Sorted by key. */
  pieces(): Iterable<{ key: Uint8Array | string; value: Uint8Array }>;
  /** Fires whatever waits for time (mode drain); default: nothing waits. */
  fireAll?(): void;
}

/** A model is state that predicts, learns, has a version and can be replaced by a file. */
export interface ModelDefinition<Handle> extends Omit<StateDefinition<Handle>, 'create'> {
  /** Input and output of the model, compared before a swap. */
  readonly signature: unknown;
  /** Initial version, such as `1` or the hash of a file. */
  readonly version: string;
  create(): ModelInstance<Handle> | Promise<ModelInstance<Handle>>;
  /** It can be stopped alone (`stoppable`); without, it cannot. */
  readonly stops?: StopRules;
  /** Loads a candidate for a swap, warmed, beside the one at work. @throws LastcallError that says why it is refused */
  load?(path: string, version: string): Promise<ModelInstance<Handle>>;
}

export interface ModelInstance<Handle> extends StateInstance<Handle> {
  /** SHA-256 of what decides predictions, hex. */
  hash(): string;
  /** `false` after freeze: learn calls do nothing. */
  learning: boolean;
  /** A small fixed set of inputs gives finite predictions; for swaps also the file's own golden batch if it has one. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export interface SinkContext {
  readonly directory: string;
  readonly database: DatabaseSync;
  /** `sink + source + partition + position + ordinal` start with these. */
  readonly pipeline: string;
  /** Identity of the source: other records at the same positions are other outputs. */
  readonly source?: string;
}

/** Where outputs go, described but not opened. */
export interface Sink<Output> {
  readonly kind: string;
  /** Stable; part of the topology hash and of idempotency keys. */
  readonly identity: string;
  readonly schema: unknown;
  open(context: SinkContext): Promise<OpenSink<Output>>;
}

/** Where an output came from: what makes it the same output after a replay. */
export interface Origin {
  readonly partition: number;
  /** Position after the record. Computed only when asked for. */
  position(): Position;
  /** 0, 1, … among the outputs of one record. */
  readonly ordinal: number;
}

/** Places in the order in which a sink's outputs were committed; the numbers are the sink's own, and only grow. */
export interface Reach {
  /** The newest committed output. */
  readonly committed: number;
  /** This output and all before it are acknowledged. */
  readonly acknowledged: number;
}

/**
 * Outputs are collected by `add`, then per epoch: `prepare` (make what lies outside of the database durable) →
 * `commit` (inside the transaction, synchronous) → COMMIT → `published` (only now is the outside told, invariant 6).
 */
export interface OpenSink<Output> {
  /** The outside is brought to what was committed: half parts are cut back, undelivered outputs are offered again. */
  recover(): Promise<void>;
  /** Must not keep `origin`: it is reused for the next record. A property, so that its types are checked strictly. */
  readonly add: (output: Output, origin: Origin) => void;
  /** Outputs added and not yet in a committed epoch. */
  readonly collected: number;
  /**
   * The stream has ended for good: what is kept open for more outputs is completed with the next epoch.
   * @returns whether something is, so that an epoch is needed though nothing was added
   */
  ended?(): boolean;
  /** May wait (a full outbox); the signal ends the wait, and what was collected is then not committed. */
  prepare?(epoch: number, signal?: AbortSignal): Promise<void>;
  commit(epoch: number): void;
  published?(epoch: number): Promise<void>;
  /** The epoch was rolled back: forget what was collected. */
  discard(): void;
  /** Outputs that are committed but that the outside has not acknowledged yet. */
  readonly unacknowledged: number;
  /** How far the outside has acknowledged what is committed; absent where it has nothing to acknowledge. */
  readonly reach?: Reach;
  /** Resolves when `unacknowledged` is 0 or the signal aborts. */
  acknowledged?(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
