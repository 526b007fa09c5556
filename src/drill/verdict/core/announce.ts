// When readiness turned, seen through probes: between the last 200 and the first answer that was no 200. From these two
// bounds follows which requests a router in front of the target would still have sent.
import type { Probe } from '../../watch/probe.ts';
import type { Observation } from './observation.ts';

export interface Announcement {
  /** The earliest moment at which it can have turned: when the last 200 was asked for. */
  readonly notBeforeMs: number;
  /** When the first answer came that was no 200; null: it never turned. */
  readonly seenMs: number | null;
  /** Whether probes were dense enough to say that it never turned. */
  readonly isConclusive: boolean;
  /** It said 200 again after it had turned. */
  readonly flaps: boolean;
}

/** More than this between two probes, and a short announcement may have passed unseen. */
export const GAP_MS_MAX = 250;

export function isReady({ status }: Probe): boolean {
  return status !== null && status >= 200 && status < 400;
}

/** null: readiness was not asked for, or the target never said that it was ready. */
export function announcementOf({ readiness, signalMs, end }: Observation): Announcement | null {
  if (readiness === null || signalMs === null) return null;
  const answered = readiness.filter((probe) => probe.status !== null);
  if (!answered.some((probe) => probe.endMs <= signalMs && isReady(probe))) return null;
  const after = answered.filter((probe) => probe.endMs > signalMs);
  const first = after.find((probe) => !isReady(probe));
  const readyBefore = answered.filter((probe) => isReady(probe) && probe.endMs <= (first?.endMs ?? Infinity));
  return {
    notBeforeMs: Math.max(signalMs, readyBefore.at(-1)?.sentMs ?? signalMs),
    seenMs: first?.endMs ?? null,
    isConclusive:
      longestGapMs(readiness, signalMs, end?.atMs ?? Infinity) <= GAP_MS_MAX ||
      after.some((probe) => isReady(probe) && probe.sentMs > signalMs + GAP_MS_MAX),
    flaps: first !== undefined && after.some((probe) => probe.sentMs > first.endMs && isReady(probe)),
  };
}

/** Longest time between the signal, the ends of probes and the exit. */
function longestGapMs(probes: readonly Probe[], fromMs: number, toMs: number): number {
  let longest = 0;
  let last = fromMs;
  for (const { endMs } of probes) {
    if (endMs <= fromMs || endMs > toMs) continue;
    longest = Math.max(longest, endMs - last);
    last = endMs;
  }
  return Number.isFinite(toMs) ? Math.max(longest, toMs - last) : longest;
}

/** Whether the drill saw too little to say when readiness turned, and what was refused then could be either's fault. */
export function isAmbiguous(announcement: Announcement | null, noticeMs: number, atMs: number): boolean {
  if (announcement === null || announcement.seenMs === null) return false;
  return isRoutedAway(announcement, noticeMs, atMs) && atMs <= announcement.seenMs + noticeMs;
}

/** Whether routers would have stopped sending before this moment, as far as the drill can know. */
export function isRoutedAway(announcement: Announcement | null, noticeMs: number, atMs: number): boolean {
  return announcement !== null && announcement.seenMs !== null && atMs > announcement.notBeforeMs + noticeMs;
}
