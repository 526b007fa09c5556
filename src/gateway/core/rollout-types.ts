// A roll-out: one version of a model takes over from the others, step by step. All times are wall-clock milliseconds,
// since a roll-out outlives the process; the state is plain data and is stored as it is.

export type RolloutStep =
  | { readonly type: 'weight'; readonly weight: number }
  /** `ms` null: until somebody promotes. */
  | { readonly type: 'pause'; readonly ms: number | null }
  /** Measures for at least so long, and as often as the analysis says. */
  | { readonly type: 'analysis'; readonly analysis: string; readonly forMs: number };

/** The part of an analysis that decides; the edge knows the queries. */
export interface AnalysisLimits {
  readonly everyMs: number;
  /** Measurements that must succeed. */
  readonly measurements: number;
  /** More failures than this, and it failed; the same for the others, which pause. */
  readonly failuresMax: number;
  readonly inconclusiveMax: number;
  /** Measurements in a row that could not be taken. */
  readonly errorsMax: number;
}

/** `error`: the question could not be asked, which says nothing of the version. */
export type Verdict = 'success' | 'failure' | 'inconclusive' | 'error';

export interface Measurement {
  readonly query: string;
  readonly verdict: Verdict;
  /** What was measured; null: nothing was there. */
  readonly value: number | null;
  readonly note: string | null;
}

export type RolloutPhase = 'running' | 'paused' | 'completed' | 'aborted' | 'undone';

export interface AnalysisProgress {
  readonly success: number;
  readonly failure: number;
  readonly inconclusive: number;
  /** In all, and in a row at the end. */
  readonly error: number;
  readonly errorsInRow: number;
  readonly nextAtMs: number;
  /** A measurement is under way. */
  readonly asked: boolean;
}

export interface Rollout {
  readonly id: string;
  readonly model: string;
  readonly to: string;
  readonly steps: readonly RolloutStep[];
  readonly analyses: Readonly<Record<string, AnalysisLimits>>;
  /** How long the old versions stay as they are after the last step. */
  readonly keepMs: number;
  readonly startedAtMs: number;
  /** Shares before it began: where an abort and an undo go back to. */
  readonly before: Readonly<Record<string, number>>;
  readonly phase: RolloutPhase;
  /** Why it is in this phase. */
  readonly reason: string;
  /** Index of the step that runs; the number of steps: all are done. */
  readonly step: number;
  readonly stepAtMs: number;
  /** Share of the new version now. */
  readonly weight: number;
  readonly analysis: AnalysisProgress | null;
  readonly latest: readonly Measurement[];
  /** Until then an undo is instant; null: it has not ended well, or the time is over. */
  readonly keepUntilMs: number | null;
  /** The old versions were taken out. */
  readonly released: boolean;
}

export type RolloutEvent = { readonly atMs: number } & (
  | { readonly type: 'tick' }
  /** The process is new: what is in force has to be said again. */
  | { readonly type: 'resumed' }
  | { readonly type: 'measured'; readonly measurements: readonly Measurement[] }
  /** `full`: all steps at once. */
  | { readonly type: 'promote'; readonly full: boolean }
  | { readonly type: 'pause' }
  | { readonly type: 'abort'; readonly reason: string }
  | { readonly type: 'undo' }
);

/** Carried out in order, and only after the new state is durable (invariant 6). Each may come again after a restart. */
export type RolloutEffect =
  | { readonly type: 'setWeights'; readonly model: string; readonly shares: Readonly<Record<string, number>> }
  | { readonly type: 'measure'; readonly analysis: string }
  | { readonly type: 'returnVersions'; readonly model: string; readonly versions: readonly string[] }
  | { readonly type: 'drainVersions'; readonly model: string; readonly versions: readonly string[] }
  | { readonly type: 'notify'; readonly what: string; readonly reason: string };

export interface RolloutStepResult {
  readonly rollout: Rollout;
  readonly effects: readonly RolloutEffect[];
}
