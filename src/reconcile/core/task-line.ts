// One line of a task log (contracts: "Task log"), read and checked.

export type TaskStatus = 'submitted' | 'started' | 'completed' | 'failed' | 'cancelled';

export interface TaskLine {
  readonly taskId: string;
  readonly status: TaskStatus;
  /** When, by the clock of whoever wrote it: wall-clock milliseconds. */
  readonly timeMs: number;
  /** 1, 2, …; a line that names none is about attempt 1. */
  readonly attempt: number;
  /** Address of the node that works on it. */
  readonly node: string | null;
  /** The job, process or pod that works on it. */
  readonly job: string | null;
  /** Whether doing it twice does no harm; null where nobody said. */
  readonly idempotent: boolean | null;
  /** Where its input lies. */
  readonly payloadRef: string | null;
}

/** Attempts beyond this are not taken for attempts. */
export const ATTEMPT_MAX = 65_000;
