// What users of the lifecycle see: options, hooks and the unit itself. unit.ts implements it; features (stream,
// supervise, scheduler, gateway) are written against it.
import type { DurationInput } from '../base/duration.ts';
import type { AnnounceRule, Cause, CheckpointRecord, Phase, ReleaseRecord, StageName, StopMode } from './core/types.ts';
import type { LifecycleEvent } from './core/events.ts';
import type { Report } from './report.ts';
import type { Readiness } from './view.ts';

export interface UnitOptions {
  /** What it is: `pipeline`, `server`, `job`, … Default `service`. */
  kind?: string;
  /** Total budget of the ending. Default: `LASTCALL_GRACE`, else what the platform allows, at most 75 s. */
  grace?: DurationInput;
  /** Whether to wait for routers to notice: see lifecycle.md. Default `auto`. */
  announce?: AnnounceRule;
  /** Cap of announce and intake together. Default 5 s, and never more than 20 % of the total. */
  announceCap?: DurationInput;
  /** Cap of drain. Default 60 s. */
  drainCap?: DurationInput;
  /** How much persist may be extended in sum where the platform allows it. Default 5 min. */
  persistExtension?: DurationInput;
  /** How much drain may be extended in sum. Default 0. */
  drainExtension?: DurationInput;
  /** What is counted: `requests`, `records`, … Default `items`. */
  workOf?: string;
  /** What work in flight at the very end becomes. Default `lost`; pipelines say `returned`. */
  unfinishedWork?: 'returned' | 'lost';
  /** Where reports, sockets and instances live. Default: contracts.md, "Options". */
  stateDir?: string;
  /** Port of /livez, /readyz, /metrics … 0 = any free one. Default: no health server. */
  healthPort?: number;
  /** Address of the health server. Default 127.0.0.1, in a container 0.0.0.0. */
  healthHost?: string;
  /** Serve the control socket, so that `lastcall status|stop NAME` works. Default true. */
  control?: boolean;
  /** Where to POST the report, http(s). Default none. */
  reportUrl?: string;
  /** Install handlers for SIGTERM, SIGINT, SIGHUP, SIGQUIT and uncaught errors, and exit the process. Default true. */
  ownsProcess?: boolean;
  /** What SIGHUP does instead of ending the unit: reading its configuration again, say. Default: SIGHUP ends it. */
  reload?: () => void;
  /** Lines of the log; default: one JSON object a line on stderr. `false` = none. */
  log?: ((line: Record<string, unknown>) => void) | false;
}

/** What a hook gets. */
export interface HookContext {
  /** Aborted when the stage's time is up, or draining is given up. */
  readonly signal: AbortSignal;
  readonly stage: StageName;
  readonly cause: Cause;
  readonly mode: StopMode;
  /** Milliseconds until this stage's limit, as planned now. */
  remainingMs(): number;
  /** Asks for `ms` more from now (a lease, at most 30 s a time); resolves to what was granted, 0 if refused. */
  extend(ms: number): number;
}

export type HookFunction = (context: HookContext) => void | Promise<void>;

/**
 * @param path of the report's file; null if there is no place for one
 * @param remainingMs how long the process waits for it
 */
export type ReportedHook = (report: Report, path: string | null, remainingMs: number) => Promise<void>;

export interface HookOptions {
  /** Names of hooks of the same stage that this one needs while it runs: it runs before them. */
  dependsOn?: readonly string[];
  /**
   * Of `onAnnounce`: the hook lets what comes in come to its own end, while new work is still accepted. It is called only in
   * mode `drain`, and may take as long as drain; if it does not come to its end, the unit's drain did not (100). Default
   * false.
   */
  finishes?: boolean;
}

/** Something that takes part in an ending; `unit.use(participant)` calls `join` once. */
export interface Participant {
  join(unit: Unit): void;
}

export interface StopRequest {
  cause?: Cause;
  /** Instead of `grace`, within what the platform allows; for an ending that runs already only if it is sooner. */
  deadline?: DurationInput;
  mode?: StopMode;
}

/** Accounting of accepted work (invariant 2), by id or in bulk. */
export interface Work {
  /** `false`: intake has begun (invariant 1), turn the work away. */
  accept(id: string): boolean;
  acceptMany(count: number): boolean;
  finish(id: string): void;
  finishMany(count: number): void;
  /** It will be done again by somebody. */
  giveBack(id: string): void;
  giveBackMany(count: number): void;
  lose(id: string): void;
  loseMany(count: number): void;
  readonly inFlight: number;
  readonly counts: Readonly<{ accepted: number; finished: number; returned: number; lost: number; unknown: number }>;
}

/** Extra fields that a feature shows in `GET /status`, in `/metrics` and through the control socket. */
export interface UnitExtension {
  /** Merged into the status object under `details`. */
  status?(): Record<string, unknown>;
  /** Prometheus text lines, or metric families to render; see metrics.ts. */
  metrics?(): readonly MetricFamily[];
  /** Handles `POST /checkpoint`. */
  checkpoint?(): Promise<CheckpointRecord>;
  /** Further control routes, `METHOD /path` with `:name` parameters. */
  routes?: Readonly<Record<string, ControlHandler>>;
}

export interface ControlRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
}
export type ControlHandler = (request: ControlRequest) => Promise<{ status: number; body: unknown }>;

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

/** A thing that can be asked to end. */
export interface Unit extends AsyncDisposable {
  readonly kind: string;
  readonly name: string;
  /** `unit_…`, new at every start. */
  readonly instance: string;
  readonly phase: Phase;
  /** What /readyz says: ready while no ending has begun and no part that it needs is down. */
  readiness(): Readiness;
  readonly work: Work;
  /**
   * Aborted the moment an ending begins: long start-ups and waits end at it. An error that has its reason, or that reason
   * as its cause, is not taken for a failure.
   */
  readonly stopRequested: AbortSignal;
  /** Settles once, with the report, when everything is over. Never rejects. */
  readonly ended: Promise<Report>;
  /** Address of the control socket once it is served: what a child is given as LASTCALL_CONTROL. null where there is none. */
  readonly control: Promise<string | null>;
  use(participant: Participant): this;
  onAnnounce(name: string, hook: HookFunction, options?: HookOptions): this;
  onIntake(name: string, hook: HookFunction, options?: HookOptions): this;
  onDrain(name: string, hook: HookFunction, options?: HookOptions): this;
  onPersist(name: string, hook: HookFunction, options?: HookOptions): this;
  onRelease(name: string, hook: HookFunction, options?: HookOptions): this;
  /** A nested unit (a part or a model): ends in this one's drain, or alone by `stop`. */
  part(name: string, options?: PartOptions): Unit;
  /** Runs when the report is written, before the process exits; what takes longer than the budget is not waited for. */
  onReported(hook: ReportedHook): this;
  /** Something accepts connections, so routers may send work: announce is not skipped. */
  listening(): void;
  extension(extension: UnitExtension): this;
  /** Watchdog, health and control are up, hooks are in place: readiness is 200. */
  ready(): Promise<void>;
  /** Begins (or joins) the ending. */
  stop(request?: StopRequest): Promise<Report>;
  /** A preemption notice: the platform takes the machine in `deadlineMs`. @throws LastcallError `usage` if that is none */
  notice(deadlineMs: number, provider: string): void;
  /** The work ended by itself. Code 0 = completed. @throws LastcallError `usage` for what is no exit code */
  complete(code?: number): Promise<Report>;
  /** An error ends the unit by the stages; a LastcallError's code becomes the exit code where the table has one. */
  fail(error: unknown): Promise<Report>;
  /** The work did not end in its time and was killed: outcome `killed`, exit code 105. */
  workKilled(): void;
  /** Whether it can work: while not, readiness is 503, as while the command of a unit starts again. */
  available(available: boolean): void;
  checkpointed(checkpoint: CheckpointRecord): void;
  released(released: ReleaseRecord): void;
  /** Of the work of this instance, so much in all was set aside as dead letters: the report says it. */
  setAside(deadLetters: number): void;
  /** Writes a line of the log: a stable event name and fields; time, unit and instance are added. */
  log(event: string, fields: Readonly<Record<string, unknown>>): void;
  on(listener: (event: LifecycleEvent & { unit: string; instance: string }) => void): () => void;
}

export interface PartOptions extends Pick<UnitOptions, 'kind' | 'workOf' | 'unfinishedWork' | 'drainCap'> {
  /** The parent stays ready when this part is stopped or fails. Default false. */
  optional?: boolean;
  /** Names of parts that this one needs: it ends before them. */
  dependsOn?: readonly string[];
}
