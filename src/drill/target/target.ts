// What a drill does to the thing under drill: whatever kind it is, it can be signalled, watched, and is known to end.
import type { ProcessRow } from '../watch/process-table.ts';

export interface TargetEnd {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  /** null with a signal, and where nobody could learn it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type SignalScope = 'process' | 'group' | 'tree';

export interface Target {
  /** Whether the drill started it, and so may end it. */
  readonly owned: boolean;
  /** Whether its exit code can be learnt. */
  readonly knowsExit: boolean;
  /** `null` until it has ended. */
  readonly end: TargetEnd | null;
  readonly ended: Promise<TargetEnd>;
  /** Its process and all below; empty once there is none. */
  processes(): readonly ProcessRow[];
  /** Processes that belong to it and are there though its first one has ended. */
  survivors(): readonly ProcessRow[];
  /** Sends a signal; nothing happens to processes that are no longer the ones that were seen. */
  signal(name: NodeJS.Signals, to: SignalScope): void;
  /** Lines of stdout and stderr, or null if it is not ours to read. */
  readonly output: readonly string[] | null;
  /** Settles when all output has been read, or after a second: a survivor may hold it open. */
  outputEnded(): Promise<void>;
  /** Whether what ended was replaced by something that is ready; absent where nobody replaces it. */
  isReplaced?(withinMs: number): Promise<boolean>;
  /** Ends all that is left of what the drill started. */
  destroy(): Promise<void>;
}
