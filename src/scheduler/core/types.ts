// The words of the scheduler core: jobs, runs, resources, intents. Everything here is plain data that is stored as it is.
// `…AtMs` is scheduler time: monotonic, continued across restarts and boots by the edge, so stored deadlines stay valid;
// `…WallMs` is for people only.

export type JobState = 'queued' | 'starting' | 'running' | 'stopping' | 'completed' | 'failed' | 'cancelled';

export const FINAL_STATES: ReadonlySet<JobState> = new Set(['completed', 'failed', 'cancelled']);

/** What is started: a program with its arguments, never a shell line. The core does not look inside. */
export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What one replica needs. */
export interface Request {
  readonly gpus: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Names of ports; each replica gets one number a name. */
  readonly ports: readonly string[];
}

export interface Readiness {
  /** `/path` asked over HTTP at the first port, or null: the port accepts connections. */
  readonly http: string | null;
  readonly everyMs: number;
  /** A service that is not ready by then has failed. */
  readonly withinMs: number;
}

export interface JobSpec {
  readonly name: string;
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly command: Command;
  /** Run beside the first replica, and end after it. */
  readonly companions: readonly { readonly name: string; readonly command: Command }[];
  readonly request: Request;
  /** Gang: all of them run, or none. */
  readonly replicas: number;
  /** Larger goes first. */
  readonly priority: number;
  readonly after: readonly { readonly job: string; readonly on: 'success' | 'any' }[];
  readonly retries: { readonly max: number; readonly backoffMs: number; readonly backoffMsMax: number };
  /** Longest time from started to asked to end; null = none. What backfill relies on. */
  readonly timeoutMs: number | null;
  /** From the stop signal to the kill. */
  readonly graceMs: number;
  /** Set for a service: it runs until it is asked to end, and is `running` only once this holds. */
  readonly readiness: Readiness | null;
  /** Whether a job of higher priority may ask it to save and make room. */
  readonly preemptible: boolean;
  /** The client's lease; null = it is detached from the beginning. */
  readonly lease: { readonly ttlMs: number; readonly onLoss: 'cancel' | 'detach' } | null;
  /** A queued job whose submitter has not asked for it for so long is held back; null = never. */
  readonly interestMs: number | null;
  /** Jobs of one array; at most `atOnceMax` of them run at the same time. */
  readonly array: { readonly id: string; readonly index: number; readonly atOnceMax: number } | null;
  readonly template: string | null;
  /** Id of the schedule that it came from. */
  readonly schedule: string | null;
}

/** How a process ended, as its keeper recorded it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The exit code in the shutdown report that the process left, or null: without one, 100–110 are its own business. */
  readonly reportCode: number | null;
}

export interface Job {
  readonly id: string;
  /** Order of submission. */
  readonly seq: number;
  readonly spec: JobSpec;
  state: JobState;
  /** In [0, 1), drawn at submission: spreads retries. */
  readonly jitter: number;
  readonly submittedAtMs: number;
  readonly submittedWallMs: number;
  /** Of the current or last run; 0 before the first. */
  attempt: number;
  failures: number;
  preemptions: number;
  /** The run that it has now, or that has not been proven gone yet. */
  run: string | null;
  /** Not placed before; null = at once. */
  notBeforeMs: number | null;
  /** Dependencies that are not over. */
  waitsFor: readonly string[];
  leaseUntilMs: number | null;
  interestUntilMs: number | null;
  /** The next run goes on from the checkpoint directory. */
  resume: boolean;
  startedWallMs: number | null;
  endedWallMs: number | null;
  /** Why it is final, or what happened to its last run. */
  reason: string | null;
  exitCode: number | null;
  /** `http://HOST:PORT` of a service that is ready. */
  url: string | null;
}

export type MemberState = 'spawning' | 'alive' | 'gone';

/** One process tree of a run, with its own keeper. */
export interface Member {
  /** `main.0`, `main.1` …, or `with.NAME`. Safe as a file's name. */
  readonly name: string;
  readonly role: 'main' | 'companion';
  readonly node: string;
  readonly gpus: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly cpus: number;
  readonly memoryBytes: number;
  state: MemberState;
  exit: Exit | null;
}

export type StopReason =
  | 'cancel'
  | 'force'
  | 'preempt'
  | 'timeout'
  | 'complete'
  | 'lease'
  | 'not_ready'
  | 'member'
  | 'shutdown';

export interface RunStop {
  /** A cancel replaces a reason after which the job would run again. */
  reason: StopReason;
  readonly atMs: number;
  readonly graceMs: number;
  /** Who asked. */
  by: string;
  /** The signal was sent: an exit before it is the job's own. */
  signalled: boolean;
}

/** What is fed to the lifecycle core for this run, kept so that a restart goes on where it was. */
export interface RunHappening {
  readonly atMs: number;
  readonly type: 'ready' | 'stop' | 'ended' | 'unsaved' | 'gone' | 'proved' | 'tick' | 'force';
  /** `ended`: the exit code; `stop`: the budget; `proved`: processes ended. */
  readonly value?: number;
  /** `stop`: the kind of cause; `proved`: what the proof came to. */
  readonly text?: string;
  /** `proved`: what is quarantined. */
  readonly list?: readonly string[];
}

/** One attempt of a job: it holds resources from `reserved` until their release is proven. */
export interface Run {
  readonly id: string;
  readonly job: string;
  readonly owner: string;
  readonly attempt: number;
  readonly gpus: number;
  /** `closed` runs are forgotten; `quarantined` ones wait for what they hold. */
  phase: 'starting' | 'running' | 'ending' | 'quarantined';
  readonly members: readonly Member[];
  readonly reservedAtMs: number;
  startedAtMs: number | null;
  /** When it has ended for placement's sums: its time limit plus its grace and the time for the proof. */
  expectedEndMs: number | null;
  stop: RunStop | null;
  /** The job has posted that it is complete: an exit is an end, not a failure. */
  complete: boolean;
  /** What its end means for the job has been said. */
  decided: boolean;
  /** Of the process trees: nobody may run the job again before. */
  treeProven: boolean;
  happenings: RunHappening[];
  /** For whom it makes room. */
  preemptedFor: string | null;
}

export type ResourceState = 'free' | 'reserved' | 'used' | 'releasing' | 'quarantined' | 'foreign';

export interface Resource {
  readonly id: string;
  readonly kind: 'gpu' | 'port' | 'tree';
  state: ResourceState;
  run: string | null;
  /** Why it is quarantined or foreign, for an operator. */
  evidence: string | null;
  /** Looks at it since it was quarantined, and when the next is due. */
  checks: number;
  checkAtMs: number | null;
}

export interface Gpu {
  readonly id: string;
  readonly index: number;
  readonly node: string;
  /** NUMA node of its bus; −1 = not known. */
  readonly numa: number;
}

export interface Node {
  readonly name: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

export interface Pool {
  readonly nodes: readonly Node[];
  readonly gpus: readonly Gpu[];
  /** First and last port that may be handed out; null = none. */
  readonly ports: readonly [number, number] | null;
}

export type IntentKind = 'spawn' | 'signal' | 'kill' | 'release';

/** Committed before its effect; what is open after a crash is inspected, never repeated blindly (invariant 6). */
export interface Intent {
  readonly id: string;
  readonly run: string;
  readonly kind: IntentKind;
  /** The member of a spawn; empty otherwise. */
  readonly member: string;
}

export interface Owner {
  readonly name: string;
  /** GPU-milliseconds, decayed to `atMs`. */
  usage: number;
  atMs: number;
}

export interface OwnerLimits {
  readonly runningGpusMax: number | null;
  readonly runningJobsMax: number | null;
  readonly queuedJobsMax: number | null;
  /** Of everything: larger gets more. Default 1. */
  readonly weight: number;
}

export interface Rules {
  /** Default 7 days. */
  readonly halfLifeMs: number;
  /** A head of the queue that waits longer holds what it needs even without a known end. Default 10 min. */
  readonly starvingMs: number;
  /** For one run's release to be proven. Default 10 s. */
  readonly releaseMs: number;
  /** Default 512. */
  readonly runsMax: number;
  readonly queuedMax: number;
  readonly limits: Readonly<Record<string, OwnerLimits>>;
  readonly defaultLimits: OwnerLimits;
}

export const DEFAULT_RULES: Rules = {
  halfLifeMs: 7 * 24 * 3_600_000,
  starvingMs: 600_000,
  releaseMs: 10_000,
  runsMax: 512,
  queuedMax: 100_000,
  limits: {},
  defaultLimits: { runningGpusMax: null, runningJobsMax: null, queuedJobsMax: null, weight: 1 },
};
