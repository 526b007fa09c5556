// What a measured value says of a version. What is not there says nothing (invariant 9): `inconclusive`, never zero.
import type { Measurement, Verdict } from './rollout-types.ts';

export interface Limits {
  readonly successBelow?: number | undefined;
  readonly successAbove?: number | undefined;
  readonly failureAbove?: number | undefined;
  readonly failureBelow?: number | undefined;
}

/**
 * Beyond a limit of failure: failure. Within the limits of success, or no such limit: success. With limits of success
 * alone, whatever is not success is failure; with both kinds, what is between is inconclusive.
 */
export function verdictOf(value: number | null, limits: Limits): Verdict {
  if (value === null || !Number.isFinite(value)) return 'inconclusive';
  const { successBelow, successAbove, failureAbove, failureBelow } = limits;
  if ((failureAbove !== undefined && value > failureAbove) || (failureBelow !== undefined && value < failureBelow)) {
    return 'failure';
  }
  const within =
    (successBelow === undefined || value < successBelow) && (successAbove === undefined || value > successAbove);
  if (within) return 'success';
  return failureAbove === undefined && failureBelow === undefined ? 'failure' : 'inconclusive';
}

/** Of all queries of one measurement: the worst, where a question that could not be asked hides no failure. */
export function verdictOfAll(measurements: readonly Measurement[]): Verdict {
  for (const verdict of ['failure', 'error', 'inconclusive'] as const) {
    if (measurements.some((measurement) => measurement.verdict === verdict)) return verdict;
  }
  return measurements.length === 0 ? 'inconclusive' : 'success';
}
