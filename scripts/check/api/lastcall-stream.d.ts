// Public types of the package, made by `npm run check -- --update surface`. Not code; nothing imports it.

export interface ArchiveManifest {
    readonly schema: 'lastcall.archive/1';
    readonly id: string;
    readonly pipeline: string;
    readonly atMs: number;
    readonly epoch: number;
    readonly hash: string;
    readonly topology: string;
    readonly code: string;
    readonly records: number;
    readonly outputs: number;
    readonly dead: number;
    readonly progress: readonly Progress[];
    readonly models: Readonly<Record<string, ModelStamp>>;
    readonly files: readonly ArchivedFile[];
    readonly parent: string | null;
    readonly verified: boolean;
}

export interface ArchiveOptions {
    readonly every?: DurationInput;
    readonly everyRecords?: number;
    readonly keep?: number;
    readonly keepFor?: DurationInput;
}

export interface ArchivedFile {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
}

export class BadRecord {
    readonly reason: string;
    readonly raw: string;
    readonly at: string;
    constructor(reason: string, raw: string, at: string);
}

export type Batch = {
    readonly partition: number;
    readonly length: number;
    readonly after: Position;
    positionAfter(index: number): Position;
} & ({
    readonly columns: Readonly<Record<string, Column>>;
    readonly rows?: never;
} | {
    readonly rows: readonly unknown[];
    readonly columns?: never;
});

export interface BatchStep<Row, State, Model, Output> {
    processBatch(batch: RecordBatch<Row>, context: Omit<Context<State, Model>, 'now' | 'position'>): BatchOutputs<NoInfer<Output>> | Promise<BatchOutputs<NoInfer<Output>>>;
    process?: never;
}

export class CallFailure extends Error {
    readonly name = "CallFailure";
    readonly retryable: boolean;
    readonly retryAfterMs: number | null;
    constructor(message: string, options: {
        retryable: boolean;
        retryAfterMs?: number | null;
        cause?: unknown;
    });
}

export interface CallOptions {
    readonly timeout?: DurationInput;
    readonly retries?: number;
    readonly backoff?: DurationInput;
}

export type Category = string | number | bigint | boolean | null | undefined;

export interface Check {
    readonly name: CheckName;
    readonly result: 'ok' | 'failed' | 'skipped';
    readonly detail: string;
}

export type CheckName = 'header' | 'version' | 'integrity' | 'chain' | 'mark' | 'positions' | 'slots' | 'pieces' | 'topology' | 'source' | 'archive';

export interface Codec<Value> {
    readonly name: string;
    encode(value: Value): Uint8Array;
    decode(bytes: Uint8Array): Value;
}

export type Column = ArrayLike<unknown>;

export interface ColumnBatch {
    readonly epoch: number;
    readonly rows: number;
    readonly columns: Readonly<Record<string, Column>>;
}

export type ColumnType = ValueKind | `${ValueKind}?`;

export interface ColumnsOptions<Output> {
    columns?: {
        readonly [Name in keyof Output]-?: FieldType;
    };
}

export interface CommitOptions {
    readonly records?: number;
    readonly every?: DurationInput;
}

export interface Context<State = unknown, Model = unknown> {
    readonly state: Readonly<State>;
    readonly model: Readonly<Model>;
    readonly version: {
        readonly [Name in keyof Model]: string;
    };
    readonly now: number;
    readonly random: Random;
    readonly partition: number;
    readonly position: Position;
    readonly call: <Result>(name: string, run: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;
}

export interface Counter {
    readonly value: number;
    add(by?: number): number;
}

export interface CsvFilesOptions<Output> extends PartOptions {
    columns?: {
        readonly [Name in keyof Output]-?: FieldType;
    };
}

export interface CsvOptions extends TextFileOptions {
    header?: 'first-line' | 'none';
    delimiter?: string;
    quote?: string;
}

export type CsvRow<Columns extends Readonly<Record<string, CsvType>>> = {
    [Name in keyof Columns]: Columns[Name] extends `${infer Kind extends FieldKind}?` ? ValueOfKind[Kind] | null : Columns[Name] extends FieldKind ? ValueOfKind[Columns[Name]] : never;
};

export type CsvType = FieldKind | `${FieldKind}?`;

export type Depth = 'quick' | 'deep';

export type EventTime = Date | number;

export interface ExportableModel {
    exported(): {
        readonly header: ModelHeader;
        readonly pieces: Iterable<StoredPiece>;
    };
}

export type FeatureRow<Categories extends string, Numbers extends string> = {
    [Name in Categories]: Category;
} & {
    [Name in Numbers]: number;
};

export type FieldType = 'number' | 'integer' | 'real' | 'text' | 'boolean' | 'blob' | 'json';

export interface Holding {
    readonly row: EpochRow;
    readonly manifest: Manifest;
    readonly pipeline: string;
    readonly topology: Topology;
}

export interface HttpIngestOptions<Row> {
    port: number;
    host?: string;
    path?: string;
    readiness?: string;
    token?: string;
    parse?: (value: unknown) => Row;
    idField?: string;
    rememberFor?: DurationInput;
    keepFor?: DurationInput;
    inboxMax?: number;
    bodyBytesMax?: number;
    name?: string;
    onListening?: (url: string) => void;
}

export interface HttpOptions {
    headers?: Readonly<Record<string, string>>;
    name?: string;
    concurrency?: number;
    timeout?: DurationInput;
    retries?: number;
    backoff?: DurationInput;
    backoffMax?: DurationInput;
    outboxMax?: number;
    plainHttp?: 'allowed';
    random?: Random;
}

export interface InspectOptions {
    readonly top?: number;
}

export interface InspectedModel extends InspectedSlot {
    readonly version: string;
    readonly frozen: boolean;
}

export interface InspectedSlot extends Contents {
    readonly name: string;
    readonly kind: string;
    readonly pieces: number;
    readonly bytes: number;
}

export interface InspectedState {
    readonly path: string;
    readonly pipeline: string;
    readonly epoch: number;
    readonly committedAt: string;
    readonly code: string;
    readonly records: number;
    readonly outputs: number;
    readonly positions: readonly {
        readonly partition: number;
        readonly records: number;
        readonly position: string;
    }[];
    readonly states: readonly InspectedSlot[];
    readonly models: readonly InspectedModel[];
    readonly stopped: readonly string[];
    readonly parked: readonly InspectedSlot[];
    readonly deadLetters: {
        readonly records: number;
        readonly outputs: number;
        readonly newest: readonly {
            readonly id: string;
            readonly from: string;
            readonly error: string;
        }[];
    };
    readonly undelivered: number;
    readonly events: readonly (EpochEvent & {
        readonly epoch: number;
        readonly at: string;
        readonly records: number;
    })[];
    readonly archives: readonly {
        readonly id: string;
        readonly at: string;
        readonly records: number;
        readonly bytes: number;
    }[];
}

export type IterableFrom<Row> = (done: number) => Iterable<Row> | AsyncIterable<Row>;

export interface JsonlOptions<Row> extends TextFileOptions {
    parse?: (value: unknown) => Row;
    decode?: (text: string) => Row;
}

export type KeyBy<Row> = (keyof Row & string) | ((row: Row) => StateKey);

export interface KeySummary {
    readonly key: string;
    readonly records?: number;
    readonly sum?: number;
    readonly bytes?: number;
    readonly value?: string;
}

export interface KeyedValue<Value> {
    get(key: StateKey): Kept<Value>;
    set(key: StateKey, value: Value): void;
    update(key: StateKey, change: (value: Kept<Value>) => Value): Value;
    delete(key: StateKey): boolean;
    has(key: StateKey): boolean;
    keys(): string[];
    readonly size: number;
}

export interface KeyedValueOptions<Value> {
    initial: Value;
    codec?: Codec<Value>;
}

export interface LogisticDefinition<Categories extends string, Numbers extends string> extends ModelDefinition<OnlineLogistic<Categories, Numbers>> {
    create(): LogisticModel<Categories, Numbers>;
    load(path: string, version: string): Promise<LogisticModel<Categories, Numbers>>;
}

export interface LogisticModel<Categories extends string, Numbers extends string> extends ModelInstance<OnlineLogistic<Categories, Numbers>>, ExportableModel {
}

export interface ModelDefinition<Handle> extends Omit<StateDefinition<Handle>, 'create'> {
    readonly signature: unknown;
    readonly version: string;
    create(): ModelInstance<Handle> | Promise<ModelInstance<Handle>>;
    readonly stops?: StopRules;
    load?(path: string, version: string): Promise<ModelInstance<Handle>>;
}

export interface ModelInstance<Handle> extends StateInstance<Handle> {
    hash(): string;
    learning: boolean;
    verify(): Promise<void>;
    close(): Promise<void>;
}

export interface ModelStamp {
    readonly version: string;
    readonly frozen: boolean;
}

export interface Numbers {
    readonly length: number;
    readonly values: Readonly<ArrayLike<number>>;
    set(index: number, value: number): void;
}

export interface NumbersOptions {
    length: number;
    type?: 'float64' | 'float32';
}

export type OnError = 'stop' | {
    readonly retries: number;
    readonly then: 'stop' | 'dead-letter';
};

export interface OnlineLogistic<Categories extends string, Numbers extends string> {
    row(): FeatureRow<Categories, Numbers>;
    predict(): number;
    learn(y: number): void;
    predictThenLearn(y: number): number;
    readonly examples: number;
}

export interface OnlineLogisticOptions<Categories extends string, Numbers extends string> {
    readonly features: number;
    readonly seed: number;
    readonly categories?: readonly Categories[];
    readonly numbers?: readonly Numbers[];
    readonly learningRate?: number;
    readonly l2?: number;
}

export interface OnnxModel {
    predict(rows: Float32Array): Promise<Float32Array>;
}

export interface OnnxOptions {
    readonly input: OnnxPort;
    readonly output: OnnxPort;
    readonly version?: string;
    readonly threads?: number;
    readonly timeouts?: {
        readonly load?: DurationInput;
        readonly predict?: DurationInput;
        readonly close?: DurationInput;
    };
}

export interface OnnxPort {
    readonly name: string;
    readonly width: number;
}

export interface OpenSink<Output> {
    recover(): Promise<void>;
    readonly add: (output: Output, origin: Origin) => void;
    readonly collected: number;
    ended?(): boolean;
    prepare?(epoch: number, signal?: AbortSignal): Promise<void>;
    commit(epoch: number): void;
    published?(epoch: number): Promise<void>;
    discard(): void;
    readonly unacknowledged: number;
    readonly reach?: Reach;
    acknowledged?(signal: AbortSignal): Promise<void>;
    close(): Promise<void>;
}

export interface OpenSource {
    readonly partitions: number;
    recordsIn(partition: number): number | null;
    holds(partition: number, position: Position): Promise<boolean>;
    read(partition: number, after: Position, recordsMax: number, signal: AbortSignal): Promise<ReadResult>;
    more(signal: AbortSignal): Promise<void>;
    readonly endless?: boolean;
    committed?(positions: readonly Position[]): void;
    readonly participant?: Participant;
    close(): Promise<void>;
}

export interface Origin {
    readonly partition: number;
    position(): Position;
    readonly ordinal: number;
}

export type Outputs<Output> = Output | readonly Output[] | undefined | void;

export interface ParquetOptions {
    partitions?: number;
}

export type ParquetRow<Columns extends Readonly<Record<string, ColumnType>>> = {
    [Name in keyof Columns]: ColumnValue<Columns[Name]>;
};

export interface PartOptions {
    partBytes?: number;
    partRecords?: number;
    name?: string;
}

export interface Piece {
    readonly key: Uint8Array | string;
    readonly value: Uint8Array | null;
}

export interface Pipeline {
    readonly name: string;
    readonly source: Source<unknown>;
    readonly state: Readonly<Record<string, StateDefinition<unknown>>>;
    readonly model: Readonly<Record<string, ModelDefinition<unknown>>>;
    readonly step: ErasedStep;
    readonly time: ((record: unknown) => number) | null;
    readonly sink: Sink<unknown>;
    readonly onError: {
        readonly retries: number;
        readonly then: 'stop' | 'dead-letter';
    };
    readonly seed: number;
    readonly archive: ArchiveRules | null;
    readonly commit: {
        readonly records: number;
        readonly everyMs: number;
    };
    readonly codeVersion: string;
    readonly calls: Readonly<Record<string, CallPolicy>>;
    readonly parts: readonly ErasedPart[];
    readonly parkedMax: number;
    readonly parkedBytesMax: number;
}

export interface PipelineOptions<Row, State, Model, Output, Parts = {}> {
    readonly source: Source<Row>;
    readonly state?: {
        readonly [Name in keyof State]: StateDefinition<State[Name]>;
    };
    readonly model?: {
        readonly [Name in keyof Model]: ModelDefinition<Model[Name]>;
    };
    readonly time?: (record: Readonly<Row>) => number;
    readonly sink?: Sink<Output>;
    readonly onError?: OnError;
    readonly seed?: number;
    readonly archive?: ArchiveOptions | 'never';
    readonly commit?: CommitOptions;
    readonly calls?: Readonly<Record<string, CallOptions>>;
    readonly parts?: {
        readonly [Name in keyof Parts]: PipelinePart<Row, State, Model, Parts[Name]>;
    };
    readonly parkedMax?: number;
    readonly parkedBytesMax?: number;
    readonly codeVersion?: string;
}

export interface PipelinePart<Row, State, Model, Output> extends StopRules {
    process(record: Readonly<Row>, context: Context<State, Model>): Outputs<NoInfer<Output>> | Promise<Outputs<NoInfer<Output>>>;
    readonly sink?: Sink<Output>;
    readonly uses?: readonly (keyof Model & string)[];
}

export interface PipelineProgress {
    readonly records: number;
    readonly outputs: number;
    readonly deadLetters: number;
    readonly recordsTotal: number | null;
    readonly lag: number | null;
    readonly recordsPerSecond: number;
    readonly etaMs: number | null;
    readonly positions: readonly Position[];
    readonly uncommitted: number;
    readonly epoch: number;
    readonly checkpointAgeMs: number;
    readonly commitMs: number;
    readonly stateBytes: number;
    readonly archiveAgeMs: number | null;
    readonly stepsBack: number;
    readonly models: Readonly<Record<string, ModelStamp>>;
    readonly stopped: readonly string[];
    readonly parked: Readonly<Record<string, number>>;
}

export type Position = readonly number[];

export interface Progress {
    readonly records: number;
    readonly position: Position;
}

export type ReadResult = Batch | 'idle' | 'end';

export interface RecordBatch<Row> {
    readonly length: number;
    readonly columns: {
        readonly [Field in keyof Row]: ArrayLike<Row[Field]>;
    };
    record(index: number): Readonly<Row>;
    positionAfter(index: number): Position;
}

export interface ReplayRequest {
    readonly directory: string;
    readonly from: string | null;
    readonly target: Target;
    readonly into: string;
    readonly onProgress?: (records: number) => void;
}

export interface Replayed {
    readonly pipeline: string;
    readonly path: string;
    readonly from: {
        readonly id: string | null;
        readonly records: number;
    };
    readonly to: {
        readonly records: number;
        readonly positions: readonly string[];
    };
    readonly outputs: number;
    readonly deadLetters: number;
    readonly compared: {
        readonly epoch: number;
        readonly differences: readonly string[];
    } | null;
}

export interface RunOptions extends Omit<UnitOptions, 'kind' | 'workOf' | 'unfinishedWork' | 'reload'> {
    lease?: DurationInput;
}

export interface RunningPipeline {
    readonly unit: Unit;
    readonly directory: string;
    progress(): PipelineProgress | null;
    readonly ended: Promise<Report>;
}

export const START: Position;

export interface Sink<Output> {
    readonly kind: string;
    readonly identity: string;
    readonly schema: unknown;
    open(context: SinkContext): Promise<OpenSink<Output>>;
}

export interface SinkContext {
    readonly directory: string;
    readonly database: DatabaseSync;
    readonly pipeline: string;
    readonly source?: string;
}

export interface SinkDeadLetter {
    readonly id: number;
    readonly sink: string;
    readonly key: string;
    readonly body: string;
    readonly reason: string;
    readonly attempts: number;
    readonly atMs: number;
}

export interface SlidingCount<Row> {
    add(row: Row, at: EventTime): number;
    count(row: Row, at: EventTime): number;
    readonly late: number;
    readonly keys: number;
}

export interface SlidingMean<Row> {
    add(row: Row, at: EventTime, value: number): void;
    mean(row: Row, at: EventTime, otherwise: number): number;
    count(row: Row, at: EventTime): number;
    readonly late: number;
    readonly keys: number;
}

export interface SlidingOptions<Row> {
    by: KeyBy<Row>;
    window: DurationInput;
}

export interface Source<Row> {
    readonly kind: string;
    readonly identity: string;
    readonly schema: unknown;
    open(context: SourceContext): Promise<OpenSource>;
    readonly row?: Row;
}

export interface SourceContext {
    readonly directory: string;
    readonly database: DatabaseSync;
}

export interface SqliteOptions<Output> {
    columns?: {
        readonly [Name in keyof Output]-?: FieldType;
    };
}

export interface SqliteTableOptions<Row> {
    table: string;
    columns?: readonly (keyof Row & string)[];
    orderBy?: string;
    where?: string;
    follow?: boolean;
    poll?: DurationInput;
    name?: string;
}

export interface StateDefinition<Handle> {
    readonly kind: string;
    readonly schema: unknown;
    create(): StateInstance<Handle>;
}

export interface StateInstance<Handle> {
    readonly handle: Handle;
    load(pieces: Iterable<{
        key: Uint8Array | string;
        value: Uint8Array;
    }>): void;
    changes(): readonly Piece[];
    markCommitted(): void;
    pieces(): Iterable<{
        key: Uint8Array | string;
        value: Uint8Array;
    }>;
    fireAll?(): void;
}

export type StateKey = string | number | bigint | boolean;

export interface Step<Row, State, Model, Output> {
    process(record: Readonly<Row>, context: Context<State, Model>): Outputs<NoInfer<Output>> | Promise<Outputs<NoInfer<Output>>>;
    processBatch?: never;
}

export interface StopRules {
    readonly whileStopped: WhileStopped;
    readonly optional?: boolean;
}

export interface Swapped extends Switch {
    readonly epoch: number;
    readonly notReleased: string | null;
}

export type Target = {
    readonly to: 'end';
} | {
    readonly to: 'epoch';
    readonly epoch: number;
} | {
    readonly to: 'records';
    readonly records: number;
} | {
    readonly to: 'position';
    readonly partition: number;
    readonly position: Position;
};

export interface Verdict {
    readonly path: string;
    readonly depth: Depth;
    readonly usable: boolean;
    readonly exitCode: 0 | 106;
    readonly checks: readonly Check[];
    readonly holding: Holding | null;
    readonly archives: readonly VerifiedArchive[];
    readonly fallback: string | null;
    readonly owner: LockOwner | null;
}

export interface VerifiedArchive {
    readonly id: string;
    readonly manifest: ArchiveManifest | null;
    readonly damage: string | null;
}

export interface VerifyOptions {
    readonly depth?: Depth;
    readonly pipeline?: Pipeline;
    readonly signal?: AbortSignal;
}

export type WhileStopped = 'park' | 'pass';

export interface WindowSummary {
    readonly windowMs: number;
    readonly clockMs: number | null;
    readonly records: number;
    readonly late: number;
}

export function checkpointBefore(directory: string, target: Target): string | null;

export function columns<Output extends object>(table: string, options?: ColumnsOptions<Output>): Sink<Output>;

export function counter(): StateDefinition<Counter>;

export function csv<const Columns extends Readonly<Record<string, CsvType>>>(files: string, options: CsvOptions & {
    columns: Columns;
}): Source<CsvRow<Columns>>;
export function csv(files: string, options?: CsvOptions): Source<Readonly<Record<string, string>>>;

export function csvFiles<Output extends object>(directory: string, options?: CsvFilesOptions<Output>): Sink<Output>;

export function dropSinkDeadLetters(database: DatabaseSync, which: readonly number[] | 'all'): number;

export function exportModel(model: ExportableModel, path: string): Promise<string>;

export function fromIterable<Row>(name: string, records: Iterable<Row> | IterableFrom<Row>): Source<Row>;

export function http<Output>(url: string, options?: HttpOptions): Sink<Output>;

export function httpIngest<Row extends object = Record<string, unknown>>(options: HttpIngestOptions<Row>): Source<Row>;

export function inspectState(path: string, { top }?: InspectOptions): InspectedState;

export function jsonl<Row = Record<string, unknown>>(files: string, options?: JsonlOptions<Row>): Source<Row>;

export function jsonlFiles<Output>(directory: string, options?: PartOptions): Sink<Output>;

export function keyedValue<Value>(options: KeyedValueOptions<Value>): StateDefinition<KeyedValue<Value>>;

export function listSinkDeadLetters(database: DatabaseSync, rowsMax: number, after?: number): SinkDeadLetter[];

export function none(): Sink<unknown>;

export function numbers(options: NumbersOptions): StateDefinition<Numbers>;

export function onlineLogistic<const Categories extends string = never, const Numbers extends string = never>(options: OnlineLogisticOptions<Categories, Numbers>): LogisticDefinition<Categories, Numbers>;

export function onnx(file: string, options: OnnxOptions): ModelDefinition<OnnxModel>;

export function parquet<const Columns extends Readonly<Record<string, ColumnType>>>(file: string, options: ParquetOptions & {
    columns: Columns;
}): Source<ParquetRow<Columns>>;
export function parquet<Row extends object = Record<string, unknown>>(file: string, options?: ParquetOptions & {
    columns?: readonly (keyof Row & string)[];
}): Source<Row>;

export function parseTarget(text: string): Target;

export function pipeline<Row, Output = unknown, State = {}, Model = {}, Parts = {}>(name: string, options: PipelineOptions<Row, State, Model, Output, Parts> & (Step<Row, State, Model, Output> | BatchStep<Row, State, Model, Output>)): Pipeline;

export function readColumns(database: DatabaseSync, table: string, after?: number): Generator<ColumnBatch>;

export function replay(pipeline: Pipeline, request: ReplayRequest): Promise<Replayed>;

export function retrySinkDeadLetters(database: DatabaseSync, which: readonly number[] | 'all'): number;

export function runPipeline(pipeline: Pipeline, options?: RunOptions): Promise<Report>;

export function slidingCount<Row>(options: SlidingOptions<Row>): StateDefinition<SlidingCount<Row>>;

export function slidingMean<Row>(options: SlidingOptions<Row>): StateDefinition<SlidingMean<Row>>;

export function sqlite<Output extends object>(table: string, options?: SqliteOptions<Output>): Sink<Output>;

export function sqliteTable<Row extends object = Record<string, unknown>>(file: string, options: SqliteTableOptions<Row>): Source<Row>;

export function startPipeline(pipeline: Pipeline, options?: RunOptions): Promise<RunningPipeline>;

export function statesAt(path: string): string[];

export function stoppable<Handle>(model: ModelDefinition<Handle>, rules: StopRules & {
    readonly whileStopped: 'park';
}): ModelDefinition<Handle>;
export function stoppable<Handle>(model: ModelDefinition<Handle>, rules: StopRules & {
    readonly whileStopped: 'pass';
}): ModelDefinition<Handle | null>;

export function verifyState(path: string, options?: VerifyOptions): Promise<Verdict>;

// not exported, of lifecycle/core/types.d.ts
type AnnounceRule = 'auto' | 'always' | 'never';

// not exported, of stream/pipeline.d.ts
interface ArchiveRules {
    readonly everyMs: number;
    readonly everyRecords: number;
    readonly keep: number;
    readonly keepForMs: number;
}

// not exported, of stream/pipeline.d.ts
type BatchOutputs<Output> = readonly Outputs<Output>[] | undefined | void;

// not exported, of lifecycle/core/types.d.ts
type BudgetSource = 'option' | 'kubernetes' | 'systemd' | 'container' | 'notice' | 'default';

// not exported, of stream/calls/core.d.ts
interface CallPolicy {
    readonly timeoutMs: number;
    readonly retries: number;
    readonly backoffMs: number;
    readonly backoffMaxMs: number;
    readonly breakerFailures: number;
    readonly breakerOpenMs: number;
}

// not exported, of lifecycle/core/types.d.ts
interface Cause {
    readonly kind: CauseKind;
    readonly signal?: SignalName;
    readonly provider?: string;
}

// not exported, of lifecycle/core/types.d.ts
type CauseKind = 'signal' | 'api' | 'preemption' | 'completed' | 'crash' | 'deadline' | 'lease' | 'dependency' | 'unknown';

// not exported, of lifecycle/core/types.d.ts
interface CheckpointRecord {
    readonly id: string;
    readonly verified: boolean;
    readonly stepsBack: number;
    readonly position: Readonly<Record<string, unknown>>;
}

// not exported, of stream/sources/parquet/schema.d.ts
type ColumnValue<Type extends ColumnType> = Type extends `${infer Kind extends ValueKind}?` ? ValueOf<Kind> | null : Type extends ValueKind ? ValueOf<Type> : never;

// not exported, of stream/inspect/summaries.d.ts
interface Contents {
    readonly keys?: number;
    readonly top?: readonly KeySummary[];
    readonly window?: WindowSummary;
    readonly value?: string;
}

// not exported, of lifecycle/types.d.ts
type ControlHandler = (request: ControlRequest) => Promise<{
    status: number;
    body: unknown;
}>;

// not exported, of lifecycle/types.d.ts
interface ControlRequest {
    readonly params: Readonly<Record<string, string>>;
    readonly body: unknown;
}

// not exported, of base/duration.d.ts
type DurationInput = string | number;

// not exported, of stream/engines/embedded/chain.d.ts
type EpochEvent = {
    readonly event: 'created';
} | {
    readonly event: 'restored';
    readonly from: string;
    readonly stepsBack: number;
    readonly why: string;
} | {
    readonly event: 'swapped';
    readonly model: string;
    readonly from: string;
    readonly to: string;
} | {
    readonly event: 'frozen' | 'thawed';
    readonly model: string;
}
 | {
    readonly event: 'stopped' | 'started';
    readonly scope: string;
}
 | {
    readonly event: 'ended';
} | {
    readonly event: 'drained';
};

// not exported, of stream/engines/embedded/chain.d.ts
interface EpochRow {
    readonly epoch: number;
    readonly atMs: number;
    readonly topology: string;
    readonly code: string;
    readonly records: number;
    readonly outputs: number;
    readonly dead: number;
    readonly manifest: string;
    readonly previous: string;
    readonly hash: string;
}

// not exported, of stream/parts.d.ts
interface ErasedPart {
    readonly name: string;
    readonly run: (record: unknown, context: unknown) => unknown;
    readonly sink: Sink<unknown> | null;
    readonly whileStopped: WhileStopped;
    readonly optional: boolean;
    readonly uses: readonly string[];
}

// not exported, of stream/pipeline.d.ts
type ErasedStep = {
    readonly name: string;
    readonly per: 'record';
    run: (record: unknown, context: unknown) => unknown;
} | {
    readonly name: string;
    readonly per: 'batch';
    run: (batch: RecordBatch<unknown>, context: unknown) => unknown;
};

// not exported, of stream/sources/files/csv-fields.d.ts
type FieldKind = 'string' | 'number' | 'bigint' | 'boolean' | 'time';

// not exported, of lifecycle/types.d.ts
interface HookContext {
    readonly signal: AbortSignal;
    readonly stage: StageName;
    readonly cause: Cause;
    readonly mode: StopMode;
    remainingMs(): number;
    extend(ms: number): number;
}

// not exported, of lifecycle/types.d.ts
type HookFunction = (context: HookContext) => void | Promise<void>;

// not exported, of lifecycle/types.d.ts
interface HookOptions {
    dependsOn?: readonly string[];
    finishes?: boolean;
}

// not exported, of stream/state/keyed-value.d.ts
type Kept<Value> = Value extends object ? Readonly<Value> : Value;

// not exported, of lifecycle/core/events.d.ts
type LifecycleEvent = {
    readonly event: 'ready';
} | {
    readonly event: 'stopping';
    readonly cause: Cause;
    readonly budgetMs: number;
} | {
    readonly event: 'stage_started';
    readonly stage: StageName;
    readonly capMs: number;
} | {
    readonly event: 'stage_ended';
    readonly stage: StageName;
    readonly record: StageRecord;
} | {
    readonly event: 'slow';
    readonly stage: StageName;
    readonly pending: readonly string[];
} | {
    readonly event: 'stuck';
    readonly stage: StageName;
    readonly stuck: readonly string[];
} | {
    readonly event: 'hook_failed';
    readonly hook: string;
    readonly stage: StageName;
    readonly error: string;
} | {
    readonly event: 'hook_late';
    readonly hook: string;
    readonly stage: StageName;
} | {
    readonly event: 'extended';
    readonly hook: string;
    readonly grantedMs: number;
    readonly reason: string | null;
} | {
    readonly event: 'signal';
    readonly signal: SignalName;
    readonly counted: boolean;
} | {
    readonly event: 'replanned';
    readonly remainingMs: number;
    readonly why: string;
} | {
    readonly event: 'ended';
    readonly outcome: Outcome;
    readonly exitCode: number;
};

// not exported, of store/lock.d.ts
interface LockOwner extends ProcessIdentity {
    readonly instance: string;
}

// not exported, of stream/engines/embedded/chain.d.ts
interface Manifest {
    readonly progress: readonly Progress[];
    readonly slots: readonly SlotSum[];
    readonly models: Readonly<Record<string, ModelStamp>>;
    readonly runs: readonly (readonly [number, number])[];
    readonly events: readonly EpochEvent[];
    readonly stopped?: readonly string[];
}

// not exported, of lifecycle/types.d.ts
interface MetricFamily {
    readonly name: string;
    readonly help: string;
    readonly type: 'counter' | 'gauge' | 'histogram';
    readonly samples: readonly {
        readonly labels: Readonly<Record<string, string>>;
        readonly value: number;
        readonly suffix?: string;
    }[];
}

// not exported, of stream/models/model-file.d.ts
interface ModelHeader {
    readonly signature: unknown;
    readonly golden: unknown;
}

// not exported, of lifecycle/core/types.d.ts
type Outcome = 'clean' | 'handed_back' | 'incomplete' | 'preempted' | 'forced' | 'killed' | 'failed' | 'fenced' | 'refused';

// not exported, of lifecycle/types.d.ts
interface PartOptions extends Pick<UnitOptions, 'kind' | 'workOf' | 'unfinishedWork' | 'drainCap'> {
    optional?: boolean;
    dependsOn?: readonly string[];
}

// not exported, of lifecycle/types.d.ts
interface Participant {
    join(unit: Unit): void;
}

// not exported, of lifecycle/core/types.d.ts
type Phase = 'starting' | 'ready' | 'stopping' | 'ended';

// not exported, of base/process-identity.d.ts
interface ProcessIdentity {
    readonly pid: number;
    readonly startTime: string;
    readonly bootId: string;
    readonly host: string;
    readonly pidNamespace: string;
}

// not exported, of base/random.d.ts
interface Random {
    next(): number;
    below(bound: number): number;
}

// not exported, of stream/ports.d.ts
interface Reach {
    readonly committed: number;
    readonly acknowledged: number;
}

// not exported, of lifecycle/view.d.ts
interface Readiness {
    readonly ready: boolean;
    readonly stage: StageName | null;
    readonly remainingMs: number | null;
}

// not exported, of lifecycle/core/types.d.ts
interface ReleaseRecord {
    readonly proven: boolean | 'swept';
    readonly processes: {
        readonly ended: number;
        readonly survivors: readonly string[];
    };
    readonly gpus: readonly string[];
    readonly ports: readonly number[];
    readonly quarantined: readonly string[];
}

// not exported, of lifecycle/report.d.ts
interface Report {
    readonly schema: 'lastcall.report/1';
    readonly unit: UnitIdentity;
    readonly cause: {
        readonly kind: CauseKind;
        readonly signal?: SignalName;
        readonly provider?: string;
        readonly at: string;
    };
    readonly outcome: Outcome;
    readonly exitCode: number;
    readonly exitCodeFrom: 'work' | 'ending';
    readonly workExitCode: number | null;
    readonly error: string | null;
    readonly budget: {
        readonly totalMs: number;
        readonly usedMs: number;
        readonly extendedMs: number;
        readonly source: BudgetSource;
    };
    readonly stages: readonly StageRecord[];
    readonly work: {
        readonly of: string;
        readonly accepted: number;
        readonly finished: number;
        readonly returned: number;
        readonly lost: number;
        readonly unknown: number;
        readonly lostIds: readonly string[];
        readonly deadLetters?: number;
    };
    readonly checkpoint: CheckpointRecord | null;
    readonly released: ReleaseRecord;
    readonly signals: readonly SignalRecord[];
    readonly parts: readonly Report[];
}

// not exported, of lifecycle/types.d.ts
type ReportedHook = (report: Report, path: string | null, remainingMs: number) => Promise<void>;

// not exported, of lifecycle/core/types.d.ts
const STAGES: readonly ['announce', 'intake', 'drain', 'persist', 'release'];

// not exported, of lifecycle/core/types.d.ts
type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT';

// not exported, of lifecycle/core/types.d.ts
interface SignalRecord {
    readonly signal: SignalName;
    readonly atMs: number;
}

// not exported, of stream/engines/embedded/piece-store.d.ts
interface SlotSum {
    readonly name: string;
    readonly pieces: number;
    readonly checksums: number;
}

// not exported, of lifecycle/core/types.d.ts
type StageName = (typeof STAGES)[number];

// not exported, of lifecycle/core/types.d.ts
interface StageRecord {
    readonly name: StageName;
    readonly atMs: number;
    readonly tookMs: number;
    readonly capMs: number;
    readonly result: StageResult;
    readonly stuck: readonly string[];
    readonly error: string | null;
}

// not exported, of lifecycle/core/types.d.ts
type StageResult = 'ok' | 'timeout' | 'error' | 'skipped';

// not exported, of lifecycle/core/types.d.ts
type StopMode = 'suspend' | 'drain';

// not exported, of lifecycle/types.d.ts
interface StopRequest {
    cause?: Cause;
    deadline?: DurationInput;
    mode?: StopMode;
}

// not exported, of stream/state/pieces.d.ts
interface StoredPiece {
    readonly key: Uint8Array | string;
    readonly value: Uint8Array;
}

// not exported, of stream/models/slot.d.ts
interface Switch {
    readonly from: string;
    readonly to: string;
}

// not exported, of stream/sources/files/options.d.ts
interface TextFileOptions {
    follow?: boolean;
    poll?: DurationInput;
    recordBytesMax?: number;
    name?: string;
}

// not exported, of stream/core/topology.d.ts
type Topology = Readonly<Record<string, string>>;

// not exported, of lifecycle/types.d.ts
interface Unit extends AsyncDisposable {
    readonly kind: string;
    readonly name: string;
    readonly instance: string;
    readonly phase: Phase;
    readiness(): Readiness;
    readonly work: Work;
    readonly stopRequested: AbortSignal;
    readonly ended: Promise<Report>;
    readonly control: Promise<string | null>;
    use(participant: Participant): this;
    onAnnounce(name: string, hook: HookFunction, options?: HookOptions): this;
    onIntake(name: string, hook: HookFunction, options?: HookOptions): this;
    onDrain(name: string, hook: HookFunction, options?: HookOptions): this;
    onPersist(name: string, hook: HookFunction, options?: HookOptions): this;
    onRelease(name: string, hook: HookFunction, options?: HookOptions): this;
    part(name: string, options?: PartOptions): Unit;
    onReported(hook: ReportedHook): this;
    listening(): void;
    extension(extension: UnitExtension): this;
    ready(): Promise<void>;
    stop(request?: StopRequest): Promise<Report>;
    notice(deadlineMs: number, provider: string): void;
    complete(code?: number): Promise<Report>;
    fail(error: unknown): Promise<Report>;
    workKilled(): void;
    available(available: boolean): void;
    checkpointed(checkpoint: CheckpointRecord): void;
    released(released: ReleaseRecord): void;
    setAside(deadLetters: number): void;
    log(event: string, fields: Readonly<Record<string, unknown>>): void;
    on(listener: (event: LifecycleEvent & {
        unit: string;
        instance: string;
    }) => void): () => void;
}

// not exported, of lifecycle/types.d.ts
interface UnitExtension {
    status?(): Record<string, unknown>;
    metrics?(): readonly MetricFamily[];
    checkpoint?(): Promise<CheckpointRecord>;
    routes?: Readonly<Record<string, ControlHandler>>;
}

// not exported, of lifecycle/report.d.ts
interface UnitIdentity {
    readonly kind: string;
    readonly name: string;
    readonly instance: string;
    readonly pid: number;
    readonly host: string;
}

// not exported, of lifecycle/types.d.ts
interface UnitOptions {
    kind?: string;
    grace?: DurationInput;
    announce?: AnnounceRule;
    announceCap?: DurationInput;
    drainCap?: DurationInput;
    persistExtension?: DurationInput;
    drainExtension?: DurationInput;
    workOf?: string;
    unfinishedWork?: 'returned' | 'lost';
    stateDir?: string;
    healthPort?: number;
    healthHost?: string;
    control?: boolean;
    reportUrl?: string;
    ownsProcess?: boolean;
    reload?: () => void;
    log?: ((line: Record<string, unknown>) => void) | false;
}

// not exported, of stream/sources/parquet/values.d.ts
type ValueKind = 'number' | 'bigint' | 'time' | 'boolean' | 'string' | 'bytes' | 'any';

// not exported, of stream/sources/parquet/schema.d.ts
type ValueOf<Kind extends ValueKind> = ValueOfKind[Kind];

// not exported, of stream/sources/files/csv-fields.d.ts
interface ValueOfKind {
    string: string;
    number: number;
    bigint: bigint;
    boolean: boolean;
    time: number;
}

// not exported, of stream/sources/parquet/schema.d.ts
interface ValueOfKind {
    number: number;
    bigint: bigint;
    time: number;
    boolean: boolean;
    string: string;
    bytes: Uint8Array;
    any: unknown;
}

// not exported, of lifecycle/types.d.ts
interface Work {
    accept(id: string): boolean;
    acceptMany(count: number): boolean;
    finish(id: string): void;
    finishMany(count: number): void;
    giveBack(id: string): void;
    giveBackMany(count: number): void;
    lose(id: string): void;
    loseMany(count: number): void;
    readonly inFlight: number;
    readonly counts: Readonly<{
        accepted: number;
        finished: number;
        returned: number;
        lost: number;
        unknown: number;
    }>;
}
