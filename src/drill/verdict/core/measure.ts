// Numbers of one trial: what reports show, assertions name and comparisons compare. Times count from the signal.
import { announcementOf } from './announce.ts';
import type { Expectations, Observation } from './observation.ts';
import { type Fate, isDropped, type Judged, judgeRequests } from './requests.ts';

/** null: not measured, or it did not happen. */
export type Measures = Readonly<Record<MeasureName, number | null>>;

export const MEASURE_NAMES = [
  'sent',
  'finished',
  'refused',
  'turnedAway',
  'stale',
  'reset',
  'truncated',
  'errors',
  'timeouts',
  'garbage',
  'open',
  'dropped',
  'lost',
  'doubled',
  'leftovers',
  'processesLeft',
  'portsLeft',
  'filesLeft',
  'gpuLeft',
  'logLost',
  'exitMs',
  'exitCode',
  'lastByteMs',
  'firstNotReadyMs',
  'firstRefusedMs',
  'lastAcceptedMs',
  'lingerMs',
  'inFlight',
  'p50Ms',
  'p99Ms',
] as const;
export type MeasureName = (typeof MEASURE_NAMES)[number];

export interface Measured {
  readonly measures: Measures;
  readonly judged: readonly Judged[];
  /** What cannot be said, in words. */
  readonly unmeasured: readonly string[];
}

export function measure(seen: Observation, { noticeMs }: Expectations): Measured {
  const signalMs = seen.signalMs ?? Infinity;
  const announcement = announcementOf(seen);
  const judged = judgeRequests(seen, signalMs, announcement, noticeMs);
  const since = (atMs: number | null | undefined): number | null =>
    atMs === null || atMs === undefined || !Number.isFinite(signalMs) ? null : round(atMs - signalMs);
  const count = (fate: Fate): number => judged.filter((it) => it.fate === fate).length;
  const answered = judged.filter((it) => it.record.firstByteMs !== null);
  const lastByteMs = latest(judged.filter((it) => it.record.end === 'answered').map((it) => it.record.endMs));
  const latencies = judged.flatMap(({ record, fate }) =>
    fate === 'finished' && !record.longLived ? [record.endMs! - record.dueMs] : [],
  );
  const left = [seen.processesLeft, seen.portsLeft, seen.gpuLeft ?? []].reduce((sum, list) => sum + list.length, 0);
  const measures: Measures = {
    sent: judged.length,
    finished: count('finished'),
    refused: count('refused'),
    turnedAway: count('turned-away'),
    stale: count('stale') + judged.reduce((sum, it) => sum + it.record.retries, 0),
    reset: count('reset'),
    truncated: count('truncated'),
    errors: count('error'),
    timeouts: count('timeout'),
    garbage: count('garbage') + count('mixed'),
    open: count('open'),
    dropped: judged.filter((it) => isDropped(it, signalMs)).length,
    lost: seen.ledger?.lost.length ?? null,
    doubled: seen.ledger?.doubled.length ?? null,
    leftovers: left + (seen.filesLeft?.length ?? 0),
    processesLeft: seen.processesLeft.length,
    portsLeft: seen.portsLeft.length,
    filesLeft: seen.filesLeft?.length ?? null,
    gpuLeft: seen.gpuLeft?.length ?? null,
    logLost: seen.logLost,
    exitMs: since(seen.end?.atMs),
    exitCode: seen.knowsExit ? exitCodeOf(seen) : null,
    lastByteMs: since(lastByteMs),
    firstNotReadyMs: since(announcement?.seenMs),
    firstRefusedMs: since(
      earliest(
        judged.filter((it) => it.fate === 'refused' && it.record.endMs! > signalMs).map((it) => it.record.endMs),
      ),
    ),
    lastAcceptedMs: since(latest(answered.filter((it) => !it.record.reused).map((it) => it.record.sentMs))),
    lingerMs: seen.end === null ? null : round(seen.end.atMs - Math.max(signalMs, lastByteMs ?? -Infinity)),
    inFlight: seen.job === null ? judged.filter((it) => it.inFlight).length : seen.job.expected - seen.job.done,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
  return { measures, judged, unmeasured: notMeasured(seen, announcement !== null) };
}

/** As a shell says it: 128 + n for death by signal n. */
export function exitCodeOf({ end }: Pick<Observation, 'end'>): number | null {
  if (end === null) return null;
  return end.signal === null ? end.code : 128 + (SIGNAL_NUMBERS[end.signal] ?? 0);
}

/** signal(7), the numbers that are the same on all systems and the two that Linux has for users. */
export const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSYS: 31,
};

function notMeasured(seen: Observation, hasAnnouncement: boolean): string[] {
  const list: string[] = [];
  if (!hasAnnouncement) {
    list.push(`the announcement (${seen.readiness === null ? 'no --ready was given' : 'readiness was never 200'})`);
  }
  if (seen.liveness === null) list.push('liveness (no --live was given)');
  if (seen.ledger === null) list.push('lost and doubled work (no --ledger was given)');
  if (seen.logLost === null) list.push('lost log lines (the target does not log the ids of requests)');
  if (seen.filesLeft === null) list.push('files left (the target was not started by the drill)');
  if (seen.gpuLeft === null) list.push('GPU processes (no nvidia-smi here)');
  if (!seen.knowsExit) list.push('the exit code (the target was not started by the drill)');
  if (seen.restarted === null) list.push('the next start (no --restart was given)');
  return list;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function latest(times: readonly (number | null)[]): number | null {
  return times.reduce<number | null>((last, it) => (it === null ? last : Math.max(last ?? it, it)), null);
}

function earliest(times: readonly (number | null)[]): number | null {
  return times.reduce<number | null>((first, it) => (it === null ? first : Math.min(first ?? it, it)), null);
}

function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
}
