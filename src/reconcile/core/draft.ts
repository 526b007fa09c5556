// One step at work: the state it moves, and what it wants done.
import type { ReconcileEffect, ReconcileState } from '../core.ts';
import type { OpenAttempt } from './ledger.ts';
import type { Recovery } from './recovery.ts';

export interface Draft {
  readonly state: ReconcileState;
  readonly effects: ReconcileEffect[];
  readonly changed: Set<string>;
}

export function setRecovery(draft: Draft, recovery: Recovery): void {
  draft.state.recoveries.set(recovery.taskId, recovery);
  draft.changed.add(recovery.taskId);
}

/** The recovery of this attempt with what the ledger says of it; undefined if it is none any more. */
export function take(
  draft: Draft,
  taskId: string,
  attempt: number,
): { recovery: Recovery; attempt: OpenAttempt } | undefined {
  const recovery = draft.state.recoveries.get(taskId);
  const open = draft.state.ledger.open.get(taskId);
  return recovery && open && recovery.attempt === attempt && open.attempt === attempt
    ? { recovery, attempt: open }
    : undefined;
}

/** The first of `items` for which `test` holds, at most `max`. */
export function first<Item>(items: Iterable<Item>, test: (item: Item) => boolean, max: number): Item[] {
  const found: Item[] = [];
  for (const item of items) {
    if (found.length >= max) break;
    if (test(item)) found.push(item);
  }
  return found;
}
