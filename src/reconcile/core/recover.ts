// One recovery goes on: release what the attempt held, then begin it again, each step tried a bounded number of times (R3, R4).
import type { ActionResult } from '../core.ts';
import { setRecovery, take, type Draft } from './draft.ts';
import type { OpenAttempt } from './ledger.ts';
import type { Policy } from './policy.ts';
import { intentId, type ActionKind, type Recovery } from './recovery.ts';

export interface Acted {
  readonly taskId: string;
  readonly attempt: number;
  readonly action: ActionKind;
  readonly result: ActionResult;
  readonly detail: string;
  readonly atMs: number;
  /** In [0, 1): jitter of the next try. */
  readonly random: number;
}

/** Proof is there: release, then resubmit. What may not be known to have ended is only told (R1). */
export function begin(draft: Draft, recovery: Recovery, attempt: OpenAttempt, atMs: number): void {
  if (attempt.isBeyondMemory && recovery.evidence!.from !== 'operator') {
    conclude(draft, recovery, 'reported', 'its end may be in lines that were read too long ago to be remembered');
    return;
  }
  const releasing: Recovery = { ...recovery, phase: 'releasing', released: 0, tries: 0 };
  setRecovery(draft, releasing);
  proceed(draft, releasing, attempt, atMs);
}

/** The next thing to do about a recovery that waits for nothing. */
export function proceed(draft: Draft, recovery: Recovery, attempt: OpenAttempt, atMs: number): void {
  const { policy } = draft.state;
  switch (recovery.phase) {
    case 'asking':
    case 'alive':
    case 'unknown':
      ask(draft, attempt, recovery);
      return;
    case 'releasing':
      if (recovery.released < policy.releases) act(draft, recovery, attempt, 'release');
      else afterRelease(draft, recovery, attempt, atMs);
      return;
    case 'resubmitting':
      act(draft, recovery, attempt, 'resubmit');
      return;
    default:
  }
}

export function ask(draft: Draft, attempt: OpenAttempt, before: Recovery | null): void {
  setRecovery(draft, {
    taskId: attempt.taskId,
    attempt: attempt.attempt,
    phase: 'asking',
    evidence: before?.evidence ?? null,
    released: 0,
    tries: 0,
    notBeforeMs: 0,
    inFlight: true,
    why: null,
  });
  draft.effects.push({ type: 'ask', attempt });
}

function act(draft: Draft, recovery: Recovery, attempt: OpenAttempt, action: ActionKind): void {
  const index = action === 'release' ? recovery.released : 0;
  setRecovery(draft, { ...recovery, inFlight: true, tries: recovery.tries + 1 });
  draft.effects.push({
    type: 'act',
    intent: intentId(attempt.taskId, attempt.attempt, action, index),
    action,
    index,
    attempt,
    nextAttempt: attempt.attempt + 1,
    evidence: recovery.evidence!,
  });
}

function afterRelease(draft: Draft, recovery: Recovery, attempt: OpenAttempt, atMs: number): void {
  const obstacle = obstacleToResubmit(attempt, draft.state.policy);
  if (obstacle !== null) {
    conclude(draft, recovery, 'reported', obstacle);
    return;
  }
  const resubmitting: Recovery = { ...recovery, phase: 'resubmitting', tries: 0 };
  setRecovery(draft, resubmitting);
  proceed(draft, resubmitting, attempt, atMs);
}

/** R4. null: it may be resubmitted. */
export function obstacleToResubmit(attempt: OpenAttempt, { resubmit }: Policy): string | null {
  if (resubmit === null) return 'nothing is configured to resubmit it';
  if (attempt.idempotent === false) return 'it is not idempotent';
  if (attempt.idempotent === null && !resubmit.isKeyed) return 'nobody says that it is idempotent';
  if (attempt.attempt >= resubmit.attemptsMax) return `${attempt.attempt} attempts were made already`;
  return null;
}

export function acted(draft: Draft, event: Acted): void {
  const found = take(draft, event.taskId, event.attempt);
  if (!found || !found.recovery.inFlight) return;
  const { attempt } = found;
  const recovery: Recovery = { ...found.recovery, inFlight: false };
  const expected: ActionKind = recovery.phase === 'releasing' ? 'release' : 'resubmit';
  if (event.action !== expected) return;
  switch (event.result) {
    case 'done':
      done(draft, recovery, attempt, event.atMs);
      return;
    case 'superseded':
      if (event.action === 'release') done(draft, recovery, attempt, event.atMs);
      else conclude(draft, recovery, 'cancelled', event.detail);
      return;
    case 'refused':
      conclude(draft, recovery, 'dead', `${event.action} refused: ${event.detail}`);
      return;
    case 'failed':
      failed(draft, recovery, event);
  }
}

function done(draft: Draft, recovery: Recovery, attempt: OpenAttempt, atMs: number): void {
  if (recovery.phase === 'resubmitting') {
    conclude(draft, recovery, 'recovered', `begun again as attempt ${attempt.attempt + 1}`);
    return;
  }
  const next: Recovery = { ...recovery, released: recovery.released + 1, tries: 0 };
  setRecovery(draft, next);
  proceed(draft, next, attempt, atMs);
}

function failed(draft: Draft, recovery: Recovery, event: { detail: string; atMs: number; random: number }): void {
  const { triesMax, backoffMs, backoffMaxMs } = draft.state.policy;
  if (recovery.tries >= triesMax) {
    const action = recovery.phase === 'releasing' ? 'release' : 'resubmit';
    conclude(draft, recovery, 'dead', `${action} failed ${recovery.tries} times: ${event.detail}`);
    return;
  }
  const waitMs = Math.min(backoffMaxMs, backoffMs * 2 ** (recovery.tries - 1)) * event.random;
  setRecovery(draft, { ...recovery, notBeforeMs: event.atMs + waitMs });
}

function conclude(draft: Draft, recovery: Recovery, phase: Recovery['phase'], why: string): void {
  const concluded: Recovery = { ...recovery, phase, why, inFlight: false };
  setRecovery(draft, concluded);
  draft.effects.push({ type: 'report', recovery: concluded });
}
