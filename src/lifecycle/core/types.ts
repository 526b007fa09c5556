// The words of the lifecycle core: options and state. Everything here is plain data; times are milliseconds of a monotonic
// clock that the edge reads and puts into each event (events.ts).
import type { WorkLedger } from './work.ts';

/** The five stages of ending, in order. */
export const STAGES = ['announce', 'intake', 'drain', 'persist', 'release'] as const;
export type StageName = (typeof STAGES)[number];

export type Phase = 'starting' | 'ready' | 'stopping' | 'ended';

export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT';

export type CauseKind =
  | 'signal'
  | 'api'
  | 'preemption'
  | 'completed'
  | 'crash'
  | 'deadline'
  | 'lease'
  | 'dependency'
  | 'unknown';

export interface Cause {
  readonly kind: CauseKind;
  /** For `signal`: which. */
  readonly signal?: SignalName;
  /** For `preemption`: who gave notice. */
  readonly provider?: string;
}

/** `suspend` leaves windows and timers open for the resume; `drain` fires them all and marks the end. */
export type StopMode = 'suspend' | 'drain';

/** How the unit is allowed to announce: see lifecycle.md, "Budget". */
export type AnnounceRule = 'auto' | 'always' | 'never';

/** Who would have to agree that an ending takes longer. */
export type ExtensionRule = 'free' | 'systemd' | 'refused';

export type BudgetSource = 'option' | 'kubernetes' | 'systemd' | 'container' | 'notice' | 'default';

/** One thing to do in a stage. A `child` hook stands for a nested unit and runs in its parent's drain. */
export interface HookSpec {
  /** Unique within the unit. */
  readonly id: string;
  /** What people see in `stuck` and in the report. */
  readonly name: string;
  readonly stage: StageName;
  /** Hook ids of the same stage that this one needs while it runs: it runs before them. */
  readonly dependsOn: readonly string[];
  readonly kind: 'hook' | 'child';
  /** For a child: whether the parent is of use without it. */
  readonly optional: boolean;
  /**
   * In announce: it lets what comes in come to its own end before intake. Only in mode drain, and then for as long as drain
   * may take. Absent: no.
   */
  readonly finishes?: boolean;
}

/** Resolved options of one unit: no optionals, milliseconds. */
export interface UnitConfig {
  /** The option `grace`, else 75,000. A request replaces it; the platform's limit bounds both (budget.ts). */
  readonly graceMs: number;
  readonly graceSource: BudgetSource;
  /** What the platform leaves after preStop and margin; null where nobody outside enforces a limit. */
  readonly platformMs: number | null;
  readonly platformSource: BudgetSource;
  /** Kubernetes: announce is always waited out, a quiet pod is no proof. */
  readonly kubernetes: boolean;
  readonly announce: AnnounceRule;
  /** Cap of announce and intake together, before the 20 % rule. Default 5,000. */
  readonly announceCapMs: number;
  /** Cap of drain. Default 60,000. */
  readonly drainCapMs: number;
  /** Reserve for persist. Default 7,000. */
  readonly persistReserveMs: number;
  /** Reserve for release. Default 3,000. */
  readonly releaseReserveMs: number;
  readonly extension: ExtensionRule;
  /** How much hooks may extend each stage by, in sum. Default drain 0, persist 300,000. */
  readonly extensionMaxMs: Readonly<Record<StageName, number>>;
  /** What work still in flight at the very end becomes: handed back so that it will be done again, or lost. */
  readonly unfinishedWork: 'returned' | 'lost';
}

/** `late`: a child that drain's time-out cut; its persist and release still run, beside its parent's persist. */
export type HookState = 'waiting' | 'running' | 'done' | 'failed' | 'aborted' | 'late';

export interface Hook extends HookSpec {
  readonly state: HookState;
  /** For a child: it is ending or ended on its own, while the parent goes on. */
  readonly down: boolean;
  /** For a child: how it failed on its own, while the parent went on. */
  readonly failure: ChildFailure | null;
}

export interface ChildFailure {
  readonly error: string;
  readonly conditions: readonly Condition[];
  readonly workEnd: WorkEnd | null;
}

export type StageResult = 'ok' | 'timeout' | 'error' | 'skipped';

export interface StageRecord {
  readonly name: StageName;
  /** Milliseconds after the ending began. */
  readonly atMs: number;
  readonly tookMs: number;
  /** The most that the stage could have taken as planned when it began (moved by notices and extensions). */
  readonly capMs: number;
  readonly result: StageResult;
  /** Names of hooks and ids of items that were pending when its time was up. */
  readonly stuck: readonly string[];
  readonly error: string | null;
}

/** The stage that runs now. */
export interface CurrentStage {
  readonly name: StageName;
  /** Absolute, monotonic. */
  readonly startedAtMs: number;
  readonly limitAtMs: number;
  /** When the early warning is due; null once given. */
  readonly slowAtMs: number | null;
  readonly errors: readonly string[];
}

/**
 * What went wrong with an ending; each maps to an exit code (outcome.ts). A parent unites its children's with its own.
 */
export type Condition =
  | 'fenced'
  | 'refused'
  | 'internal'
  | 'killed'
  | 'persist_failed'
  | 'forced'
  | 'lost'
  | 'preempted'
  | 'returned'
  | 'drain_incomplete'
  | 'dependency'
  | 'release_unproven'
  | 'deregistration_failed';

/** How the work itself ended, if it did before the ending was over. */
export interface WorkEnd {
  /** Exit code of the work; 128 + n for a signal. */
  readonly code: number;
  /** Whether an ending had been asked for. */
  readonly asked: boolean;
}

export interface SignalRecord {
  readonly signal: SignalName;
  /** Milliseconds after the ending began; signals that began it have 0. */
  readonly atMs: number;
}

/** The plan and progress of an ending. */
export interface Ending {
  readonly cause: Cause;
  readonly mode: StopMode;
  readonly startedAtMs: number;
  readonly deadlineAtMs: number;
  readonly budgetSource: BudgetSource;
  readonly totalMs: number;
  /** By how much leases have moved the deadline so far. */
  readonly extendedMs: number;
  /** By how much they have moved each stage's limit, which is what `extensionMaxMs` bounds. */
  readonly extendedByStage: Readonly<Partial<Record<StageName, number>>>;
  /** A notice set the deadline, which nobody here may move. A request's deadline may be moved by a lease. */
  readonly deadlineIsOutside: boolean;
  readonly persistReserveMs: number;
  readonly releaseReserveMs: number;
  readonly announceLimitAtMs: number;
  /** Second signal: draining is given up. */
  readonly forced: boolean;
  /** Third signal, or the deadline. */
  readonly killed: 'no' | 'signal' | 'deadline';
  /** An error of the unit itself began this ending. */
  readonly failed: boolean;
  readonly wasReady: boolean;
}

export interface UnitState {
  readonly config: UnitConfig;
  readonly phase: Phase;
  readonly startedAtMs: number;
  readonly readyAtMs: number | null;
  readonly hooks: readonly Hook[];
  /** Something listens, so somebody may call while routers have not noticed. */
  readonly listening: boolean;
  readonly ending: Ending | null;
  readonly stage: CurrentStage | null;
  readonly stages: readonly StageRecord[];
  readonly signals: readonly (SignalRecord & { readonly absoluteMs: number; readonly counted: boolean })[];
  readonly conditions: readonly Condition[];
  readonly workEnd: WorkEnd | null;
  /** Message of the first error that ended, or would have ended, the unit. */
  readonly failure: string | null;
  readonly checkpoint: CheckpointRecord | null;
  /** How much of the work was set aside as dead letters: it counts as finished, and somebody should look at it. */
  readonly deadLetters?: number;
  readonly released: ReleaseRecord;
  readonly outcome: OutcomeRecord | null;
  /** Timers as armed last, absolute. */
  readonly armed: Readonly<Partial<Record<TimerName, number>>>;
  /** Readiness as set last. */
  readonly shownReady: boolean;
  /** What it works with is there; false while, for instance, its command starts again. */
  readonly available: boolean;
  /** Mutable and moved along: the state given to `step` must not be used again. */
  readonly work: WorkLedger;
}

export type TimerName = 'slow' | 'stage' | 'deadline';

export interface OutcomeRecord {
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly exitCodeFrom: 'work' | 'ending';
  readonly endedAtMs: number;
}

export type Outcome =
  | 'clean'
  | 'handed_back'
  | 'incomplete'
  | 'preempted'
  | 'forced'
  | 'killed'
  | 'failed'
  | 'fenced'
  | 'refused';

export interface CheckpointRecord {
  readonly id: string;
  readonly verified: boolean;
  /** How many checkpoints newer than this one had to be passed over. 0 = the newest. */
  readonly stepsBack: number;
  readonly position: Readonly<Record<string, unknown>>;
}

export interface ReleaseRecord {
  /** `true`, `swept` (cookie sweep only, scheduler.md), or `false`. */
  readonly proven: boolean | 'swept';
  readonly processes: { readonly ended: number; readonly survivors: readonly string[] };
  readonly gpus: readonly string[];
  readonly ports: readonly number[];
  readonly quarantined: readonly string[];
}
