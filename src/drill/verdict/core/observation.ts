// What one trial saw, as values: everything the verdict is made from. `null` is: not measured, and then nothing is said.
import type { RequestRecord } from '../../load/types.ts';
import type { Probe } from '../../watch/probe.ts';

export type When = 'load' | 'start' | 'idle' | 'checkpoint';

export interface Observation {
  readonly seed: number;
  readonly when: When;
  /** Name of the signal that began the ending: `SIGTERM`. */
  readonly signal: string;
  /** Of that signal; null if it never came to it. All times are monotonic milliseconds. */
  readonly signalMs: number | null;
  /** `afterMs`: how long after the first it was to be. */
  readonly secondSignal: { readonly name: string; readonly atMs: number; readonly afterMs: number } | null;
  readonly end: { readonly atMs: number; readonly code: number | null; readonly signal: string | null } | null;
  /** Whether its exit code could be learnt. */
  readonly knowsExit: boolean;
  /** Others answer for it, through a router of somebody else: then a client must not notice that it ends at all. */
  readonly behindRouter: boolean;
  /** The drill had to end it, or gave up waiting. */
  readonly passedDeadline: boolean;
  readonly wasReady: boolean;
  /** Requests that were due a second. */
  readonly rate: number;
  readonly requests: readonly RequestRecord[];
  readonly unsent: number;
  /** null: not asked. */
  readonly readiness: readonly Probe[] | null;
  readonly liveness: readonly Probe[] | null;
  readonly processesLeft: readonly string[];
  readonly portsLeft: readonly number[];
  readonly filesLeft: readonly string[] | null;
  readonly gpuLeft: readonly string[] | null;
  /** Answered requests whose id the target logs as a rule, and that it did not log. */
  readonly logLost: number | null;
  readonly ledger: { readonly lost: readonly string[]; readonly doubled: readonly string[] } | null;
  /** How far a job was at the signal, by the ids that are expected of it; null for what is no job. */
  readonly job: { readonly done: number; readonly expected: number } | null;
  /** Whether it came up again; null: not asked. */
  readonly restarted: boolean | null;
  /** The longest time for which the drill's own event loop stood still. */
  readonly stallMs: number;
  /** The last that it said, for a target that never became ready. */
  readonly lastWords: string;
}

export interface Expectations {
  /** Exit codes that are right; null: 0, or death by the signal. */
  readonly exitCodes: readonly number[] | null;
  /** How long routers take to notice a 503. */
  readonly noticeMs: number;
  /** Longest time from the last answer to the exit. */
  readonly lingerMs: number;
  readonly deadlineMs: number;
}
