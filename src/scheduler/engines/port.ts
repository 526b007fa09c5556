// What the scheduler needs of whoever runs its jobs. What it is told comes back as events, at once and after a restart.
import type { MemberFinding } from '../core/events.ts';
import type { Command, Exit, Member, Pool, Run } from '../core/types.ts';

export interface SpawnRequest {
  readonly run: Run;
  readonly member: Member;
  /** With everything that the job is to see in its environment, but for the cookie. */
  readonly command: Command;
  readonly memoryBytes: number;
}

/** What is seen of members. */
export interface EngineListener {
  spawned(run: string, member: string): void;
  spawnFailed(run: string, member: string, why: string, code: number): void;
  exited(run: string, member: string, exit: Exit): void;
  lost(run: string, member: string, why: string): void;
}

export interface Proven {
  readonly tree: 'proven' | 'swept' | 'unproven';
  /** Resource → evidence. */
  readonly unproven: Readonly<Record<string, string>>;
}

export interface Engine extends AsyncDisposable {
  /** What there is to be handed out. */
  pool(): Promise<Pool>;
  /** Starts a member's keeper; the listener hears of the rest. */
  spawn(request: SpawnRequest): void;
  /** What became of a member while nobody looked. One that is alive is listened to from now on. */
  inspect(run: Run, member: Member): MemberFinding;
  /** Whether it was asked to end, or may have been. */
  wasSignalled(run: Run): boolean;
  /** Asks all processes to end, at most once in the run's life. */
  signal(run: Run): void;
  kill(run: Run): void;
  prove(run: Run, withinMs: number): Promise<Proven>;
  /** Looks at a quarantined resource again. @returns the evidence against it, or null */
  check(resource: string, run: Run | null): Promise<string | null>;
  /** GPU → who computes on it, of those that no run of ours has. */
  foreign(runs: readonly Run[]): Promise<Readonly<Record<string, string>>>;
  /** Kills what carries our cookies and belongs to none of these runs. @returns what it was */
  sweep(runs: readonly Run[]): readonly string[];
  /** The run is over: nothing of it is listened to any more. */
  forget(run: string): void;
}
