// What the scheduler needs of a store. Two implementations, one contract (testing/contract.ts): SQLite on this machine, and
// PostgreSQL where a standby on another one shall take over.
import type { Told } from '../core/events.ts';
import type { Changes, Stored } from '../core/state.ts';
import type { Job, JobState } from '../core/types.ts';

/** Where scheduler time stood at a commit, so that it goes on from there after a restart or a boot. */
export interface TimeAnchor {
  readonly bootId: string;
  /** Scheduler time. */
  readonly atMs: number;
  /** Monotonic since boot. */
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export interface Loaded extends Stored {
  readonly anchor: TimeAnchor | null;
}

/** The answer that was given to a request with an `Idempotency-Key`. */
export interface Answered {
  readonly owner: string;
  readonly key: string;
  /** Of the request: the same key with another request is a mistake of the client. */
  readonly hash: string;
  readonly jobs: readonly string[];
}

/** All of it is durable when `commit` has settled, or none of it. */
export interface Batch {
  readonly changes: Changes;
  readonly anchor: TimeAnchor;
  readonly answered: readonly Answered[];
  /** Shutdown reports of runs that are over, as JSON. */
  readonly reports: readonly {
    readonly run: string;
    readonly job: string;
    readonly attempt: number;
    readonly text: string;
  }[];
}

export interface StoredEvent extends Told {
  /** Grows; what SSE calls Last-Event-ID. */
  readonly id: number;
}

export interface JobQuery {
  readonly owner: string | null;
  readonly states: readonly JobState[];
  readonly label: readonly [string, string] | null;
  /** Newest first, and only older than this one (a job's seq); null = from the newest. */
  readonly before: number | null;
  readonly limit: number;
}

export interface EventQuery {
  readonly after: number;
  readonly job: string | null;
  readonly owner: string | null;
  readonly limit: number;
}

export interface Schedule {
  readonly id: string;
  readonly owner: string;
  /** Five or six fields, as croner reads them. */
  readonly cron: string;
  readonly timeZone: string;
  /** What is submitted: a request as it was given, resolved anew each time. */
  readonly request: unknown;
  /** While the one before is not over: `skip` it or `queue` it. */
  readonly overlap: 'skip' | 'queue';
  readonly lastWallMs: number | null;
  readonly nextWallMs: number | null;
}

export interface SchedulerStore extends AsyncDisposable {
  /** `store_…`: whose cookies are ours. */
  readonly storeId: string;
  /** Grows with every owner; what an earlier owner writes later is refused. */
  readonly epoch: number;
  load(): Promise<Loaded>;
  /**
   * @returns ids of the events in the batch, in order
   * @throws LastcallError `disk_full`, `io`, `fenced` (another owner has taken over)
   */
  commit(batch: Batch): Promise<readonly number[]>;
  job(id: string): Promise<Job | null>;
  /** Of jobs that are over: id → whether it completed. Others are left out. */
  outcomes(ids: readonly string[]): Promise<Readonly<Record<string, boolean>>>;
  jobs(query: JobQuery): Promise<readonly Job[]>;
  events(query: EventQuery): Promise<readonly StoredEvent[]>;
  /** The newest attempt's, or that of one attempt. */
  report(job: string, attempt: number | null): Promise<string | null>;
  answered(owner: string, key: string): Promise<Answered | null>;
  schedules(): Promise<readonly Schedule[]>;
  putSchedule(schedule: Schedule): Promise<void>;
  removeSchedule(id: string): Promise<void>;
  /** Forgets the oldest jobs that are over beyond `jobsMax`, and events beyond `eventsMax`, some at a time. @returns ids of jobs */
  prune(limits: { readonly jobsMax: number; readonly eventsMax: number }): Promise<readonly string[]>;
}
