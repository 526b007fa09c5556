// What each request's end means, given the moment of the signal and what a router would have known.
import type { RequestRecord } from '../../load/types.ts';
import type { Observation } from './observation.ts';
import { type Announcement, isRoutedAway } from './announce.ts';

export type Fate =
  | 'finished'
  | 'turned-away'
  | 'refused'
  | 'stale'
  | 'reset'
  | 'truncated'
  | 'error'
  | 'timeout'
  | 'garbage'
  | 'mixed'
  | 'open';

export interface Judged {
  readonly record: RequestRecord;
  readonly fate: Fate;
  /** It was sent before the signal and not over then. */
  readonly inFlight: boolean;
  /** It was sent so late that routers would have sent it elsewhere. */
  readonly late: boolean;
  /** Somebody else routes, so that a refusal is a drop. */
  readonly behindRouter: boolean;
}

/** Ends that leave a client without its answer although the target had taken the request. */
const DROPS: readonly Fate[] = ['reset', 'truncated', 'error', 'timeout', 'garbage'];

export function judgeRequests(
  { requests, behindRouter }: Pick<Observation, 'requests' | 'behindRouter'>,
  signalMs: number,
  announcement: Announcement | null,
  noticeMs: number,
): Judged[] {
  return requests.map((record) => {
    const sentMs = record.sentMs ?? record.dueMs;
    return {
      record,
      fate: fateOf(record, signalMs),
      behindRouter,
      inFlight: sentMs <= signalMs && (record.endMs ?? Infinity) > signalMs,
      late: isRoutedAway(announcement, noticeMs, record.resentMs ?? sentMs),
    };
  });
}

/** Not dropped: what was over before the signal, and what no router would have sent. */
export function isDropped({ record, fate, late, behindRouter }: Judged, signalMs: number): boolean {
  const isDrop = DROPS.includes(fate) || (behindRouter && (fate === 'refused' || fate === 'turned-away'));
  return isDrop && (record.endMs ?? Infinity) > signalMs && !late;
}

function fateOf({ end, status, endMs }: RequestRecord, signalMs: number): Fate {
  if (end === null) return 'open';
  if (end !== 'answered') return end;
  if (status === null || status < 500) return 'finished';
  return status === 503 && (endMs ?? 0) > signalMs ? 'turned-away' : 'error';
}
