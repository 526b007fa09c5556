// Somebody who can be asked whether anyone still works on an attempt.
import type { OpenAttempt } from '../core/ledger.ts';
import type { Verdict } from '../core/recovery.ts';

export interface Answer {
  readonly verdict: Verdict;
  /** For people; no full stop. */
  readonly detail: string;
}

export interface Witness {
  readonly name: string;
  /** null: it knows nothing of such attempts. Never rejects but by `signal`: what it could not learn is `unknown`. */
  ask(attempt: OpenAttempt, signal: AbortSignal): Promise<Answer | null>;
}
