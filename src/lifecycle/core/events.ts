// What happens to a unit, what its core asks the edge to do about it, and what the world is told. Each event carries the
// time at which it happened (`atMs`).
import type {
  Cause,
  CheckpointRecord,
  ChildFailure,
  Condition,
  HookSpec,
  Outcome,
  ReleaseRecord,
  SignalName,
  StageName,
  StageRecord,
  StopMode,
  TimerName,
  UnitState,
} from './types.ts';

/** Everything that can happen to a unit. */
export type UnitEvent = { readonly atMs: number } & (
  | { readonly type: 'hookAdded'; readonly hook: HookSpec }
  | { readonly type: 'hookRemoved'; readonly hook: string }
  /** A nested unit begins to end on its own, or is back. */
  | { readonly type: 'partDown'; readonly hook: string }
  | { readonly type: 'partUp'; readonly hook: string }
  | { readonly type: 'listening' }
  | { readonly type: 'ready' }
  | {
      readonly type: 'stopRequested';
      readonly cause: Cause;
      /** Budget that the request allows, milliseconds from now; null = as configured. */
      readonly deadlineMs: number | null;
      readonly mode: StopMode;
    }
  | { readonly type: 'signal'; readonly name: SignalName }
  /** A parent or an operator gives up draining (what a second signal does), without a signal. */
  | { readonly type: 'forced' }
  | { readonly type: 'notice'; readonly deadlineMs: number; readonly provider: string }
  | {
      readonly type: 'hookSettled';
      readonly hook: string;
      /** null = well. */
      readonly error: string | null;
      /** For a child: what its own ending came to. */
      readonly conditions: readonly Condition[];
      /** For a child: how it failed without being asked to end (children.ts, `failureOf`). */
      readonly failure?: ChildFailure | null;
    }
  | { readonly type: 'extensionAsked'; readonly hook: string; readonly ms: number }
  | { readonly type: 'workAccepted'; readonly id: string | null; readonly count: number }
  | {
      readonly type: 'workSettled';
      readonly id: string | null;
      readonly count: number;
      readonly as: 'finished' | 'returned' | 'lost' | 'unknown';
    }
  | { readonly type: 'checkpointed'; readonly checkpoint: CheckpointRecord }
  /** So much of the work was set aside, in all. */
  | { readonly type: 'setAside'; readonly deadLetters: number }
  | { readonly type: 'released'; readonly released: ReleaseRecord }
  /** The work ended by itself: code 0 = completed. */
  | { readonly type: 'workEnded'; readonly code: number; readonly error: string | null }
  /** An error that ends the unit; `condition` names the exit code where one applies. */
  /** The work did not end in its time and was killed, by whoever stands around it: exit code 105. */
  | { readonly type: 'workKilled' }
  /** It cannot work for now, as while its command starts again, or can again. */
  | { readonly type: 'available'; readonly available: boolean }
  | { readonly type: 'fatal'; readonly error: string; readonly condition: Condition | null }
  | { readonly type: 'tick' }
);

/** What the edge is asked to do, in order. `after` names the effect that must be durable or done before. */
export type Effect =
  | { readonly type: 'setReadiness'; readonly ready: boolean }
  /** A start-up in progress is given up at its next safe point. */
  | { readonly type: 'abortStart' }
  | { readonly type: 'startHook'; readonly hook: string; readonly kind: 'hook' | 'child'; readonly budgetMs: number }
  /** A child that is ending gets less time than it was started with. */
  | { readonly type: 'limitChild'; readonly hook: string; readonly budgetMs: number }
  /** `AbortSignal` for a hook; for a child, its `forced` event. */
  | { readonly type: 'abortHook'; readonly hook: string; readonly kind: 'hook' | 'child'; readonly reason: string }
  | { readonly type: 'kill'; readonly target: 'everything'; readonly after: 'writeReport' }
  | { readonly type: 'arm'; readonly timer: TimerName; readonly atMs: number }
  | { readonly type: 'disarm'; readonly timer: TimerName }
  /** The deadline moved (or was set): tell the watchdog. */
  | { readonly type: 'setDeadline'; readonly atMs: number }
  /** systemd: EXTEND_TIMEOUT_USEC (microseconds = ms × 1,000). */
  | { readonly type: 'tellPlatform'; readonly extendMs: number }
  | {
      readonly type: 'answerExtension';
      readonly hook: string;
      readonly grantedMs: number;
      readonly reason: string | null;
    }
  /** New work was offered after intake began (invariant 1): the edge must turn it away. */
  | { readonly type: 'refuseWork'; readonly id: string | null; readonly count: number }
  | { readonly type: 'writeReport' }
  | { readonly type: 'emit'; readonly event: LifecycleEvent }
  | { readonly type: 'exit'; readonly code: number; readonly after: 'writeReport' };

/** What the unit tells the world, with stable names (contracts.md, "Log events"). */
export type LifecycleEvent =
  | { readonly event: 'ready' }
  | { readonly event: 'stopping'; readonly cause: Cause; readonly budgetMs: number }
  | { readonly event: 'stage_started'; readonly stage: StageName; readonly capMs: number }
  | { readonly event: 'stage_ended'; readonly stage: StageName; readonly record: StageRecord }
  | { readonly event: 'slow'; readonly stage: StageName; readonly pending: readonly string[] }
  | { readonly event: 'stuck'; readonly stage: StageName; readonly stuck: readonly string[] }
  | { readonly event: 'hook_failed'; readonly hook: string; readonly stage: StageName; readonly error: string }
  | { readonly event: 'hook_late'; readonly hook: string; readonly stage: StageName }
  | { readonly event: 'extended'; readonly hook: string; readonly grantedMs: number; readonly reason: string | null }
  | { readonly event: 'signal'; readonly signal: SignalName; readonly counted: boolean }
  | { readonly event: 'replanned'; readonly remainingMs: number; readonly why: string }
  | { readonly event: 'ended'; readonly outcome: Outcome; readonly exitCode: number };

export interface Step {
  readonly state: UnitState;
  readonly effects: readonly Effect[];
}
