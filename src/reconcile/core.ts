// `lastcall reconcile` decides here what is unfinished and what to do about it. A reducer over what the logs said (the
// ledger), what owners answered and how actions ended; it never acts. Its rules:
// R1. Nothing is done about an attempt without proof that its owner is gone, or the operator's word (invariant 9).
// R2. An end that is read cancels a recovery before its next question or action; what is in flight settles alone.
// R3. Released before resubmitted; a release that failed for good keeps the task from being resubmitted.
// R4. Resubmitted only if the task is idempotent or its receiver is keyed; once, as the next attempt; bounded.
// R5. Every action is an effect with an id that is journalled before it happens (invariant 6).
import { first, setRecovery, take, type Draft } from './core/draft.ts';
import type { OpenAttempt, TaskLedger } from './core/ledger.ts';
import type { Policy } from './core/policy.ts';
import { acted, ask, begin, proceed, type Acted } from './core/recover.ts';
import { isFinal, type ActionKind, type Evidence, type Recovery } from './core/recovery.ts';

export interface ReconcileState {
  readonly policy: Policy;
  readonly ledger: TaskLedger;
  /** By task id; of the newest open attempt, and final ones until the task ends or begins anew. */
  readonly recoveries: Map<string, Recovery>;
}

export type ReconcileEvent =
  /** Looks for unfinished work, begins what may begin now, and asks again what was unknown. */
  | { readonly type: 'examine'; readonly atMs: number }
  /** The operator's word about one task. */
  | { readonly type: 'told'; readonly taskId: string; readonly word: 'gone' | 'ended' | 'retry'; readonly atMs: number }
  | { readonly type: 'answered'; readonly taskId: string; readonly attempt: number; readonly evidence: Evidence }
  | ({ readonly type: 'acted' } & Acted);

export type ActionResult =
  | 'done'
  /** The receiver knows that the task ended, or that a newer attempt of it exists. */
  | 'superseded'
  /** It will not do it, however often it is asked. */
  | 'refused'
  /** It did not work, or no answer came: the same may work later. */
  | 'failed';

export type ReconcileEffect =
  | { readonly type: 'ask'; readonly attempt: OpenAttempt }
  /** After its intent is durable. */
  | {
      readonly type: 'act';
      readonly intent: string;
      readonly action: ActionKind;
      /** Which of the release actions. */
      readonly index: number;
      readonly attempt: OpenAttempt;
      /** The attempt that a resubmission asks for. */
      readonly nextAttempt: number;
      readonly evidence: Evidence;
    }
  /** Tells the operator; after the recovery is durable. */
  | { readonly type: 'report'; readonly recovery: Recovery };

export interface ReconcileStep {
  readonly effects: readonly ReconcileEffect[];
  /** Recoveries that changed or went away: to be stored before the effects. */
  readonly changed: ReadonlySet<string>;
}

/** @param state moves in place: recoveries are as many as open tasks, and the ledger moves anyway */
export function step(state: ReconcileState, event: ReconcileEvent): ReconcileStep {
  const draft: Draft = { state, effects: [], changed: new Set() };
  switch (event.type) {
    case 'examine':
      forgetEnded(draft);
      examine(draft, event.atMs);
      break;
    case 'told':
      told(draft, event.taskId, event.word, event.atMs);
      break;
    case 'answered':
      answered(draft, event.taskId, event.attempt, event.evidence);
      break;
    case 'acted':
      acted(draft, event);
  }
  return { effects: draft.effects, changed: draft.changed };
}

/** Whether the logs alone make it worth a question: started, not ended, and quiet for a while. */
export function isSuspect(attempt: OpenAttempt, policy: Policy, atMs: number): boolean {
  return attempt.startedMs !== null && atMs - attempt.seenMs >= policy.settleMs + policy.skewMs;
}

/** Somebody who knows says that it ended: no line is needed for that. */
function settle(draft: Draft, recovery: Recovery, why: string, atMs: number): void {
  draft.state.ledger.settle(recovery.taskId, atMs);
  draft.state.recoveries.delete(recovery.taskId);
  draft.changed.add(recovery.taskId);
  draft.effects.push({ type: 'report', recovery: { ...recovery, phase: 'cancelled', why, inFlight: false } });
}

/** R2: tasks that ended, or began anew, since the last look. */
function forgetEnded(draft: Draft): void {
  const { ledger, recoveries } = draft.state;
  for (const recovery of recoveries.values()) {
    const open = ledger.open.get(recovery.taskId);
    if (open?.attempt === recovery.attempt) continue;
    recoveries.delete(recovery.taskId);
    draft.changed.add(recovery.taskId);
    if (!isFinal(recovery.phase)) {
      const why = open ? `attempt ${open.attempt} began` : 'it ended after all';
      draft.effects.push({ type: 'report', recovery: { ...recovery, phase: 'cancelled', why } });
    }
  }
}

function examine(draft: Draft, atMs: number): void {
  const { ledger, policy, recoveries } = draft.state;
  let room = policy.parallelMax - first(recoveries.values(), ({ inFlight }) => inFlight, policy.parallelMax).length;
  const mayTake = (): boolean => room > 0;
  for (const recovery of recoveries.values()) {
    if (!mayTake()) return;
    if (recovery.inFlight || isFinal(recovery.phase) || atMs < recovery.notBeforeMs) continue;
    proceed(draft, recovery, ledger.open.get(recovery.taskId)!, atMs);
    room--;
  }
  for (const attempt of ledger.open.values()) {
    if (!mayTake()) return;
    if (recoveries.has(attempt.taskId) || !isSuspect(attempt, policy, atMs)) continue;
    ask(draft, attempt, null);
    room--;
  }
}

function answered(draft: Draft, taskId: string, asked: number, given: Evidence): void {
  const found = take(draft, taskId, asked);
  if (!found || found.recovery.phase !== 'asking') return;
  const { recovery, attempt } = found;
  const { policy } = draft.state;
  const evidence = given.verdict === 'unknown' ? (agedOut(attempt, policy, given.atMs) ?? given) : given;
  const known: Recovery = { ...recovery, evidence, inFlight: false };
  switch (evidence.verdict) {
    case 'ended':
      settle(draft, known, evidence.detail, evidence.atMs);
      return;
    case 'alive':
      setRecovery(draft, { ...known, phase: 'alive', notBeforeMs: evidence.atMs + policy.askAgainMs });
      return;
    case 'unknown': {
      const isNews = recovery.evidence?.verdict !== 'unknown';
      setRecovery(draft, { ...known, phase: 'unknown', notBeforeMs: evidence.atMs + policy.askAgainMs });
      if (isNews) draft.effects.push({ type: 'report', recovery: draft.state.recoveries.get(taskId)! });
      return;
    }
    case 'gone':
      begin(draft, known, attempt, evidence.atMs);
  }
}

/** The operator's word that silence for long enough means that the owner is gone. */
function agedOut(attempt: OpenAttempt, policy: Policy, atMs: number): Evidence | null {
  const quietMs = atMs - attempt.seenMs;
  if (policy.staleAfterMs === null || quietMs < policy.staleAfterMs + policy.skewMs) return null;
  return { from: 'age', verdict: 'gone', detail: 'no line for longer than --stale-after', atMs };
}

function told(draft: Draft, taskId: string, word: 'gone' | 'ended' | 'retry', atMs: number): void {
  const { ledger, recoveries } = draft.state;
  const attempt = ledger.open.get(taskId);
  if (!attempt) return;
  const recovery = recoveries.get(taskId);
  if (word === 'ended') {
    if (recovery) settle(draft, recovery, 'the operator said so', atMs);
    else ledger.settle(taskId, atMs);
    return;
  }
  if (recovery?.inFlight === true) return;
  if (word === 'retry') {
    if (recovery?.phase === 'dead') ask(draft, attempt, recovery);
    return;
  }
  if (recovery && isFinal(recovery.phase) && recovery.phase !== 'reported') return;
  const evidence: Evidence = { from: 'operator', verdict: 'gone', detail: 'said so', atMs };
  const { attempt: number } = attempt;
  const told: Recovery = recovery
    ? { ...recovery, evidence, why: null }
    : {
        taskId,
        attempt: number,
        phase: 'asking',
        evidence,
        released: 0,
        tries: 0,
        notBeforeMs: 0,
        inFlight: false,
        why: null,
      };
  begin(draft, told, attempt, atMs);
}
