// Durations as people write them (`250ms`, `30s`, `5m`, `72h`, `7d`) and as code keeps them (milliseconds).
import { LastcallError } from './errors.ts';

/** A duration as text such as `30s` or `1.5h`, or a number of milliseconds. */
export type DurationInput = string | number;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a duration.
 * @param field what the value was given for, named in the error
 * @throws LastcallError `usage` if it is not a number ≥ 0 with one of the units ms, s, m, h, d
 */
export function durationMs(input: DurationInput, field: string): number {
  if (typeof input === 'number') {
    if (Number.isFinite(input) && input >= 0) return input;
  } else if (typeof input === 'string') {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(input.trim());
    if (match) return Number(match[1]) * UNIT_MS[match[2]!]!;
  }
  throw new LastcallError('usage', {
    what: `${JSON.stringify(input)} is not a duration`,
    on: field,
    todo: 'Write a number with its unit, such as 250ms, 30s, 5m or 72h.',
  });
}

/** Milliseconds for people: `340 ms`, `12.5 s`, `4 min`, `3.2 h`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${round(ms, ms < 10 ? 1 : 0)} ms`;
  if (ms < 120_000) return `${round(ms / 1_000, 1)} s`;
  if (ms < 7_200_000) return `${round(ms / 60_000, 1)} min`;
  return `${round(ms / 3_600_000, 1)} h`;
}

function round(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
