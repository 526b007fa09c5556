// The steps of `--steps 5,25,50,100 --every 5m --analysis FILE`: after each weight but the last a time in which the
// analysis, if there is one, has to succeed. With an analysis the last weight is looked at as well.
import type { AnalysisRule } from '../config/schema.ts';
import type { RolloutStep } from '../core/rollout-types.ts';

/** Name of the analysis that a request brings along. */
export const GIVEN_ANALYSIS = 'given';

/** @param everyMs undefined: each step waits for a promotion, or only for the analysis */
export function rolloutSteps(
  weights: readonly number[],
  everyMs: number | undefined,
  analysis: AnalysisRule | undefined,
): RolloutStep[] {
  return weights.flatMap((weight, index): RolloutStep[] => {
    const step = { type: 'weight', weight } as const;
    if (analysis) return [step, { type: 'analysis', analysis: GIVEN_ANALYSIS, forMs: everyMs ?? 0 }];
    return index === weights.length - 1 ? [step] : [step, { type: 'pause', ms: everyMs ?? null }];
  });
}
