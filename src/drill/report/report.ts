// The report of a drill, `lastcall.drill/1` (docs/drill.md, "JSON"): what --json prints, --out writes, and every other form
// is made of.
import type { Checked } from '../verdict/core/expression.ts';
import type { Finding, Grade } from '../verdict/core/findings.ts';
import type { Judgement } from '../verdict/core/judge.ts';
import type { Measures } from '../verdict/core/measure.ts';
import type { Observation } from '../verdict/core/observation.ts';
import { isDropped, judgeRequests } from '../verdict/core/requests.ts';
import type { Summary } from '../verdict/core/summary.ts';
import { announcementOf } from '../verdict/core/announce.ts';
import type { Trial } from '../trial/trial.ts';

export interface Slice {
  /** Beginning, milliseconds from the signal. */
  readonly atMs: number;
  readonly finished: number;
  readonly dropped: number;
  readonly refused: number;
  /** Under way at its beginning. */
  readonly inFlight: number;
}

export interface RunReport {
  readonly seed: number;
  readonly verdict: Judgement['verdict'];
  readonly grade: Grade | null;
  readonly invalid: string | null;
  readonly findings: readonly Finding[];
  readonly measures: Measures;
  readonly timeline: readonly { readonly atMs: number; readonly what: string }[];
  /** By the moment at which requests ended. */
  readonly slices: readonly Slice[];
  readonly sliceMs: number;
}

export interface DrillReport {
  readonly schema: 'lastcall.drill/1';
  readonly drill: 'service';
  readonly at: string;
  readonly verdict: Summary['verdict'];
  readonly grade: Grade | null;
  readonly ok: boolean;
  readonly invalid: { readonly code: string; readonly what: string; readonly todo: string } | null;
  readonly trials: number;
  readonly seed: number;
  readonly faults: number;
  readonly faultsOnWorkInFlight: number;
  readonly lost: number | null;
  readonly doubled: number | null;
  readonly leaked: number;
  readonly violations: number;
  readonly bound95: number | null;
  readonly target: string;
  /** The command that does the same again, or the smallest that failed. */
  readonly replay: string;
  readonly findings: readonly Finding[];
  readonly asserts: readonly Checked[];
  readonly unmeasured: readonly string[];
  readonly measures: Measures;
  readonly runs: readonly RunReport[];
}

const SLICES = 60;

export function runReport({ observation, moments }: Trial, judgement: Judgement, noticeMs: number): RunReport {
  const signalMs = observation.signalMs ?? moments.at(-1)?.atMs ?? 0;
  const timeline = moments
    .map(({ atMs, what }) => ({ atMs: Math.round((atMs - signalMs) * 10) / 10, what }))
    .toSorted((a, b) => a.atMs - b.atMs);
  return {
    seed: observation.seed,
    verdict: judgement.verdict,
    grade: judgement.grade,
    invalid: judgement.invalid?.what ?? null,
    findings: judgement.findings,
    measures: judgement.measures,
    timeline,
    ...slicesOf(observation, signalMs, noticeMs),
  };
}

function slicesOf(seen: Observation, signalMs: number, noticeMs: number): Pick<RunReport, 'slices' | 'sliceMs'> {
  const judged = judgeRequests(seen, signalMs, announcementOf(seen), noticeMs);
  if (judged.length === 0) return { slices: [], sliceMs: 0 };
  const times = judged.flatMap(({ record }) => [record.sentMs ?? record.dueMs, record.endMs ?? record.dueMs]);
  const fromMs = times.reduce((first, it) => Math.min(first, it), signalMs);
  const toMs = times.reduce((last, it) => Math.max(last, it), seen.end?.atMs ?? signalMs);
  const sliceMs = Math.max(1, Math.ceil((toMs - fromMs) / (SLICES - 1)));
  // The signal is at the edge of a slice, so that nothing of after it is drawn before it.
  const firstMs = signalMs - Math.ceil((signalMs - fromMs) / sliceMs) * sliceMs;
  const slices = Array.from({ length: SLICES }, (_, index): Slice => {
    const beginMs = firstMs + index * sliceMs;
    const ended = judged.filter(
      ({ record }) => record.endMs !== null && record.endMs >= beginMs && record.endMs < beginMs + sliceMs,
    );
    return {
      atMs: Math.round(beginMs - signalMs),
      finished: ended.filter((it) => it.fate === 'finished').length,
      dropped: ended.filter((it) => isDropped(it, signalMs)).length,
      refused: ended.filter((it) => it.fate === 'refused' || it.fate === 'turned-away').length,
      inFlight: judged.filter(
        ({ record }) => (record.sentMs ?? Infinity) <= beginMs && (record.endMs ?? Infinity) > beginMs,
      ).length,
    };
  });
  return { slices, sliceMs };
}
