// Whether a trial shows anything at all. A target that never worked, or a signal that met nobody at work, is no proof of
// a good ending: such a trial is invalid, and never a pass.
import { announcementOf, GAP_MS_MAX, isAmbiguous } from './announce.ts';
import type { Measured } from './measure.ts';
import type { Observation } from './observation.ts';
import { isDropped, type Judged } from './requests.ts';

export type InvalidCode =
  | 'never-ready'
  | 'died-under-load'
  | 'no-traffic'
  | 'garbage'
  | 'not-enough-in-flight'
  | 'starved';

export interface Invalid {
  readonly code: InvalidCode;
  readonly what: string;
  readonly todo: string;
}

/** Share of what was over before the signal that has to be answered well. */
const ANSWERED_MIN = 0.5;
const GARBAGE_MAX = 0.1;
/** A repeat within this time is the same signal to a good target. */
export const DOUBLE_TAP_MS = 500;
/** So many requests have to be due in the time that routers take, before their absence says anything. */
const DUE_MIN = 4;
/** Fewer requests than that are no load. */
const REQUESTS_MIN = 5;
/** The drill's own loop stood still for so long that nothing that it timed can be believed. */
const STALL_MS_MAX = 5_000;

export function validityOf(seen: Observation, { measures, judged }: Measured): Invalid | null {
  if (seen.when === 'start') return seen.signalMs === null ? died(seen) : starved(seen);
  if (!seen.wasReady) {
    const what = seen.end
      ? `the target ended (${describeEnd(seen)}) before it was ready`
      : 'the target never became ready';
    return {
      code: 'never-ready',
      what: `${what}${quote(seen.lastWords)}`,
      todo: 'Check the command, --ready and --ready-within.',
    };
  }
  if (seen.signalMs === null) return died(seen);
  if (seen.job !== null) return jobValidity(seen, seen.job);
  const late = lateSecondSignal(seen, seen.signalMs);
  if (late !== null) return late;
  const signalMs = seen.signalMs;
  const before = judged.filter((it) => !it.record.longLived && (it.record.endMs ?? Infinity) <= signalMs);
  const garbage = before.filter((it) => it.fate === 'garbage').length;
  if (garbage > before.length * GARBAGE_MAX) {
    const what = `${garbage} of ${before.length} answers before the signal were no HTTP`;
    return { code: 'garbage', what, todo: 'Check that this port speaks HTTP; --tcp is for servers that do not.' };
  }
  const well = before.filter((it) => it.record.end === 'answered' && (it.record.status ?? 0) < 400).length;
  const due = before.filter((it) => (it.record.sentMs ?? Infinity) <= signalMs).length + seen.unsent;
  const streams = judged.filter(
    (it) => it.record.longLived && it.record.firstByteMs !== null && it.record.firstByteMs < signalMs,
  );
  const isLoaded = well >= REQUESTS_MIN && well >= due * ANSWERED_MIN;
  if (!isLoaded && (due > 0 || streams.length === 0)) {
    const statuses = Object.entries(Object.groupBy(before, (it) => String(it.record.status ?? it.fate)));
    const list = statuses.map(([status, of]) => `${of?.length ?? 0} times ${status}`).join(', ') || 'no answer at all';
    const what = `of ${due} requests that were over before the signal ${well} were answered below 400 (${list})`;
    return {
      code: 'no-traffic',
      what,
      todo: 'Check --http, --method, --body and --rate; the target has to work before it can be ended.',
    };
  }
  if (seen.when !== 'idle' && measures.inFlight === 0) {
    const what = 'nothing was in flight when the signal came';
    return {
      code: 'not-enough-in-flight',
      what,
      todo: 'Use a higher --rate, slower requests, --clients slow=1 or --streams.',
    };
  }
  return starved(seen);
}

function jobValidity(seen: Observation, { done, expected }: NonNullable<Observation['job']>): Invalid | null {
  if (done > 0 && done < expected) return starved(seen);
  const what = `${done} of ${expected} expected ids were done when the signal came, so it met no work in flight`;
  return { code: 'not-enough-in-flight', what, todo: 'Change --after, or give it more work.' };
}

/** What was dropped is dropped however slow the drill was; only a trial that saw nothing bad is void for it. */
export function hasDrops({ judged }: Measured, seen: Observation): boolean {
  return judged.some((it) => isDropped(it, seen.signalMs ?? Infinity));
}

function died(seen: Observation): Invalid {
  const what = `the target ended by itself (${describeEnd(seen)}) before the signal${quote(seen.lastWords)}`;
  return {
    code: 'died-under-load',
    what,
    todo: 'Lower --rate, or find out why it ends; there is nothing to drill before that.',
  };
}

/**
 * What was asked for and could not be seen, because this machine was too busy for probes to be dense. A verdict that finds
 * something bad stands; a clean one would be a guess.
 */
export function unseenOf(seen: Observation, { judged }: Measured, noticeMs: number): Invalid | null {
  const announcement = announcementOf(seen);
  const signalMs = seen.signalMs ?? Infinity;
  const endMs = seen.end?.atMs ?? Infinity;
  const todo = 'Run it on a machine with time to spare, or with a lower --rate.';
  const sentMs = (it: Judged): number => it.record.resentMs ?? it.record.dueMs;
  if (announcement !== null && announcement.seenMs === null && !announcement.isConclusive) {
    return { code: 'starved', what: 'the readiness probes were too far apart to see an announcement', todo };
  }
  const turnedMs = announcement?.notBeforeMs ?? 0;
  const isSentThen = (it: Judged): boolean => sentMs(it) >= turnedMs && sentMs(it) <= turnedMs + noticeMs;
  const areDueThen = seen.when === 'load' && (seen.rate * noticeMs) / 1_000 >= DUE_MIN && endMs > turnedMs + noticeMs;
  if (announcement !== null && announcement.seenMs !== null && areDueThen && !judged.some(isSentThen)) {
    return { code: 'starved', what: 'no request was sent in the time that routers take to notice', todo };
  }
  const isBad = (it: Judged): boolean =>
    it.fate !== 'finished' && it.fate !== 'stale' && (it.record.endMs ?? 0) > signalMs;
  if (judged.some((it) => isBad(it) && isAmbiguous(announcement, noticeMs, sentMs(it)))) {
    return {
      code: 'starved',
      what: 'the readiness probes were too far apart to say when it turned, and requests were refused meanwhile',
      todo,
    };
  }
  const isLongEnding = endMs - signalMs > GAP_MS_MAX;
  if (seen.liveness !== null && isLongEnding && !seen.liveness.some((it) => it.endMs > signalMs && it.endMs < endMs)) {
    return { code: 'starved', what: 'no liveness probe was over between the signal and the exit', todo };
  }
  return null;
}

/** Two signals that were to come together and did not are another drill than the one that was asked for. */
function lateSecondSignal({ secondSignal }: Observation, signalMs: number): Invalid | null {
  if (secondSignal === null || secondSignal.afterMs > DOUBLE_TAP_MS || secondSignal.atMs - signalMs <= DOUBLE_TAP_MS)
    return null;
  const what = `the second signal was to come ${secondSignal.afterMs} ms after the first, and came after ${Math.round(secondSignal.atMs - signalMs)} ms`;
  return { code: 'starved', what, todo: 'Run it on a machine with time to spare.' };
}

function starved({ stallMs }: Observation): Invalid | null {
  if (stallMs <= STALL_MS_MAX) return null;
  const what = `the drill itself stood still for ${Math.round(stallMs)} ms, so its times mean nothing`;
  return { code: 'starved', what, todo: 'Run it on a machine with time to spare, or with a lower --rate.' };
}

export function describeEnd({ end }: Pick<Observation, 'end'>): string {
  if (end === null) return 'still running';
  return end.signal === null ? `exit code ${end.code ?? 'unknown'}` : end.signal;
}

function quote(lastWords: string): string {
  return lastWords === '' ? '' : `; it said: ${lastWords}`;
}
