// What the lines say of each task, whatever order they come in and however often: which attempt is the newest, whether
// it started, and whether it ended. Two properties carry everything that is built on this: lines commute (attempts and
// ends only grow), and a line that comes again changes nothing. Like the lifecycle's work ledger it moves in place.
import { COMPLETED, type EndedTasks } from './ended-tasks.ts';
import type { TaskLine } from './task-line.ts';

/** The newest attempt of a task of which no end is known. */
export interface OpenAttempt {
  readonly taskId: string;
  attempt: number;
  /** Its earliest `started` line; null while it only was submitted. */
  startedMs: number | null;
  submittedMs: number | null;
  /** The newest line about it. */
  seenMs: number;
  node: string | null;
  job: string | null;
  /** Harmless to do twice: somebody said so, and nobody the contrary. */
  idempotent: boolean | null;
  payloadRef: string | null;
  /** Its end may have been forgotten (ended-tasks.ts), so that nothing follows from there being none. */
  isBeyondMemory: boolean;
  /** It stands in the database as well. */
  isStored: boolean;
}

export interface LedgerCounts {
  lines: number;
  completed: number;
  /** Attempts that failed or were cancelled. */
  endedOtherwise: number;
}

export class TaskLedger {
  readonly open = new Map<string, OpenAttempt>();
  readonly ended: EndedTasks;
  readonly counts: LedgerCounts;
  /** Attempts that changed, and ids of stored ones that ended, since `markStored`. */
  readonly changed = new Set<OpenAttempt>();
  readonly removed = new Set<string>();

  constructor(ended: EndedTasks, counts: LedgerCounts, open: Iterable<OpenAttempt> = []) {
    this.ended = ended;
    this.counts = { ...counts };
    for (const attempt of open) this.open.set(attempt.taskId, attempt);
  }

  apply(line: TaskLine): void {
    this.counts.lines++;
    switch (line.status) {
      case 'completed':
        this.#close(line, COMPLETED);
        return;
      case 'failed':
      case 'cancelled':
        this.#close(line, line.attempt);
        return;
      default:
        this.#note(line);
    }
  }

  /** The task is over, by the word of somebody who knows: no line is needed. */
  settle(taskId: string, atMs: number): void {
    this.ended.close(taskId, COMPLETED, atMs);
    this.#drop(taskId);
  }

  markStored(): void {
    for (const attempt of this.changed) attempt.isStored = true;
    this.changed.clear();
    this.removed.clear();
    this.ended.markStored();
  }

  #note(line: TaskLine): void {
    const known = this.open.get(line.taskId);
    if (known && known.attempt >= line.attempt) {
      if (known.attempt > line.attempt) return; // whoever began the newer attempt answers for the older one
      merge(known, line);
      this.changed.add(known);
      return;
    }
    if (this.ended.closedThrough(line.taskId) >= line.attempt) return;
    if (known) this.changed.delete(known);
    const opened: OpenAttempt = {
      taskId: line.taskId,
      attempt: line.attempt,
      startedMs: null,
      submittedMs: null,
      seenMs: line.timeMs,
      node: null,
      job: null,
      idempotent: null,
      payloadRef: null,
      isBeyondMemory: line.timeMs <= this.ended.horizonMs,
      isStored: known?.isStored ?? false,
    };
    merge(opened, line);
    this.open.set(line.taskId, opened);
    this.changed.add(opened);
  }

  #close(line: TaskLine, attempt: number): void {
    const before = this.ended.closedThrough(line.taskId);
    if (before < attempt) {
      if (attempt === COMPLETED) this.counts.completed++;
      else this.counts.endedOtherwise++;
      this.ended.close(line.taskId, attempt, line.timeMs);
    }
    const known = this.open.get(line.taskId);
    if (known && known.attempt <= attempt) this.#drop(line.taskId);
  }

  #drop(taskId: string): void {
    const known = this.open.get(taskId);
    if (!known) return;
    this.open.delete(taskId);
    this.changed.delete(known);
    if (known.isStored) this.removed.add(taskId);
  }
}

/** Takes what a line says into its attempt; in any order the same comes out. */
function merge(attempt: OpenAttempt, line: TaskLine): void {
  if (line.status === 'started') attempt.startedMs = least(attempt.startedMs, line.timeMs);
  else attempt.submittedMs = least(attempt.submittedMs, line.timeMs);
  if (line.timeMs > attempt.seenMs) attempt.seenMs = line.timeMs;
  if (line.idempotent !== null) attempt.idempotent = line.idempotent && attempt.idempotent !== false;
  attempt.node = first(attempt.node, line.node);
  attempt.job = first(attempt.job, line.job);
  attempt.payloadRef = first(attempt.payloadRef, line.payloadRef);
}

function least(known: number | null, timeMs: number): number {
  return known === null || timeMs < known ? timeMs : known;
}

/** Where lines disagree the text that sorts first counts, since "the last one" would depend on their order. */
function first(known: string | null, said: string | null): string | null {
  if (said === null) return known;
  return known === null || said < known ? said : known;
}
