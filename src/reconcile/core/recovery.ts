// What is known of one unfinished attempt and how far its recovery is. Plain data: it is stored as it is.

/** What somebody who was asked about the owner of an attempt answered. */
export type Verdict =
  /** Proof that nobody works on it: the process, job, pod or node is gone. */
  | 'gone'
  /** Somebody works on it. */
  | 'alive'
  /** An authority says that the task ended; its line is missing or late. */
  | 'ended'
  /** No answer, or one that proves nothing. */
  | 'unknown';

export interface Evidence {
  /** Who was asked: `scheduler`, `process`, `node`, `kubernetes`, `operator`, `age`. */
  readonly from: string;
  readonly verdict: Verdict;
  /** For people: `job_01J… failed 12 min ago`. */
  readonly detail: string;
  readonly atMs: number;
}

export type Phase =
  /** Owners are asked. */
  | 'asking'
  /** Somebody works on it; asked again later. */
  | 'alive'
  /** Nobody could prove anything; asked again later. */
  | 'unknown'
  | 'releasing'
  | 'resubmitting'
  /** Released where something was configured to release, and not resubmitted; `why` says the reason. */
  | 'reported'
  /** Released, and begun again as the next attempt. */
  | 'recovered'
  /** An action failed for good; `why` says which. A dead letter. */
  | 'dead'
  /** It had ended, or was alive, after all. */
  | 'cancelled';

export interface Recovery {
  readonly taskId: string;
  readonly attempt: number;
  readonly phase: Phase;
  readonly evidence: Evidence | null;
  /** Release actions that are done. */
  readonly released: number;
  /** Times that the action at hand was tried. */
  readonly tries: number;
  /** Not before this time: the next question or try. Wall clock. */
  readonly notBeforeMs: number;
  /** An intent is journalled and its result not known yet. */
  readonly inFlight: boolean;
  readonly why: string | null;
}

export type ActionKind = 'release' | 'resubmit';

/** The same for every try of the same thing: its receiver may keep it as an idempotency key. */
export function intentId(taskId: string, attempt: number, kind: ActionKind, index: number): string {
  return `${taskId}/${attempt}/${kind}/${index}`;
}

/** Nothing more is done about it before `notBeforeMs`, and then it is only asked again. */
export function isResting(phase: Phase): boolean {
  return phase === 'alive' || phase === 'unknown';
}

/** Nothing was done about it yet, and the next run would ask anew: it need not survive. */
export function isForgettable(phase: Phase): boolean {
  return phase === 'asking' || isResting(phase);
}

export function isFinal(phase: Phase): boolean {
  return phase === 'reported' || phase === 'recovered' || phase === 'dead' || phase === 'cancelled';
}
