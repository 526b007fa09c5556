// What happens to the scheduler, and what its core asks the edge to do about it. Effects are carried out only after the
// rows that the same step marked as changed are durable (invariant 6): the edge commits, then acts.
import type { UnitState } from '../../lifecycle/core/types.ts';
import type { Exit, JobSpec, Job, Pool, Run, StopReason } from './types.ts';

export interface NewJob {
  readonly id: string;
  readonly spec: JobSpec;
  /** In [0, 1). */
  readonly jitter: number;
}

/** What was found of a run's member after a restart (scheduler.md, "Start-up", 3). */
export type MemberFinding =
  /** Its keeper is alive: re-adopted. */
  | { readonly kind: 'alive' }
  /** Its exit record is there. */
  | { readonly kind: 'exited'; readonly exit: Exit }
  /** The spawn was revoked before its keeper claimed it: nothing was started. */
  | { readonly kind: 'never' }
  /** Keeper gone without an exit record: a dead keeper proves nothing. */
  | { readonly kind: 'lost'; readonly why: string }
  /** Another host's: nothing is known. */
  | { readonly kind: 'unknown'; readonly why: string };

export type SchedulerEvent = { readonly atMs: number; readonly wallMs: number } & (
  | { readonly type: 'poolFound'; readonly pool: Pool }
  | {
      readonly type: 'submitted';
      readonly jobs: readonly NewJob[];
      /** Of dependencies that the core does not hold any more: id → whether it completed. */
      readonly ended: Readonly<Record<string, boolean>>;
    }
  | {
      readonly type: 'cancelled';
      readonly job: string;
      readonly by: string;
      /** null: the job's own. */
      readonly graceMs: number | null;
      readonly force: boolean;
    }
  | { readonly type: 'preempted'; readonly job: string; readonly by: string }
  /** A preemption notice of the machine: all save, nothing is started. */
  | { readonly type: 'noticed'; readonly deadlineMs: number; readonly provider: string }
  | { readonly type: 'requeued'; readonly job: string; readonly by: string; readonly record: Job | null }
  | { readonly type: 'completeAsked'; readonly job: string; readonly by: string }
  /** Posted by the job itself through its control socket. */
  | { readonly type: 'completePosted'; readonly run: string }
  | { readonly type: 'leaseRenewed'; readonly job: string }
  | { readonly type: 'polled'; readonly job: string }
  | { readonly type: 'spawned'; readonly run: string; readonly member: string }
  /** Nothing was started, and nothing will be. */
  | {
      readonly type: 'spawnFailed';
      readonly run: string;
      readonly member: string;
      readonly why: string;
      readonly code: number;
    }
  | { readonly type: 'exited'; readonly run: string; readonly member: string; readonly exit: Exit }
  /** Gone, and nobody knows how. */
  | { readonly type: 'lost'; readonly run: string; readonly member: string; readonly why: string }
  | { readonly type: 'isReady'; readonly run: string; readonly url: string }
  | { readonly type: 'signalled'; readonly run: string }
  | { readonly type: 'killed'; readonly run: string }
  /** The result of `prove`: `unproven` names what could not be shown to be released, with the evidence. */
  | {
      readonly type: 'proved';
      readonly run: string;
      readonly tree: 'proven' | 'swept' | 'unproven';
      readonly unproven: Readonly<Record<string, string>>;
    }
  | { readonly type: 'checked'; readonly resource: string; readonly evidence: string | null }
  | { readonly type: 'checkAsked'; readonly resource: string }
  | { readonly type: 'cleared'; readonly resource: string; readonly by: string }
  /** Somebody else's processes on free GPUs: id → who, for all that are seen now. */
  | { readonly type: 'foreignSeen'; readonly gpus: Readonly<Record<string, string>> }
  | {
      readonly type: 'recovered';
      readonly findings: Readonly<Record<string, MemberFinding>>;
      /** Runs whose signal was sent, or may have been. */ readonly signalled: readonly string[];
    }
  /** Recovery is over: only now is anything placed. */
  | { readonly type: 'opened' }
  | {
      readonly type: 'closing';
      readonly policy: 'cancel' | 'drain' | 'leave';
      readonly by: string;
      /** The most that each may take; null = its own. */ readonly graceMs: number | null;
    }
  | { readonly type: 'place' }
  | { readonly type: 'tick' }
);

export type SchedulerEffect =
  | { readonly type: 'spawn'; readonly run: string; readonly member: string; readonly intent: string }
  | {
      readonly type: 'signal';
      readonly run: string;
      readonly intent: string;
      /** Why, for the control event that goes with it. */
      readonly reason: StopReason;
      readonly graceMs: number;
    }
  | { readonly type: 'kill'; readonly run: string; readonly intent: string }
  | { readonly type: 'prove'; readonly run: string; readonly withinMs: number }
  /** Start asking whether a service is ready. */
  | { readonly type: 'probe'; readonly run: string }
  | { readonly type: 'check'; readonly resource: string }
  /** The run is over: its shutdown report. */
  | { readonly type: 'report'; readonly run: Run; readonly job: Job; readonly unit: UnitState };

/** What the world is told, with stable names. Stored with the rows of the same step, so nothing is told that is not so. */
export interface Told {
  readonly event: string;
  readonly job?: string;
  readonly run?: string;
  readonly resource?: string;
  readonly owner?: string;
  readonly wallMs: number;
  readonly [field: string]: unknown;
}
