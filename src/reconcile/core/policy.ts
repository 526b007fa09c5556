// What may be done about unfinished work, and how patiently.

export interface Policy {
  /** No task is looked at whose newest line is younger: lines travel, and clocks differ. */
  readonly settleMs: number;
  /** Clocks of nodes may differ by this much; added to every age. */
  readonly skewMs: number;
  /** The operator's word: a started attempt without a line for this long has no owner any more. null: no such word. */
  readonly staleAfterMs: number | null;
  /** How many release actions there are, in order. */
  readonly releases: number;
  readonly resubmit: ResubmitPolicy | null;
  /** Tries of one action. */
  readonly triesMax: number;
  /** Wait before try n (1, 2, …) is random in [0, min(backoffMaxMs, backoffMs · 2^(n−1))]. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** Unknown ones are asked about again after this. */
  readonly askAgainMs: number;
  /** Questions and actions under way at once. */
  readonly parallelMax: number;
}

export interface ResubmitPolicy {
  /** The receiver refuses a second one of the same key, so that tasks which nobody called idempotent may be given to it. */
  readonly isKeyed: boolean;
  /** No attempt beyond this one. */
  readonly attemptsMax: number;
}
