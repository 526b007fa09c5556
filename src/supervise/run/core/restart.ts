// Whether a command that ended is started again, and when: a pure decision. Delays double, and are bounded.

export const RESTART_RULES = ['never', 'on-failure', 'always'] as const;
export type RestartRule = (typeof RESTART_RULES)[number];

/** Codes of an ending after which another start helps nobody: state refused, fenced, preempted (architecture.md). */
const FINAL_CODES: readonly number[] = [106, 107, 108];

export interface RestartPolicy {
  readonly rule: RestartRule;
  readonly delayMs: number;
  readonly delayMsMax: number;
  /** A command that ran so long counts as well: the next delay is the first again. */
  readonly wellAfterMs: number;
}

export const RESTART_DEFAULTS: Omit<RestartPolicy, 'rule'> = {
  delayMs: 500,
  delayMsMax: 30_000,
  wellAfterMs: 60_000,
};

export interface CommandEnd {
  /** 128 + n for a signal. */
  readonly code: number;
  readonly ranMs: number;
  /** Its own shutdown report says that the code is one of an ending, and not of the work. */
  readonly codeIsOfEnding: boolean;
  /** It said before that its work is complete. */
  readonly complete: boolean;
}

export type RestartDecision = { readonly afterMs: number; readonly failures: number } | null;

/** @param failures starts in a row that did not run well before this one @returns null: it stays ended */
export function decideRestart(policy: RestartPolicy, end: CommandEnd, failures: number): RestartDecision {
  if (policy.rule === 'never' || end.complete) return null;
  if (policy.rule === 'on-failure' && end.code === 0) return null;
  if (end.codeIsOfEnding && FINAL_CODES.includes(end.code)) return null;
  const inARow = end.ranMs >= policy.wellAfterMs ? 0 : failures;
  // 2 ** 30 is beyond every bound, and still a number of milliseconds.
  const afterMs = Math.min(policy.delayMsMax, policy.delayMs * 2 ** Math.min(30, inARow));
  return { afterMs, failures: inARow + 1 };
}
