// Public types of the package, made by `npm run check -- --update surface`. Not code; nothing imports it.

export type AnnounceRule = 'auto' | 'always' | 'never';

export interface Cause {
    readonly kind: CauseKind;
    readonly signal?: SignalName;
    readonly provider?: string;
}

export type CauseKind = 'signal' | 'api' | 'preemption' | 'completed' | 'crash' | 'deadline' | 'lease' | 'dependency' | 'unknown';

export interface CheckpointRecord {
    readonly id: string;
    readonly verified: boolean;
    readonly stepsBack: number;
    readonly position: Readonly<Record<string, unknown>>;
}

export type ControlHandler = (request: ControlRequest) => Promise<{
    status: number;
    body: unknown;
}>;

export interface ControlRequest {
    readonly params: Readonly<Record<string, string>>;
    readonly body: unknown;
}

export interface DrainHttpOptions {
    readiness?: string;
    name?: string;
    goodbye?: (open: readonly OpenExchange[], context: HookContext) => void | Promise<void>;
}

export type DurationInput = string | number;

export type ErrorCode = keyof typeof CODES;

export interface HookContext {
    readonly signal: AbortSignal;
    readonly stage: StageName;
    readonly cause: Cause;
    readonly mode: StopMode;
    remainingMs(): number;
    extend(ms: number): number;
}

export type HookFunction = (context: HookContext) => void | Promise<void>;

export interface HookOptions {
    dependsOn?: readonly string[];
    finishes?: boolean;
}

export type HttpServer = PlainServer | SecureServer | Http2Server | Http2SecureServer;

export class LastcallError extends Error {
    readonly name = "LastcallError";
    readonly code: ErrorCode;
    readonly what: string;
    readonly on: string | undefined;
    readonly todo: string;
    constructor(code: ErrorCode, parts: ErrorParts);
    get exitCode(): number;
    get retryable(): boolean;
}

export type LifecycleEvent = {
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

export interface MetricFamily {
    readonly name: string;
    readonly help: string;
    readonly type: 'counter' | 'gauge' | 'histogram';
    readonly samples: readonly {
        readonly labels: Readonly<Record<string, string>>;
        readonly value: number;
        readonly suffix?: string;
    }[];
}

export interface OpenExchange {
    readonly id: string;
    readonly kind: ExchangeKind;
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly socket: Duplex;
    readonly response: ServerResponse | null;
}

export type Outcome = 'clean' | 'handed_back' | 'incomplete' | 'preempted' | 'forced' | 'killed' | 'failed' | 'fenced' | 'refused';

export interface PartOptions extends Pick<UnitOptions, 'kind' | 'workOf' | 'unfinishedWork' | 'drainCap'> {
    optional?: boolean;
    dependsOn?: readonly string[];
}

export interface Participant {
    join(unit: Unit): void;
}

export type Phase = 'starting' | 'ready' | 'stopping' | 'ended';

export interface Readiness {
    readonly ready: boolean;
    readonly stage: StageName | null;
    readonly remainingMs: number | null;
}

export interface ReleaseRecord {
    readonly proven: boolean | 'swept';
    readonly processes: {
        readonly ended: number;
        readonly survivors: readonly string[];
    };
    readonly gpus: readonly string[];
    readonly ports: readonly number[];
    readonly quarantined: readonly string[];
}

export interface Report {
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

export type ReportedHook = (report: Report, path: string | null, remainingMs: number) => Promise<void>;

export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT';

export type StageName = (typeof STAGES)[number];

export interface StageRecord {
    readonly name: StageName;
    readonly atMs: number;
    readonly tookMs: number;
    readonly capMs: number;
    readonly result: StageResult;
    readonly stuck: readonly string[];
    readonly error: string | null;
}

export type StopMode = 'suspend' | 'drain';

export interface StopRequest {
    cause?: Cause;
    deadline?: DurationInput;
    mode?: StopMode;
}

export interface Unit extends AsyncDisposable {
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

export interface UnitExtension {
    status?(): Record<string, unknown>;
    metrics?(): readonly MetricFamily[];
    checkpoint?(): Promise<CheckpointRecord>;
    routes?: Readonly<Record<string, ControlHandler>>;
}

export interface UnitIdentity {
    readonly kind: string;
    readonly name: string;
    readonly instance: string;
    readonly pid: number;
    readonly host: string;
}

export interface UnitOptions {
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

export interface Work {
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

export function drainHttp(server: HttpServer, options?: DrainHttpOptions): Participant;

export function flushPino(logger: object): Participant;

export function unit(name: string, options?: UnitOptions): Unit;

// not exported, of lifecycle/core/types.d.ts
type BudgetSource = 'option' | 'kubernetes' | 'systemd' | 'container' | 'notice' | 'default';

// not exported, of base/errors.d.ts
const CODES: {
    readonly failed: {
        readonly exitCode: 1;
        readonly retryable: false;
    };
    readonly usage: {
        readonly exitCode: 2;
        readonly retryable: false;
    };
    readonly not_found: {
        readonly exitCode: 1;
        readonly retryable: false;
    };
    readonly not_runnable: {
        readonly exitCode: 126;
        readonly retryable: false;
    };
    readonly command_not_found: {
        readonly exitCode: 127;
        readonly retryable: false;
    };
    readonly persist_failed: {
        readonly exitCode: 101;
        readonly retryable: true;
    };
    readonly state_refused: {
        readonly exitCode: 106;
        readonly retryable: false;
    };
    readonly fenced: {
        readonly exitCode: 107;
        readonly retryable: false;
    };
    readonly dependency: {
        readonly exitCode: 109;
        readonly retryable: true;
    };
    readonly internal: {
        readonly exitCode: 110;
        readonly retryable: false;
    };
    readonly timeout: {
        readonly exitCode: 1;
        readonly retryable: true;
    };
    readonly cancelled: {
        readonly exitCode: 1;
        readonly retryable: true;
    };
    readonly disk_full: {
        readonly exitCode: 101;
        readonly retryable: true;
    };
    readonly io: {
        readonly exitCode: 1;
        readonly retryable: true;
    };
};

// not exported, of base/errors.d.ts
interface ErrorParts {
    what: string;
    on?: string | undefined;
    todo: string;
    cause?: unknown;
}

// not exported, of lifecycle/http/tracker.d.ts
type ExchangeKind = 'request' | 'events' | 'upgrade';

// not exported, of lifecycle/core/types.d.ts
const STAGES: readonly ['announce', 'intake', 'drain', 'persist', 'release'];

// not exported, of lifecycle/core/types.d.ts
interface SignalRecord {
    readonly signal: SignalName;
    readonly atMs: number;
}

// not exported, of lifecycle/core/types.d.ts
type StageResult = 'ok' | 'timeout' | 'error' | 'skipped';
