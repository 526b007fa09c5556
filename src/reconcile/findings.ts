// What was found, for people and programs: one row for each attempt that began and of which no end is known.
import { rfc3339 } from '../base/clock.ts';
import type { ReconcileState } from './core.ts';
import { obstacleToResubmit } from './core/recover.ts';
import type { OpenAttempt } from './core/ledger.ts';
import type { Phase, Recovery } from './core/recovery.ts';

export interface Finding {
  readonly task_id: string;
  readonly attempt: number;
  readonly node: string | null;
  readonly job: string | null;
  /** When it started, RFC 3339. */
  readonly since: string;
  readonly phase: Phase;
  readonly evidence: string;
  /** What is done about it, or would be. */
  readonly action: string;
}

export interface ActionNames {
  readonly release: readonly string[];
  readonly resubmit: string | null;
}

/** Oldest first. @param names of the configured actions */
export function findingsOf(state: ReconcileState, names: ActionNames): Finding[] {
  const found: Finding[] = [];
  for (const recovery of state.recoveries.values()) {
    const attempt = state.ledger.open.get(recovery.taskId);
    if (!attempt || attempt.attempt !== recovery.attempt || attempt.startedMs === null) continue;
    if (recovery.phase === 'cancelled' || recovery.phase === 'alive') continue;
    found.push({
      task_id: attempt.taskId,
      attempt: attempt.attempt,
      node: attempt.node,
      job: attempt.job,
      since: rfc3339(attempt.startedMs),
      phase: recovery.phase,
      evidence: evidenceOf(recovery),
      action: actionOf(recovery, attempt, state, names),
    });
  }
  return found.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
}

function evidenceOf({ evidence }: Recovery): string {
  return evidence === null ? 'not asked yet' : `${evidence.from}: ${evidence.detail}`;
}

function actionOf(recovery: Recovery, attempt: OpenAttempt, state: ReconcileState, names: ActionNames): string {
  switch (recovery.phase) {
    case 'asking':
    case 'alive':
    case 'unknown':
      return 'none: nobody knows whether its owner lives';
    case 'recovered':
    case 'reported':
    case 'dead':
    case 'cancelled':
      return `${recovery.phase}: ${recovery.why ?? ''}`;
    default: {
      const release = names.release.length === 0 ? 'nothing to release' : names.release.join(', ');
      const obstacle = obstacleToResubmit(attempt, state.policy);
      const resubmit = obstacle ?? `resubmit as attempt ${attempt.attempt + 1} (${names.resubmit})`;
      return `${release}; ${obstacle === null ? resubmit : `not resubmitted: ${resubmit}`}`;
    }
  }
}
