// The absolute limit of each stage under the plan of the moment. Announce and intake share a cap; drain keeps clear of the
// reserves of persist and release; persist keeps clear of release's.
import type { Ending, StageName, UnitConfig } from './types.ts';

/** An intake that starts when announce used the shared cap up still gets this share of it, out of drain's time. */
const INTAKE_SHARE_MIN = 0.2;

/**
 * Absolute limit of an announce in which something comes to its own end: that of drain, less the time that announce and
 * intake have otherwise, so that what is in flight by then can still be finished.
 */
export function finishLimitOf(ending: Ending, config: UnitConfig): number {
  const keptMs = ending.announceLimitAtMs - ending.startedAtMs;
  const drainLimitAtMs = limitOf(ending, config, 'drain', ending.startedAtMs);
  return Math.max(limitOf(ending, config, 'announce', ending.startedAtMs), drainLimitAtMs - keptMs);
}

/** Absolute limit of a stage that starts (or started) at `startedAtMs`, as planned now. */
export function limitOf(ending: Ending, config: UnitConfig, stage: StageName, startedAtMs: number): number {
  const beforeRelease = ending.deadlineAtMs - ending.releaseReserveMs;
  const beforePersist = beforeRelease - ending.persistReserveMs;
  switch (stage) {
    case 'announce':
      return Math.min(ending.announceLimitAtMs, beforePersist);
    case 'intake': {
      const capMs = ending.announceLimitAtMs - ending.startedAtMs;
      return Math.min(Math.max(ending.announceLimitAtMs, startedAtMs + INTAKE_SHARE_MIN * capMs), beforePersist);
    }
    case 'drain':
      return Math.min(startedAtMs + config.drainCapMs, beforePersist);
    case 'persist': {
      // Drain overran (a loop that was blocked): what is left is shared as the reserves would have been.
      const leftMs = Math.max(0, ending.deadlineAtMs - startedAtMs);
      const reservedMs = ending.persistReserveMs + ending.releaseReserveMs;
      const overran = leftMs < reservedMs;
      return overran ? ending.deadlineAtMs - leftMs * (ending.releaseReserveMs / reservedMs) : beforeRelease;
    }
    case 'release':
      return ending.deadlineAtMs;
  }
}
